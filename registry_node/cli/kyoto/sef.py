# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef`: the standard electronic format of the node's own Parties under the Kyoto Protocol."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.times import as_of_option
from registry_node.cli.session import Session, command
from sef.cli.commands import FILE_COMMANDS, export_options, show_written

if TYPE_CHECKING:
    from sef.entries import Entry

_archives: Final = click.option(
    "--archive", "archives", multiple=True, type=click.Path(path_type=Path, exists=True),
    help="An archive from which units were brought in; it tells their past. Repeatable.",
)  # fmt: skip


@click.group(commands=FILE_COMMANDS)
def sef() -> None:
    """Standard electronic format (SEF, Kyoto Protocol Article 7.1) of the node's own Parties."""


@sef.command()
@export_options
@_archives
@command
def export(
    session: Session,
    party: str,
    year: int,
    period: int,
    out: Path | None,
    kind: str | None,
    version: int,
    as_of: datetime | None,
    archives: tuple[Path, ...],
) -> int:
    """Writes what the node's own books say of a PARTY in a reported YEAR: the registry's own report.

    It follows from the signed receipts in the store and from what the accounts hold, and from nothing
    that the clearing-house would have to be asked. Works whether the node runs or not. Any year can be
    written as it was known at any moment; years before units were brought in with their archive.
    """
    from sef.cli.write import write_derived
    from sef.derivation import Asked

    code, made, entries = _books(session, party, as_of, archives)
    asked = Asked(party=code, year=year, period=period, version=version, as_of=as_of, made=made)
    show_written(session, *write_derived(entries, asked, out, kind))
    return Exit.DONE


@sef.command("true-up")
@click.argument("party")
@click.argument("period", type=click.IntRange(1, 2))
@as_of_option
@_archives
@command
def true_up(
    session: Session, party: str, period: int, as_of: datetime | None, archives: tuple[Path, ...]
) -> None:
    """Lists what a PARTY retired for a PERIOD and carried over from it, by serial numbers."""
    from sef.cli.true_up import as_tree
    from sef.cli.true_up import tell as tell_units
    from sef.true_up import true_up as reported

    code, _, entries = _books(session, party, as_of, archives)
    found = reported(entries, code, period)
    session.show(as_tree(found), lambda screen: tell_units(screen, found))


def _books(
    session: Session, party: str, as_of: datetime | None, archives: tuple[Path, ...]
) -> tuple[str, datetime, list[Entry]]:
    """The Party's code in reports, the time, and every entry of the node's books."""
    from itmo.identifiers import parse_party_code
    from registry_node.app import proven_store
    from registry_node.kyoto.sef_entries import own_entries, parties
    from registry_node.settings import load
    from sef.archive_reading import read_archive
    from sef.entries import registry_of

    code = registry_of(parse_party_code(party, "PARTY"))
    read = [read_archive(each) for each in archives]
    if faults := [fault for each in read for fault in each.faults]:
        raise click.UsageError("; ".join(faults))
    with proven_store(load(session.folder)) as (trip, opened):
        if code not in parties(trip):
            raise click.BadParameter(
                f"this node keeps no books of {party}, but of {', '.join(sorted(parties(trip)))}",
                param_hint="PARTY",
            )
        return code, trip.now, own_entries(trip, opened, (as_of or trip.now).date(), as_of, read)
