# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Five per cent of every issuance goes to the Adaptation Fund at once."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import number
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.mechanism import SHARE_OF_PROCEEDS_PER_CENT, share_of_proceeds
from broker.rulebook.paris.mechanism_issuance import (
    allotted,
    issued_quantity,
    mechanism_issuance,
)
from broker.rulebook.paris.proposal import AllotmentPurpose


def _run(case: LotCase) -> Failure | None:
    issued = issued_quantity(case)
    expected = share_of_proceeds(issued)
    found = allotted(case, AllotmentPurpose.SHARE_OF_PROCEEDS)
    if found == expected:
        return None
    return Failure(
        f"{number(found)} of {number(issued)} units go to the Adaptation Fund; expected"
        f" {number(expected)}, which is {SHARE_OF_PROCEEDS_PER_CENT} per cent"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="A64_SOP_5PCT",
    title="Five per cent of every issuance goes to the Adaptation Fund at once",
    category=ParisCategory.MECHANISM,
    citation="3/CMA.3 annex para 58; 7/CMA.4 annex I para 39",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of the mechanism registry, of any units but certified emission reductions",
    remedy=("Allot the share of proceeds to the account of the Adaptation Fund."),
    applies=mechanism_issuance,
    run=_run,
)
