# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`acknowledge`: a notice was read."""

from __future__ import annotations

import click

from itmo.registry.v1 import notice_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("notice_id")
@click.option("--note", default="", help="Free text for whoever sent it.")
@wait_option
@command
def acknowledge(session: Session, notice_id: str, note: str, wait: float) -> None:
    """Says that a notice was read; nothing else follows from it."""
    request = api.AcknowledgeRequest(notice_id=notice_id, note=note, wait_ms=milliseconds(wait))
    answer = session.call_notices(lambda stub: stub.Acknowledge(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Acknowledged", named=True)
