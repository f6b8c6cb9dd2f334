# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto targets`: targets of Parties against what they emitted, hold and retired."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from broker.cli.session import session
from itmo.files import write_whole
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option


@click.command()
@click.argument("party", required=False)
@as_of_option
@click.option(
    "--html",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with a picture into this file.",
)
def targets(party: str | None, as_of: datetime | None, file: Path | None) -> None:
    """Shows targets, of every PARTY or of one, and how it stands against them."""
    from broker.reports.kyoto import targets_page
    from broker.reports.kyoto.targets import standings
    from broker.reports.log_position import log_position
    from broker.reports.snapshot import snapshot
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_party_code

    run = session()
    code = parse_party_code(party, "PARTY") if party else None
    with run.reader() as connection, snapshot(connection):
        found = [each for each in standings(connection, as_of) if code in (None, each.target.party)]
        position = log_position(connection, as_of)
    if file is not None:
        write_whole(file, targets_page.page(found, SystemClock().now(), position, as_of))

    def text(screen: Screen) -> None:
        for each in found:
            screen.heading(targets_page.title(each))
            screen.facts(targets_page.facts(each))
        if not found:
            screen.line("No target is stated; state one with `broker kyoto target`.")

    run.show({"targets": targets_page.as_data(found)}, text)
