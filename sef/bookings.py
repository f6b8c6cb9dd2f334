# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""In which cells an entry counts: of accounts, of the year's transactions, of starting values.

Where the text of the format leaves room, it is read as follows. The calendar year is that of UTC. The
previous period surplus reserve is a Party holding account where it has no row of its own. Account type
250 without a notice is voluntary cancellation in the first period, and cancellation of remaining units
or of expired ones in the second. An expiry is told in the period after the units' own. Cancellation for
non-compliance is a starting value only. Units carried over leave the first period without a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sef import entries as types
from sef.entries import Entry, EntryKind
from sef.layout import Family
from sef.model import Row, RowKey, Side, Spot, Table, Unit

Booking = tuple[Spot, int]
"""A cell and what is added to it."""

_LAND: Final[Mapping[int, Row]] = {
    1: Row.AFFORESTATION,
    2: Row.DEFORESTATION,
    3: Row.FOREST,
    4: Row.CROPLAND,
    5: Row.GRAZING,
    6: Row.REVEGETATION,
    7: Row.WETLAND,
}
_PROJECTS: Final[Mapping[int, Row]] = {1: Row.PARTY_VERIFIED, 2: Row.INDEPENDENT}
_PROCEEDS: Final[Mapping[int, Row]] = {1: Row.ISSUED_PARTY_VERIFIED, 2: Row.ISSUED_INDEPENDENT}
_ACCOUNTS: Final[Mapping[int, Row]] = {
    types.PARTY_HOLDING: Row.PARTY_HOLDING,
    **dict.fromkeys(types.ENTITY_HOLDING, Row.ENTITY_HOLDING),
    types.NET_SOURCE: Row.NET_SOURCE,
    types.NON_COMPLIANCE: Row.NON_COMPLIANCE,
    types.RETIREMENT: Row.RETIREMENT,
    types.TCER_EXPIRY: Row.REPLACE_TCERS,
    types.LCER_EXPIRY: Row.REPLACE_LCERS,
    types.LCER_REVERSAL: Row.REPLACE_REVERSAL,
    types.LCER_REPORT: Row.REPLACE_REPORT,
}
_OF_THE_SECOND: Final[Mapping[int, Row]] = {
    types.RESERVE: Row.RESERVE,
    types.SURPLUS: Row.SURPLUS,
    types.AMBITION: Row.AMBITION,
}
_BY_NOTICE: Final[Mapping[int, tuple[Row, Row]]] = {
    types.REVERSAL_NOTICE: (Row.REPLACE_REVERSAL, Row.CANCEL_REVERSAL),
    types.REPORT_NOTICE: (Row.REPLACE_REPORT, Row.CANCEL_REPORT),
}
"""Where mandatory cancellation counts by its notice, in the first period and in the second."""
_REQUIRED: Final[Mapping[int, Row]] = {
    types.REVERSAL_NOTICE: Row.SUBJECT_REVERSAL,
    types.REPORT_NOTICE: Row.SUBJECT_REPORT,
    types.CCS_REVERSAL_NOTICE: Row.CCS_REVERSAL,
    types.CCS_REPORT_NOTICE: Row.CCS_REPORT,
}
_TABLE_3: Final[Mapping[Row, tuple[Row, Side]]] = {
    Row.REPLACE_TCERS: (Row.TCERS_EXPIRED, Side.REPLACEMENT),
    Row.REPLACE_LCERS: (Row.LCERS_EXPIRED, Side.REPLACEMENT),
    Row.REPLACE_REVERSAL: (Row.SUBJECT_REVERSAL, Side.REPLACEMENT),
    Row.REPLACE_REPORT: (Row.SUBJECT_REPORT, Side.REPLACEMENT),
    Row.CANCEL_REVERSAL: (Row.SUBJECT_REVERSAL, Side.CANCELLATION),
    Row.CANCEL_REPORT: (Row.SUBJECT_REPORT, Side.CANCELLATION),
}
"""Row and side of table 3 of the second period; in the first it has the rows of table 2 (a)."""
_STARTING: Final = frozenset({Row.NON_COMPLIANCE, Row.SURPLUS, Row.REMAINING})
_EXPIRED: Final[Mapping[Unit, tuple[Row, Row, Row]]] = {
    Unit.TCER: (Row.TCERS_EXPIRED, Row.TCERS_EXPIRED_HELD, Row.CANCEL_TCERS),
    Unit.LCER: (Row.LCERS_EXPIRED, Row.LCERS_EXPIRED_HELD, Row.CANCEL_LCERS),
}
"""Rows of units that expired in use, that expired in holding, and of the cancellation of these."""


