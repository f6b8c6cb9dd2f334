# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef`: the standard electronic format of Parties under the Kyoto Protocol."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli.session import Session, session
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.times import as_of_option
from sef.cli.commands import FILE_COMMANDS, export_options, show_written

if TYPE_CHECKING:
    from sef.entries import Entry


@click.group(commands=FILE_COMMANDS)
def sef() -> None:
    """Standard electronic format (SEF, Kyoto Protocol Article 7.1) of Parties."""


@sef.command()
@export_options
def export(
    party: str,
    year: int,
    period: int,
    out: Path | None,
    kind: str | None,
    version: int,
    as_of: datetime | None,
) -> int:
    """Writes what the record says of a PARTY in a reported YEAR: the log's annual summary.

    Any year can be written as it was known at any moment.
    """
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_party_code
    from sef.cli.write import write_derived
    from sef.derivation import Asked
    from sef.entries import registry_of
    from sef.model import Source

    run = session()
    code = parse_party_code(party, "PARTY")
    asked = Asked(
        party=registry_of(code), year=year, period=period, version=version, as_of=as_of,
        made=SystemClock().now(), source=Source.LOG,
    )  # fmt: skip
    written = write_derived(_entries(run, as_of), asked, out, kind)
    show_written(run, *written, remark=_remark(run, code, year))
    return Exit.DONE


def _remark(run: Session, party: str, year: int) -> str:
    """What archives tell of the year, which nobody judged here."""
    from broker.reports.kyoto.archives import archives
    from broker.reports.kyoto.held_units import told
    from broker.reports.snapshot import snapshot
    from itmo.identifiers import RegistryId, registry_party

    with run.reader() as connection, snapshot(connection):
        found = [
            each.registry
            for each in archives(connection)
            if registry_party(RegistryId(each.registry)) == party and year <= each.opened.year
        ]
    return f"Of it is {'; '.join(map(told, found))}." if found else ""


@sef.command("true-up")
@click.argument("party")
@click.argument("period", type=click.IntRange(1, 2))
@as_of_option
def true_up(party: str, period: int, as_of: datetime | None) -> None:
    """Lists what a PARTY retired for a PERIOD and carried over from it, by serial numbers."""
    from itmo.identifiers import parse_party_code
    from sef.cli.true_up import as_tree
    from sef.cli.true_up import tell as tell_units
    from sef.entries import registry_of
    from sef.true_up import true_up as reported

    run = session()
    code = registry_of(parse_party_code(party, "PARTY"))
    found = reported(_entries(run, as_of), code, period)
    run.show(as_tree(found), lambda screen: tell_units(screen, found))


def _entries(run: Session, as_of: datetime | None) -> list[Entry]:
    from broker.reports.kyoto.sef_entries import sef_entries
    from itmo.clock import SystemClock

    with run.reader() as connection:
        return sef_entries(connection, (as_of or SystemClock().now()).date(), as_of)
