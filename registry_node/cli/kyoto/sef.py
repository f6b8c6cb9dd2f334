# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef`: the standard electronic format of the node's own Parties under the Kyoto Protocol."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.times import as_of_option
from registry_node.cli.session import Session, command
from sef.cli.commands import FILE_COMMANDS, export_options, show_written

if TYPE_CHECKING:
    from sef.entries import Entry


@click.group(commands=FILE_COMMANDS)
def sef() -> None:
    """Standard electronic format (SEF, Kyoto Protocol Article 7.1) of the node's own Parties."""


@sef.command()
@export_options
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
) -> int:
    """Writes what the node's own books say of a PARTY in a reported YEAR: the registry's own report.

    It follows from the signed receipts in the store and from what the accounts hold, and from nothing
    that the clearing-house would have to be asked. Works whether the node runs or not. Any year can be
    written as it was known at any moment.
    """
    from sef.cli.write import write_derived
    from sef.derivation import Asked

    code, made, entries = _books(session, party, as_of)
    asked = Asked(party=code, year=year, period=period, version=version, as_of=as_of, made=made)
    show_written(session, *write_derived(entries, asked, out, kind))
    return Exit.DONE


@sef.command("true-up")
@click.argument("party")
@click.argument("period", type=click.IntRange(1, 2))
@as_of_option
@command
def true_up(session: Session, party: str, period: int, as_of: datetime | None) -> None:
    """Lists what a PARTY retired for a PERIOD and carried over from it, by serial numbers."""
    from sef.cli.true_up import as_tree
    from sef.cli.true_up import tell as tell_units
    from sef.true_up import true_up as reported

    code, _, entries = _books(session, party, as_of)
    found = reported(entries, code, period)
    session.show(as_tree(found), lambda screen: tell_units(screen, found))


def _books(
    session: Session, party: str, as_of: datetime | None
) -> tuple[str, datetime, list[Entry]]:
    """The Party's code in reports, the time, and every entry of the node's books."""
    from itmo.identifiers import parse_party_code
    from registry_node.app import proven_store
    from registry_node.kyoto.sef_entries import own_entries, parties
    from registry_node.settings import load
    from sef.entries import registry_of

    code = registry_of(parse_party_code(party, "PARTY"))
    with proven_store(load(session.folder)) as (trip, opened):
        if code not in parties(trip):
            raise click.BadParameter(
                f"this node keeps no books of {party}, but of {', '.join(sorted(parties(trip)))}",
                param_hint="PARTY",
            )
        return code, trip.now, own_entries(trip, opened, (as_of or trip.now).date(), as_of)
