# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`message`: a word to the administrators of other registries."""

from __future__ import annotations

import click

from itmo.core.v1 import notices_pb2
from itmo.registry.v1 import notice_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("recipients", nargs=-1, required=True, metavar="REGISTRY...")
@click.option("--subject", required=True, help="What it is about, on one line.")
@click.option("--text", default="", help="The message.")
@wait_option
@command
def message(
    session: Session, recipients: tuple[str, ...], subject: str, text: str, wait: float
) -> None:
    """Writes to the administrators of other registries or programmes."""
    written = notices_pb2.AdministratorMessage(recipients=recipients, subject=subject, text=text)
    request = api.WriteMessageRequest(message=written, wait_ms=milliseconds(wait))
    answer = session.call_notices(
        lambda stub: stub.WriteMessage(request, timeout=seconds_for(wait))
    )
    tell(session, answer, wait, "Sent", named=True)
