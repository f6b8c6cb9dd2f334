# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""At least two per cent of every issuance is cancelled for overall mitigation at once."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import number
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.mechanism import OMGE_MIN_PER_CENT, omge_minimum
from broker.rulebook.paris.mechanism_issuance import (
    allotted,
    issued_quantity,
    mechanism_issuance,
)
from broker.rulebook.paris.proposal import AllotmentPurpose


def _run(case: LotCase) -> Failure | None:
    issued = issued_quantity(case)
    expected = omge_minimum(issued)
    found = allotted(case, AllotmentPurpose.OMGE)
    if found >= expected:
        return None
    return Failure(
        f"{number(found)} of {number(issued)} units are cancelled for overall mitigation; expected"
        f" at least {number(expected)}, which is {OMGE_MIN_PER_CENT} per cent"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="A64_OMGE_MIN_2PCT",
    title="At least two per cent of every issuance is cancelled for overall mitigation",
    category=ParisCategory.MECHANISM,
    citation="3/CMA.3 annex paras 59, 69; 7/CMA.4 annex I paras 40, 64",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of the mechanism registry, of any units but certified emission reductions",
    remedy=("Allot at least the minimum to the account for mandatory cancellation."),
    applies=mechanism_issuance,
    run=_run,
)