def account_row(account: int, entry: Entry, family: Family) -> Row:
    """Returns the row of an account type; what the format does not list is voluntary cancellation.

    Args:
        account: Its number.
        entry: What fills it or takes from it; a notice decides for mandatory cancellation.
        family: Which tables there are.
    """
    second = family is Family.CP2
    if second and account in _OF_THE_SECOND:
        return _OF_THE_SECOND[account]
    if account == types.RESERVE:
        return Row.PARTY_HOLDING
    if account == types.MANDATORY:
        if entry.notice in _BY_NOTICE:
            return _BY_NOTICE[entry.notice][second]
        if second:
            expired = _EXPIRED.get(entry.unit) if entry.expired else None
            return expired[2] if expired else Row.REMAINING
    return _ACCOUNTS.get(account, Row.VOLUNTARY)


def moved(entry: Entry, period: int, family: Family) -> Iterator[tuple[Row, Unit, int]]:
    """Yields what an entry does to the accounts of a period: row, type of units and change."""
    if entry.kind in {EntryKind.EXPIRY, EntryKind.REQUIREMENT}:
        return
    leaves = entry.period == period
    enters = entry.period + (entry.kind is EntryKind.CARRY_OVER) == period
    if entry.source and leaves:
        yield account_row(entry.source, entry, family), entry.unit, -entry.quantity
    target = entry.source if entry.kind is EntryKind.CONVERSION else entry.target
    if target and enters:
        yield account_row(target, entry, family), entry.into or entry.unit, entry.quantity


def booked(entry: Entry, period: int, family: Family) -> Iterator[Booking]:
    """Yields the cells of the year's transactions and of the starting values in which an entry counts."""
    if entry.kind is EntryKind.CARRY_OVER:
        yield from _carried(entry, period, family)
    elif entry.kind is EntryKind.EXPIRY or entry.expired:
        if entry.period + 1 == period:
            yield _told_as_expired(entry, family)
        if entry.kind is EntryKind.CANCELLATION and entry.period == period:
            yield from _internal(entry, family)
    elif entry.period == period:
        yield from _of_the_period(entry, family)


def _of_the_period(entry: Entry, family: Family) -> Iterator[Booking]:
    match entry.kind:
        case EntryKind.ISSUANCE if entry.unit is Unit.AAU:
            yield _cell(Table.STARTING_VALUES, Row.ISSUED_AAUS, Side.ADDITIONS, entry)
        case EntryKind.ISSUANCE if entry.unit is Unit.RMU:  # others come out of archives
            yield _cell(Table.INTERNAL, _LAND[entry.activity], Side.ADDITIONS, entry)
        case EntryKind.CONVERSION:
            row = _PROJECTS[entry.track]
            yield _cell(Table.INTERNAL, row, Side.SUBTRACTIONS, entry)
            yield _cell(Table.INTERNAL, row, Side.ADDITIONS, entry, entry.into)
            yield _cell(Table.PROCEEDS, _PROCEEDS[entry.track], Side.TRANSFERRED, entry, entry.into)
        case EntryKind.TRANSFER_IN | EntryKind.TRANSFER_OUT:
            yield from _external(entry)
        case EntryKind.CANCELLATION | EntryKind.REPLACEMENT:
            yield from _internal(entry, family)
        case EntryKind.RETIREMENT:
            yield _cell(Table.RETIREMENT, Row.RETIREMENT, Side.QUANTITY, entry)
            if entry.source == types.RESERVE:
                yield _cell(Table.RETIREMENT, Row.FROM_RESERVE, Side.QUANTITY, entry)
        case EntryKind.REQUIREMENT:
            yield _cell(Table.EXPIRY, _REQUIRED[entry.notice], Side.REQUIREMENT, entry)
        case _:
            pass


