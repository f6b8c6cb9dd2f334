# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Each first transfer books one addition, each NDC use one subtraction."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.attributes import Metric
from broker.rulebook.paris.bookings import EntryKind, PlannedEntry
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, not_cer, uses_ndc
from broker.rulebook.paris.looking import lots_first_transferred
from broker.rulebook.paris.lots import Lot
from itmo.parties import MECHANISM_REGISTRY

_Row = tuple[str, str, int, int, str, str, int, int]


def _applies(case: BookingCase) -> bool:
    booked = case.accounting
    return bool(booked.first_transfer or booked.entries) or uses_ndc(case)


def _run(case: BookingCase) -> Failure | None:
    failures: list[Failure] = []
    expected: list[_Row] = []
    moved = lots_first_transferred(case)
    if len(moved) != len(case.accounting.first_transfer):
        failures.append(Failure("a range is first transferred that is no lot of this transaction"))
    for lot in moved:
        _expect(expected, failures, lot, EntryKind.FIRST_TRANSFER, lot.host, lot.attributes.vintage)
    if case.reversed is not None:
        expected += map(_reversed, case.reversed.entries)
    if uses_ndc(case):
        year = case.proposed.year_of_use
        for lot in case.lots:
            if authorized(lot) or not not_cer(lot):
                _expect(expected, failures, lot, EntryKind.USE, lot.taker, year)
    actual = sorted(
        (
            e.kind,
            e.party,
            e.year,
            abs(e.quantity),
            e.metric,
            e.registry,
            e.range.first,
            e.range.last,
        )
        for e in case.accounting.entries
    )
    if not failures and sorted(expected) != actual:
        failures.append(_difference(Counter(expected), Counter(actual)))
    return joined(failures, case.gap)


def _expect(
    expected: list[_Row],
    failures: list[Failure],
    lot: Lot,
    kind: EntryKind,
    party: str,
    year: int | None,
) -> None:
    metric, named = lot.attributes.metric, lot.attributes.non_ghg_metric
    if metric is None or year is None or party in {"", MECHANISM_REGISTRY}:
        failures.append(
            unknown(f"Party, year or metric of the {kind} of {units(lot)} is not known")
        )
        return
    label = "GHG" if metric is Metric.GHG else named
    row = (kind, party, year, lot.quantity, label, lot.registry, lot.range.first, lot.range.last)
    expected.append(row)


def _reversed(entry: PlannedEntry) -> _Row:
    return (
        EntryKind.FIRST_TRANSFER_REVERSAL,
        entry.party,
        entry.year,
        abs(entry.quantity),
        entry.metric,
        entry.registry,
        entry.range.first,
        entry.range.last,
    )


def _difference(expected: Counter[_Row], actual: Counter[_Row]) -> Failure:
    missing, extra = list(expected - actual), list(actual - expected)
    texts = [f"missing {_row(row)}" for row in missing[:2]]
    texts += [f"not expected {_row(row)}" for row in extra[:2]]
    return Failure(f"the bookings do not fit the units: {'; '.join(texts)}")


def _row(row: _Row) -> str:
    kind, party, year, quantity, metric, registry, first, last = row
    return (
        f"{kind} of {number(quantity)} {name(metric)} for {name(party)} in {number(year)}"
        f" ({name(registry)}:{first}-{last})"
    )


CHECK: Final[Check[BookingCase]] = Check(
    id="CA_PAIRED",
    title="Each first transfer books one addition, each NDC use one subtraction",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex paras 7-10, 13-14, 16",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that book, first transfer, or use towards an NDC",
    remedy="This is an error of the clearing-house or of its records; tell the operator.",
    applies=_applies,
    run=_run,
)
