# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`notify`: issued units get another authorization or vintage."""

from __future__ import annotations

import click

from itmo.core.v1 import units_pb2
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import unit_notices_pb2
from itmo.registry.v1 import paris_service_pb2 as api
from itmo.runtime.cli.whole_numbers import NUMBER, YEAR
from registry_node.cli.options import blocks_argument, wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@blocks_argument
@click.option("--authorization", default="", help="Authorization of the units from now on.")
@click.option("--version", type=NUMBER, help="Its latest version; default: as stated here.")
@click.option("--vintage", type=YEAR, help="Vintage of the units from now on.")
@click.option("--reason", required=True, help="Why; every holder reads it.")
@click.option(
    "--party",
    default="",
    help="First transferring Party; default: that of the authorization, or of the registry.",
)
@wait_option
@command
def notify(
    session: Session,
    blocks: tuple[units_pb2.UnitBlock, ...],
    authorization: str,
    version: int | None,
    vintage: int | None,
    reason: str,
    party: str,
    wait: float,
) -> None:
    """Gives issued units another authorization or vintage; every holder is told."""
    if not authorization and vintage is None:
        raise click.UsageError("say what changes: --authorization, --vintage or both")
    if version is not None and not authorization:
        raise click.UsageError("--version goes with --authorization")
    notice = unit_notices_pb2.UnitNotice(
        party=party,
        units=[
            ranges_pb2.UnitRange(registry=block.registry, first=block.first, last=block.last)
            for block in blocks
        ],
        vintage=vintage or 0,
        reason=reason,
    )
    if authorization:
        notice.authorization.id = authorization
        notice.authorization.version = version or 0
    request = api.NotifyRequest(notice=notice, wait_ms=milliseconds(wait))
    answer = session.call_paris(lambda stub: stub.Notify(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Changed, every holder is told", named=True)
