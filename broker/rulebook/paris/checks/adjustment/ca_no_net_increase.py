# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Subtractions never exceed additions."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import name, number, serials
from broker.rulebook.paris.bookings import EntryKind, PlannedEntry
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, has, not_cer
from broker.rulebook.paris.looking import lots_by_range


def _applies(case: BookingCase) -> bool:
    return bool(case.accounting.entries) and has(case, not_cer)


def _run(case: BookingCase) -> Failure | None:
    lots = lots_by_range(case)
    gives, takes = list[tuple[str, PlannedEntry]](), list[tuple[str, PlannedEntry]]()
    failures = []
    for entry in case.accounting.entries:
        lot = lots.get((entry.registry, entry.range))
        if lot is None:
            failures.append(unknown(f"{serials(entry.registry, entry.range)} is no lot"))
        elif not_cer(lot):
            book = gives if entry.kind is EntryKind.FIRST_TRANSFER else takes
            book.append((lot.attributes.cooperative_approach, entry))
    added, taken = (_by_approach(gives), _by_approach(takes)) if takes else (Counter(), Counter())
    for approach, quantity in taken.items():
        failure = _total(case, approach, added[approach], quantity)
        if failure is not None:
            failures.append(failure)
    return joined(failures, case.gap)


def _by_approach(entries: list[tuple[str, PlannedEntry]]) -> Counter[str]:
    book = Counter[str]()
    for approach, entry in entries:
        book[approach] += abs(entry.quantity)
    return book


def _total(case: BookingCase, approach: str, added: int, taken: int) -> Failure | None:
    totals = case.approach_totals.get(approach)
    if totals is None:
        return unknown(f"the totals of cooperative approach {name(approach)} are not known")
    # What was used or cancelled is at least what was subtracted, so this errs on the safe side.
    net = totals.first_transferred + added - totals.used_or_cancelled - taken
    if net >= 0:
        return None
    return Failure(
        f"subtractions for cooperative approach {name(approach)} would exceed additions by"
        f" {number(-net)} units; expected no net increase"
    )


CHECK: Final[Check[BookingCase]] = Check(
    id="CA_NO_NET_INCREASE",
    title="Subtractions never exceed additions",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex paras 7, 17",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=(
        "transactions that book a subtraction for units other than certified emission reductions"
    ),
    remedy=(
        "Use only units that were first transferred; if the totals are wrong, tell the operator."
    ),
    applies=_applies,
    run=_run,
)
