# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A unit is first transferred at most once."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.wording import serials, units
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE


def _applies(case: BookingCase) -> bool:
    return bool(case.accounting.first_transfer) or case.proposed.first_transfer is True


def _run(case: BookingCase) -> Failure | None:
    moved = sorted(case.accounting.first_transfer)
    failures = [
        Failure(
            f"{serials(registry, two)} and {serials(other, one)} would be first transferred in one"
            " transaction; expected each serial once"
        )
        for (other, one), (registry, two) in pairwise(moved)
        if other == registry and two.first <= one.last
    ]
    claimed = case.proposed.first_transfer is True
    booked = set(moved)
    for lot in case.lots:
        if lot.first_transferred and (claimed or (lot.registry, lot.range) in booked):
            failures.append(  # noqa: PERF401  # reads better as a loop
                Failure(f"{units(lot)} were first transferred before; that happens only once")
            )
    return joined(failures, case.gap)


CHECK: Final[Check[BookingCase]] = Check(
    id="FT_ONCE",
    title="A unit is first transferred at most once",
    category=ParisCategory.FIRST_TRANSFER,
    citation="2/CMA.3 annex para 2",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="first transfers, and transactions that claim to be one",
    remedy="Leave out the claim for units that were first transferred before.",
    applies=_applies,
    run=_run,
)
