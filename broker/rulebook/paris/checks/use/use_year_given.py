# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A use towards an NDC gives the year it is for, and nothing else does."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import always, unknown
from broker.rulebook.general.wording import number
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, uses_ndc
from itmo.vintage import FIRST_VINTAGE, LAST_VINTAGE


def _run(case: ParisCase) -> Failure | None:
    year = case.proposed.year_of_use
    if not uses_ndc(case):
        if year is None:
            return None
        return Failure(
            f"a year of NDC use ({number(year)}) is given; expected none, since this transaction"
            " uses nothing towards an NDC"
        )
    if case.to_account is None:
        return unknown("the type of the target account is not known")
    if year is None:
        return Failure("no year of NDC use is given; expected the calendar year it is for")
    if type(year) is int and FIRST_VINTAGE <= year <= LAST_VINTAGE:
        return None
    return Failure(
        f"the year of NDC use is {number(year)}; expected {FIRST_VINTAGE} to {LAST_VINTAGE}"
    )


CHECK: Final[Check[ParisCase]] = Check(
    id="USE_YEAR_GIVEN",
    title="A use towards an NDC gives the year it is for, and nothing else does",
    category=ParisCategory.USE,
    citation="AEF table 3",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Give the calendar year of use for uses into an account of type 200 only.",
    applies=always,
    run=_run,
)
