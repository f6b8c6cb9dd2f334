# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The trail of an archive as entries of its Party's books, from which reports are derived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final

from itmo.parties import CDM_REGISTRY
from sef.archive_replaying import Replaying, Step
from sef.archive_trail import NoticeRow, TrailRow, TrailType, party_in, registry_in, type_in
from sef.entries import REQUIRED, SECOND_PERIOD, UNIT_OF_CODE, Entry, EntryKind, registry_of

_KINDS: Final = {
    TrailType.ISSUANCE: EntryKind.ISSUANCE,
    TrailType.CONVERSION: EntryKind.CONVERSION,
    TrailType.CANCELLATION: EntryKind.CANCELLATION,
    TrailType.RETIREMENT: EntryKind.RETIREMENT,
    TrailType.REPLACEMENT: EntryKind.REPLACEMENT,
    TrailType.CARRY_OVER: EntryKind.CARRY_OVER,
}


def archive_entries(
    registry: str, rows: Iterable[TrailRow], notices: Sequence[NoticeRow], until: date
) -> Iterator[Entry]:
    """Yields the entries of a registry's books.

    Args:
        registry: Whose archive it is.
        rows: Its trail, in its order.
        notices: Its notices, in their order.
        until: Units whose last day is before this one have expired; those of later days have not.
    """
    kinds = {each.number: each.type for each in notices}
    played = Replaying(registry)
    days: set[date] = set()
    for row in rows:
        yield from _expired(played, days, min(row.at.date(), until))
        if row.are.expiry is not None and row.are.expiry >= row.at.date():
            days.add(row.are.expiry)
        for step in played.play(row):
            if row.acts:
                yield from _entries(step, registry, kinds.get(row.notice, 0))
    yield from _expired(played, days, until)
    yield from _required(notices, registry)


def _entries(step: Step, registry: str, notice: int) -> Iterator[Entry]:
    row = step.row
    if row.type is TrailType.TRANSFER:
        yield from _transferred(step, registry, notice)
    elif row.type in _KINDS:
        made = _entry(step, _KINDS[row.type], registry)
        cancelled = row.type is TrailType.CANCELLATION
        expiry = step.were.expiry
        yield replace(
            made,
            source=0 if row.type is TrailType.ISSUANCE else type_in(row.giver),
            target=type_in(row.taker),
            into=UNIT_OF_CODE[row.are.unit_type] if row.type is TrailType.CONVERSION else None,
            track=row.are.track,
            activity=row.net_source if cancelled else made.activity,
            notice=notice,
            expired=cancelled and expiry is not None and expiry < row.at.date(),
        )


def _transferred(step: Step, registry: str, notice: int) -> Iterator[Entry]:
    """The side of the registry whose archive it is; within a Party a transfer is internal."""
    row = step.row
    giver, taker = party_in(row.giver), party_in(row.taker)
    if giver == taker:
        made = _entry(step, EntryKind.INTERNAL, registry)
        yield replace(made, source=type_in(row.giver), target=type_in(row.taker))
        return
    first = step.before is None or not step.before.had_left
    if registry_in(row.giver) == registry:
        yield replace(
            _entry(step, EntryKind.TRANSFER_OUT, registry),
            source=type_in(row.giver),
            counterpart=registry_of(taker),
            first=first and party_in(row.registry) == giver,
            notice=notice,
        )
    else:
        yield replace(
            _entry(step, EntryKind.TRANSFER_IN, registry),
            target=type_in(row.taker),
            counterpart=registry_of(giver),
        )


def _entry(step: Step, kind: EntryKind, registry: str) -> Entry:
    row, were = step.row, step.were
    return Entry(
        at=row.at,
        kind=kind,
        party=registry_of(party_in(registry)),
        period=were.applicable_period,
        unit=UNIT_OF_CODE[were.unit_type],
        quantity=step.quantity,
        activity=were.activity,
        track=were.track,
        transaction=row.transaction,
        corrective=row.corrective,
        serials=f"{row.registry}-{step.first}-{step.last}",
    )


def _expired(played: Replaying, days: set[date], until: date) -> Iterator[Entry]:
    """Units that expired before a day, in the accounts in which they lay."""
    ended = {day for day in days if day < until}
    days -= ended
    for units in played.lying() if ended else ():
        day = units.are.expiry
        if day in ended and party_in(units.place) != CDM_REGISTRY:
            yield Entry(
                at=datetime.combine(day, time.max, tzinfo=UTC),
                kind=EntryKind.EXPIRY,
                party=registry_of(party_in(units.place)),
                period=units.are.applicable_period,
                unit=UNIT_OF_CODE[units.are.unit_type],
                quantity=units.quantity,
                source=type_in(units.place),
            )


def _required(notices: Iterable[NoticeRow], registry: str) -> Iterator[Entry]:
    """What notices require; what an update adds is required from then on."""
    required: dict[int, int] = {}
    for notice in notices:
        unit, more = REQUIRED.get(notice.type), notice.quantity - required.get(notice.number, 0)
        if unit is None or more <= 0:
            continue
        required[notice.number] = notice.quantity
        yield Entry(
            at=notice.at,
            kind=EntryKind.REQUIREMENT,
            party=registry_of(party_in(registry)),
            period=notice.period or (1 if notice.at.year < SECOND_PERIOD else 2),
            unit=unit,
            quantity=more,
            notice=notice.type,
        )
