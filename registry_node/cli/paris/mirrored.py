# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`mirrored`: what was pulled last."""

from __future__ import annotations

from typing import Final

import click

from itmo.registry.v1 import sharing_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli import showing
from registry_node.cli.paris.unit_tables import range_of
from registry_node.cli.session import Session, command, seconds_for

_STALE: Final = " stale, pull again"


@click.command()
@command
def mirrored(session: Session) -> None:
    """Lists what was pulled last; it is moved in the registry that holds it only."""
    request = api.ListMirroredRequest()
    answer = session.call_sharing(lambda stub: stub.ListMirrored(request, timeout=seconds_for(0)))

    def table(screen: Screen) -> None:
        rows = [
            (
                range_of(each.position),
                each.position.holder,
                str(each.position.account_type),
                "yes" if each.position.first_transferred else "no",
                showing.time_of(each.time) + _STALE * each.stale,
                str(each.log_size),
            )
            for each in answer.units
        ]
        screen.table(("units", "held in", "type", "first transferred", "pulled", "log size"), rows)
        if rows:
            screen.line("Mirrored: cannot be moved here.", "dim")

    session.show(answer, table)
