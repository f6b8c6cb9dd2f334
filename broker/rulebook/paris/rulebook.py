# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rulebook's one entrance: facts of a proposed transaction in, judgement out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from broker.rulebook.check import Case, Finding, Outcome, Rules, invalidates
from broker.rulebook.paris.accounting import account_lots
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import Facts
from broker.rulebook.paris.catalogue import CHECKS, DIGEST, UNWRITTEN, VERSION
from broker.rulebook.paris.view import lots_of

__all__ = [
    "CHECKS",
    "DIGEST",
    "RULES",
    "UNWRITTEN",
    "VERSION",
    "Judgement",
    "case_of",
    "judge_proposal",
]

RULES: Final = Rules(CHECKS)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rulebook says of a proposed transaction."""

    findings: tuple[Finding, ...]
    """One per check, in catalogue order, passed ones included."""
    accounting: Accounting
    """What it would book; to be used only when it is valid."""
    valid: bool


def case_of(facts: Facts) -> Case:
    """The case that checks are given: facts, lots, and what the transaction would book."""
    lots, gap = lots_of(facts)
    return Case(facts, account_lots(facts, lots), lots, gap)


def judge_proposal(facts: Facts) -> Judgement:
    """Judges a proposed transaction on the day of `facts.now` (UTC); never raises."""
    case = case_of(facts)
    findings = RULES.judge(case, facts.now.date())
    # On a day before the first check takes effect nothing is judged, and nothing is valid.
    judged = any(finding.outcome is Outcome.PASSED for finding in findings)
    stopped = any(map(invalidates, findings))
    return Judgement(findings, case.accounting, judged and not stopped)
