# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Only units that were first transferred are used."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, has, using

_NEEDS_TRANSFER: Final = frozenset(PURPOSE_OF_TYPE)


def _applies(case: BookingCase) -> bool:
    return using(case) and (bool(case.gap) or has(case, authorized))


def _run(case: BookingCase) -> Failure | None:
    account = case.to_account
    if account is None:
        return unknown("the type of the target account is not known")
    needed = account.account_type in _NEEDS_TRANSFER
    booked = set(case.accounting.first_transfer)
    failures, gained, spent = [], Counter[str](), Counter[str]()
    for lot in case.lots:
        if not authorized(lot):
            continue
        approach = lot.attributes.cooperative_approach
        if (lot.registry, lot.range) in booked:
            gained[approach] += lot.quantity
            spent[approach] += lot.quantity
        elif lot.first_transferred:
            spent[approach] += lot.quantity
        elif needed:
            failures.append(
                Failure(
                    f"{units(lot)} would enter an account of type {account.account_type} and were"
                    " never first transferred"
                )
            )
    for approach, count in spent.items():
        failure = _total(case, approach, gained[approach], count)
        if failure is not None:
            failures.append(failure)
    return joined(failures, case.gap)


def _total(case: BookingCase, approach: str, gained: int, spent: int) -> Failure | None:
    totals = case.approach_totals.get(approach)
    if totals is None:
        return unknown(f"the totals of cooperative approach {name(approach)} are not known")
    transferred, used = totals.first_transferred + gained, totals.used_or_cancelled + spent
    if used <= transferred:
        return None
    return Failure(
        f"{number(used)} units of cooperative approach {name(approach)} would be used or cancelled,"
        f" more than the {number(transferred)} first transferred"
    )


CHECK: Final[Check[BookingCase]] = Check(
    id="FT_BEFORE_USE",
    title="Only units that were first transferred are used",
    category=ParisCategory.FIRST_TRANSFER,
    citation="check DR04",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="uses and cancellations of authorized units",
    remedy=("First transfer the units, then use them; if the totals are wrong, tell the operator."),
    applies=_applies,
    run=_run,
)
