# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of reports and holdings in order, and how their findings are followed up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from aef.result.rules import RuleFinding
from broker.rulebook.paris.reporting.reconciliation import (
    rec_ca_balance,
    rec_holdings_roll,
    rec_registry_snapshot,
    rec_transfer_eq_acq,
)
from broker.rulebook.paris.reporting.report_check import (
    ReportCheck,
    ReportFacts,
    ReportFinding,
    Status,
)
from broker.rulebook.paris.reporting.reporting import (
    aef_action_once,
    aef_deadline,
    aef_period,
    aef_structsum_match,
    aef_version,
)

REPORT_CHECKS: Final[tuple[ReportCheck, ...]] = (
    rec_holdings_roll.CHECK,
    rec_ca_balance.CHECK,
    rec_transfer_eq_acq.CHECK,
    rec_registry_snapshot.CHECK,
    aef_period.CHECK,
    aef_action_once.CHECK,
    aef_deadline.CHECK,
    aef_version.CHECK,
    aef_structsum_match.CHECK,
)


def judge_reports(
    facts: ReportFacts, checks: tuple[ReportCheck, ...] = REPORT_CHECKS
) -> Iterator[ReportFinding]:
    """Runs every check that is in force; what is found is open."""
    for check in checks:
        if check.effective <= facts.today:
            for trouble in check.run(facts):
                yield ReportFinding(check=check, trouble=trouble)


def as_told(finding: ReportFinding) -> RuleFinding:
    """A finding as the result of a check of files tells it."""
    check, trouble = finding.check, finding.trouble
    return RuleFinding(
        rule=check.id,
        title=check.title,
        remedy=check.remedy,
        outcome=trouble.outcome.value,
        owner=trouble.owner,
        where=trouble.where,
        found=trouble.found,
        expected=trouble.expected,
    )


def followed_up(
    before: Iterable[ReportFinding], now: Iterable[ReportFinding], answers: Mapping[str, str]
) -> list[ReportFinding]:
    """Findings as they stand: what is found again keeps its answer, what is gone is closed.

    Args:
        before: Findings of the round before.
        now: Findings of this round.
        answers: What owner Parties answered, by the findings' keys.
    """
    answered = {each.key: each.answer for each in before if each.answer} | dict(answers)
    found = {each.key: each for each in now}
    standing = [
        replace(each, status=Status.ANSWERED, answer=answered[key]) if key in answered else each
        for key, each in found.items()
    ]
    closed = {
        each.key: replace(each, status=Status.CLOSED) for each in before if each.key not in found
    }
    return [*standing, *closed.values()]