def _cell(table: Table, row: RowKey, side: Side, entry: Entry, unit: Unit | None = None) -> Booking:
    return Spot(table, row, side, unit or entry.unit), entry.quantity


def _internal(entry: Entry, family: Family) -> Iterator[Booking]:
    """Cancellation and replacement; units that expired leave the second period without a row."""
    row = account_row(entry.target, entry, family)
    if row in _STARTING:
        yield _cell(Table.STARTING_VALUES, row, Side.SUBTRACTIONS, entry)
    elif row is Row.NET_SOURCE:
        yield _cell(Table.INTERNAL, _LAND[entry.activity], Side.SUBTRACTIONS, entry)
    elif row not in {Row.CANCEL_TCERS, Row.CANCEL_LCERS}:
        yield _cell(Table.INTERNAL, row, Side.SUBTRACTIONS, entry)
    if row in _TABLE_3:
        told = _TABLE_3[row] if family is Family.CP2 else (row, Side.REPLACEMENT)
        yield _cell(Table.EXPIRY, *told, entry)


def _external(entry: Entry) -> Iterator[Booking]:
    out = entry.kind is EntryKind.TRANSFER_OUT
    side = Side.SUBTRACTIONS if out else Side.ADDITIONS
    yield _cell(Table.EXTERNAL, entry.counterpart, side, entry)
    if types.RESERVE in (entry.source, entry.target):
        yield _cell(Table.RESERVE, entry.counterpart, side, entry)
    if not out:
        return
    if entry.notice in {types.CCS_REVERSAL_NOTICE, types.CCS_REPORT_NOTICE}:
        yield _cell(Table.EXPIRY, _REQUIRED[entry.notice], Side.CANCELLATION, entry)
    if entry.counterpart == types.CDM and entry.unit in {Unit.AAU, Unit.ERU}:
        row = _PROCEEDS.get(entry.track, Row.FIRST_TRANSFERS)
        yield _cell(Table.PROCEEDS, row, Side.CONTRIBUTED, entry)
    elif entry.first and entry.unit is Unit.AAU:
        yield _cell(Table.PROCEEDS, Row.FIRST_TRANSFERS, Side.TRANSFERRED, entry)
    if entry.first and entry.unit is Unit.ERU and _PROJECTS.get(entry.track) is Row.INDEPENDENT:
        yield _cell(Table.VERIFIED_ERUS, Row.VERIFIED_ERUS, Side.SUBTRACTIONS, entry)


def _carried(entry: Entry, period: int, family: Family) -> Iterator[Booking]:
    reserve = family is Family.CP2 and entry.unit is Unit.AAU
    row = Row.CARRY_OVER_RESERVE if reserve else Row.CARRY_OVER
    if entry.period + 1 == period:
        yield _cell(Table.STARTING_VALUES, row, Side.ADDITIONS, entry)
    elif entry.period == period and family is Family.CP2:
        yield _cell(Table.STARTING_VALUES, row, Side.SUBTRACTIONS, entry)


def _told_as_expired(entry: Entry, family: Family) -> Booking:
    used, held, cancelled = _EXPIRED[entry.unit]
    if entry.kind is EntryKind.CANCELLATION:
        if family is Family.CP2:
            return _cell(Table.EXPIRY, held, Side.CANCELLATION, entry)
        return _cell(Table.EXPIRY, cancelled, Side.REQUIREMENT, entry)
    row = held if entry.source in types.HOLDING else used
    return _cell(Table.EXPIRY, row, Side.REQUIREMENT, entry)
