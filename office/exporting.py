# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node aef export`: the Party's AEFs drawn from the clearing-house's ledger, as files."""

from __future__ import annotations

from typing import Any

import click

from aef.cli.export import format_of, tell_written, told, write_files
from aef.cli.options import export_options
from itmo.forms import as_json, moment, number
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen
from office.drawing import draw
from registry_node.cli.session import Session, command


@click.command("export")
@export_options
@command
def export(
    session: Session,
    party: str | None,
    year: int | None,
    version: str,
    kind: str | None,
    **options: Any,  # noqa: ANN401  # by their names
) -> None:
    """Writes the Party's AEF of a year, as the clearing-house's ledger has it, into a file.

    Without --party it is that of the node's registry; --all writes every year into a folder. What the
    platform fills in is left to it.
    """
    if not options["everything"] and year is None:
        raise click.UsageError("name a year, or ask for --all")
    kind = format_of(options["out"], kind, folder=options["everything"])
    answer = draw(session, party or "", year or 0, version)
    with Bar() as bar:
        written = write_files(answer.drawn.submissions, bar, kind=kind, **options)
    place = answer.position
    value: dict[str, Any] = {
        "time": as_json(answer.at),
        "position": {
            "network": place.network_id,
            "decisions": place.decisions,
            "last_leaf": place.last_leaf.hex(),
        },
        "files": [as_json(told(each, path)) for each, path in written],
    }

    def text(screen: Screen) -> None:
        tell_written(screen, written)
        screen.line(
            f"As the ledger stood at {moment(answer.at)}: {number(place.decisions)} decisions of"
            f" network {place.network_id}, leaf {place.last_leaf.hex()}."
        )

    session.show(value, text)
