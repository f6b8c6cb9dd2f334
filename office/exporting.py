# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node aef export`: the Party's AEFs drawn from the clearing-house's ledger, as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from broker.cli.paris import aef_export
from itmo.forms import as_json, moment, number
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen
from office.drawing import draw
from office.options import options_of
from registry_node.cli.session import Session, command


@click.command("export")
@options_of(aef_export.export)
@command
def export(
    session: Session,
    party: str | None,
    year: int | None,
    everything: bool,
    out: Path | None,
    kind: str | None,
    version: str,
    unmerged: bool,
    force: bool,
) -> None:
    """Writes the Party's AEF of a year, as the clearing-house's ledger has it, into a file.

    Without --party it is that of the node's registry; --all writes every year into a folder. What the
    platform fills in is left to it.
    """
    if not everything and year is None:
        raise click.UsageError("name a year, or ask for --all")
    kind = aef_export.format_of(out, kind, folder=everything)
    answer = draw(session, party or "", year or 0, version)
    written = [
        (each, aef_export.place_of(each, out, kind, folder=everything))
        for each in answer.drawn.submissions
    ]
    if not force:
        aef_export.refuse_existing(path for _, path in written)
    with Bar() as bar:
        for each, path in written:
            progress = partial(bar.at, f"writing {path.name}")
            aef_export.write(each, path, kind, progress, merged=not unmerged)
    place = answer.position
    value: dict[str, Any] = {
        "time": as_json(answer.at),
        "position": {
            "network": place.network_id,
            "decisions": place.decisions,
            "last_leaf": place.last_leaf.hex(),
        },
        "files": [as_json(aef_export.told(each, path)) for each, path in written],
    }

    def text(screen: Screen) -> None:
        aef_export.tell_written(screen, written)
        screen.line(
            f"As the ledger stood at {moment(answer.at)}: {number(place.decisions)} decisions of"
            f" network {place.network_id}, leaf {place.last_leaf.hex()}."
        )

    session.show(value, text)
