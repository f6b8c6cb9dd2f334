# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that go over are cancelled voluntarily, and for nothing else."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import VOLUNTARY
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, transiting


def _run(case: KyotoCase) -> Failure | None:
    stated, target = case.proposed, case.to_account
    if stated.log_notice:
        return Failure(
            f"the units answer notice {stated.log_notice} of the log; expected none, since they count"
            " once"
        )
    if stated.reissued_in:
        return Failure(
            f"the units would also be issued again in {name(stated.reissued_in)}; expected nowhere"
            " else, since they count once"
        )
    if target is None:
        return unknown("the type of the account in which the units end is not known")
    if target.account_type != VOLUNTARY:
        return Failure(
            f"the units would end in account {target.account_id} of type {target.account_type};"
            f" expected {VOLUNTARY} (voluntary cancellation)"
        )
    return None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRANSITION_ACCOUNT",
    title="Units that go over to Article 6 end in an account of voluntary cancellation, and for nothing else",
    category=KyotoCategory.TRANSITION,
    citation="3/CMA.3 annex para 75; 13/CMP.1 annex para 42",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transitions",
    remedy="End the units in an account of type 230, and name neither a notice nor another scheme.",
    applies=transiting,
    run=_run,
)
