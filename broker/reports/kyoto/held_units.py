# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Kyoto units and the accounts that they were in, as of any moment; and what became of a range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from broker.clearing.transactions.in_stead import begun_for
from broker.regime.postings import Units
from broker.reports.kyoto.archives import archives, told_events, told_units
from broker.reports.kyoto.history import Event, History, Holder, Lot
from broker.reports.snapshot import snapshot
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.tables import ACTIVITIES
from itmo.forms import Json
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True)
class Held:
    """Units that are alike, and the account that they were in.

    Attributes:
        told_by: The registry whose archive tells of it, where it was not judged here; empty: it was.
        begun: What began in their stead under another rulebook.
    """

    holder: Holder
    units: Lot
    told_by: str = ""
    begun: tuple[Units, ...] = ()


def held_units(
    connection: Connection,
    *,
    party: str | None = None,
    account: str | None = None,
    as_of: datetime | None = None,
) -> list[Held]:
    """Units by account, then registry and serial; ended ones are in the account that they ended in.

    Of the time before its opening a registry's archive is asked.

    Args:
        connection: The database.
        party: Only in the registries of this Party; None: in all.
        account: Only in this account; None: in all.
        as_of: Leave out what was decided later; None: nothing.
    """
    with snapshot(connection):
        history = History(connection)
        for _ in history.events(as_of):
            pass
        found = [
            Held(
                holder,
                lot,
                begun=tuple(begun_for(history.in_stead, Units(lot.registry, lot.range))),
            )
            for holder, lot in history.held()
        ]
        if as_of is not None:
            found += _told(connection, as_of)
    asked = (
        each
        for each in found
        if party in (None, each.holder.party) and account in (None, each.holder.account_id)
    )
    return sorted(asked, key=_place)


def _told(connection: Connection, as_of: datetime) -> Iterator[Held]:
    for archived in archives(connection):
        if as_of < archived.opened:
            for holder, lot in told_units(connection, archived, as_of):
                yield Held(holder, lot, archived.registry)


def _place(held: Held) -> tuple[str, str, int]:
    return held.holder.account_id, held.units.registry, held.units.range.first


def trail(connection: Connection, units: Units, as_of: datetime | None = None) -> Iterator[Event]:
    """Every completed transaction that touched units of a range, what archives tell, then the log.

    Each event is cut to the range. See `held_units` for `as_of`.
    """
    with snapshot(connection):
        events = chain(_told_events(connection, as_of), History(connection).events(as_of))
        for event in events:
            shared = event.units.range.intersection(units.range)
            if shared is not None and event.units.registry == units.registry:
                yield replace(event, units=replace(event.units, range=shared))


def _told_events(connection: Connection, as_of: datetime | None) -> Iterator[Event]:
    for archived in archives(connection):
        for event in told_events(connection, archived):
            if as_of is None or event.at <= as_of:
                yield event


def told(by: str) -> str:
    """How it is said that a past was judged elsewhere."""
    return f"told by the archive of {by}, not judged here" if by else ""


def in_words(units: KyotoAttributes) -> str:
    """What units are: type, periods, and whatever else the type has."""
    kind = units.unit_type.title if units.unit_type else "units"
    period = f"of period {units.original_period}"
    if units.applicable_period != units.original_period:
        period += f", valid in {units.applicable_period}"
    parts = [
        ACTIVITIES[units.activity].title if units.activity in ACTIVITIES else "",
        f"project {units.project}" if units.project else "",
        f"track {units.track.value}" if units.track else "",
        f"expire on {units.expiry}" if units.expiry else "",
    ]
    return ", ".join([f"{kind} {period}", *filter(None, parts)])


def begun_in_words(begun: tuple[Units, ...]) -> str:
    """The serials of what began in the stead of units; empty: nothing did."""
    return ", ".join(f"{each.registry}:{each.range.first}-{each.range.last}" for each in begun)


def as_data(units: Lot) -> dict[str, Json]:
    """Units as data."""
    are = units.attributes
    return {
        "registry": units.registry,
        "first": str(units.range.first),
        "last": str(units.range.last),
        "quantity": str(units.quantity),
        "unit_type": are.unit_type.title if are.unit_type else None,
        "original_period": are.original_period,
        "applicable_period": are.applicable_period,
        "lulucf_activity": are.activity or None,
        "project": are.project or None,
        "track": are.track.value if are.track else None,
        "expiry_date": are.expiry.isoformat() if are.expiry else None,
    }
