# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The record as entries of Parties' books, from which reports in the standard electronic format are derived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final

from broker.reports.kyoto.archives import archives, told_entries
from broker.reports.kyoto.history import Event, History, Holder
from broker.reports.kyoto.log_notices import Standing, standings
from broker.reports.snapshot import snapshot
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.codes import WITH_EXPIRY, UnitType
from broker.rulebook.kyoto.proposal import KyotoProposed
from itmo.parties import CDM_REGISTRY
from itmo.runtime.db.connection import Connection
from sef.entries import (
    REQUIRED,
    SECOND_PERIOD,
    UNIT_OF_CODE,
    Entry,
    EntryKind,
    registry_of,
    transaction_number,
)
from sef.model import Unit

_KINDS: Final = {
    TransactionType.ISSUANCE: EntryKind.ISSUANCE,
    TransactionType.CONVERSION: EntryKind.CONVERSION,
    TransactionType.CANCELLATION: EntryKind.CANCELLATION,
    TransactionType.RETIREMENT: EntryKind.RETIREMENT,
    TransactionType.REPLACEMENT: EntryKind.REPLACEMENT,
    TransactionType.CARRY_OVER: EntryKind.CARRY_OVER,
}


def sef_entries(connection: Connection, today: date, as_of: datetime | None = None) -> list[Entry]:
    """Returns every entry of the record, of all Parties; of the past, what archives tell of it.

    Args:
        connection: The database.
        today: Units whose last day is before it have expired.
        as_of: Leave out what was decided later; None: nothing.
    """
    with snapshot(connection):
        asked = standings(connection, today, as_of)
        kinds = {each.notice.number: each.notice.type for each in asked}
        history = History(connection)
        told = archives(connection)
        digests = frozenset(each.digest for each in told)
        entries = [
            entry for archived in told for entry in told_entries(connection, archived, as_of)
        ]
        expiries: set[date] = set()
        for event in history.events(as_of):
            if event.after.expiry is not None:
                expiries.add(event.after.expiry)
            if event.acts and not _told_already(event, history, digests):
                made = _entries(event, history, kinds)
                entries += (_numbered(each, event, history) for each in made)
        for day in sorted(each for each in expiries if each < today):
            entries += _expired(connection, day, as_of)
        for standing in asked:
            entries += _required(standing)
    return entries


def _told_already(event: Event, history: History, digests: frozenset[str]) -> bool:
    """Whether it brings in units whose past an archive tells, their issuance included."""
    brings = digests and event.type is TransactionType.ISSUANCE
    return bool(brings) and history.proposed(event).opening in digests


def _entries(event: Event, history: History, kinds: dict[int, int]) -> Iterator[Entry]:
    proposed = history.proposed(event)
    if event.type is TransactionType.TRANSFER:
        yield from _transferred(event, proposed, kinds)
    elif event.type in _KINDS:
        cancelled = event.type is TransactionType.CANCELLATION
        made = _entry(event, _KINDS[event.type], event.giver)
        yield replace(
            made,
            source=0 if event.type is TransactionType.ISSUANCE else event.giver.account_type,
            target=event.taker.account_type,
            into=_unit(event.after.unit_type) if made.kind is EntryKind.CONVERSION else None,
            track=int(event.after.track or 0),
            activity=proposed.activity if cancelled else made.activity,
            notice=kinds.get(proposed.log_notice, 0),
            corrective=proposed.corrective,
            expired=cancelled and event.units.attributes.expired(event.at.date()),
        )


def _numbered(entry: Entry, event: Event, history: History) -> Entry:
    """Of a corrective transaction reports print the number."""
    if not entry.corrective:
        return entry
    number = transaction_number(registry_of(event.giver.party), *history.judged(event))
    return replace(entry, transaction=number)


def _transferred(event: Event, proposed: KyotoProposed, kinds: dict[int, int]) -> Iterator[Entry]:
    """Both sides of a transfer; between two registries of one Party it is internal."""
    giver, taker = event.giver, event.taker
    if giver.party == taker.party:
        made = _entry(event, EntryKind.INTERNAL, giver)
        yield replace(made, source=giver.account_type, target=taker.account_type)
        return
    first = not event.units.attributes.transferred
    yield replace(
        _entry(event, EntryKind.TRANSFER_OUT, giver),
        source=giver.account_type,
        counterpart=registry_of(taker.party),
        first=first,
        notice=kinds.get(proposed.log_notice, 0),
        corrective=proposed.corrective,
    )
    yield replace(
        _entry(event, EntryKind.TRANSFER_IN, taker),
        target=taker.account_type,
        counterpart=registry_of(giver.party),
        first=first,
        corrective=proposed.corrective,
    )


def _entry(event: Event, kind: EntryKind, holder: Holder) -> Entry:
    units = event.units.attributes
    serials = event.units.range
    return Entry(
        at=event.at,
        kind=kind,
        party=registry_of(holder.party),
        period=units.applicable_period,
        unit=_unit(units.unit_type),
        quantity=event.quantity,
        activity=units.activity,
        track=int(units.track or 0),
        transaction=event.transaction_id,
        serials=f"{event.units.registry}-{serials.first}-{serials.last}",
    )


def _unit(kind: UnitType | None) -> Unit:
    if kind is None:
        raise ValueError("units of the record have a type")
    return UNIT_OF_CODE[kind]


def _expired(connection: Connection, day: date, as_of: datetime | None) -> Iterator[Entry]:
    """Units that expired with a day, in the accounts in which they lay."""
    end = datetime.combine(day, time.max, tzinfo=UTC)
    if as_of is not None and end > as_of:
        return
    history = History(connection)
    for _ in history.events(end):
        pass
    for holder, lot in history.held():
        units = lot.attributes
        if units.unit_type in WITH_EXPIRY and units.expiry == day and holder.party != CDM_REGISTRY:
            yield Entry(
                at=end,
                kind=EntryKind.EXPIRY,
                party=registry_of(holder.party),
                period=units.applicable_period,
                unit=_unit(units.unit_type),
                quantity=lot.quantity,
                source=holder.account_type,
            )


def _required(standing: Standing) -> Iterator[Entry]:
    """What a notice requires; what an update adds is required from then on."""
    unit = REQUIRED.get(standing.notice.type)
    if unit is None:
        return
    required = 0
    for said in standing.history:
        more = said.stated.quantity - required
        if more > 0:
            required += more
            yield Entry(
                at=said.at,
                kind=EntryKind.REQUIREMENT,
                party=registry_of(standing.party),
                period=standing.notice.period or (1 if said.at.year < SECOND_PERIOD else 2),
                unit=unit,
                quantity=more,
                notice=standing.notice.type,
            )
