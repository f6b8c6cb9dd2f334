# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rulebook's one entrance: the case of a proposed transaction in, judgement out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from broker.rulebook.check import Finding, Rules, Shared, accepts
from broker.rulebook.general.looking import gap_of
from broker.rulebook.paris.accounting import account_lots
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import BookingCase, ParisCase, with_bookings
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.view import lots_of

RULES: Final = Rules(CHECKS)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rulebook says of a proposed transaction."""

    findings: tuple[Finding, ...]
    """One per check, in catalogue order, passed ones included."""
    accounting: Accounting
    """What it would book; to be used only when it is valid."""
    valid: bool


def case_of(case: ParisCase) -> BookingCase:
    """The case that checks are given: with lots, and with what the transaction would book."""
    lots = lots_of(case)
    return with_bookings(case, lots, gap_of(case), account_lots(case, lots))


def judge_proposal(case: ParisCase) -> Judgement:
    """Judges a proposed transaction on the day of `case.now` (UTC); never raises."""
    return judge_booking(case_of(case))


def judge_booking(case: BookingCase, shared: Shared | None = None) -> Judgement:
    """Judges a proposed transaction whose accounting is known; see `judge_proposal`.

    Args:
        case: What is judged.
        shared: What checks come to for whatever is like it.
    """
    findings = RULES.judge(case, case.now.date(), shared)
    return Judgement(findings, case.accounting, accepts(findings))
