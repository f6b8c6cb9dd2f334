# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rules on reports and holdings in order, and who carries them out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from aef.result.rules import RuleFinding
from broker.rulebook.check import Kept, Phase, Rule, Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting import aef_deadline, aef_version
from broker.rulebook.paris.reporting.report_check import (
    ReportCategory,
    ReportCheck,
    ReportFacts,
    ReportFinding,
)

_FILED: Final = "`broker aef check`, which makes the checks that are cited"
_REPORTED: Final = "the clearing-house, when a registry reports (`registry-node report`)"
_kept: Final = partial(Kept, severity=Severity.WARNING, effective=IN_FORCE, phase=Phase.REPORT)

REPORT_RULES: Final[tuple[Rule, ...]] = (
    _kept(
        id="REC_HOLDINGS_ROLL",
        title="Holdings follow from earlier holdings and the actions since",
        category=ReportCategory.RECONCILIATION,
        citation="checks ISC01 ISC02 ISC03 DR01",
        scope="every year that a Party reports on, and every report of a registry",
        remedy="Find the action that is missing, or the holding that is wrong, and submit a new version.",
        where=f"{_FILED}; {_REPORTED}",
    ),
    _kept(
        id="REC_CA_BALANCE",
        title="Units of a cooperative approach add up to what became of them",
        category=ReportCategory.RECONCILIATION,
        citation="check DR02",
        scope="every cooperative approach that is reported on",
        remedy="Clear the findings on single Parties and on transfers first; they name the rows.",
        where=_FILED,
    ),
    _kept(
        id="REC_TRANSFER_EQ_ACQ",
        title="What one Party transferred, the other acquired",
        category=ReportCategory.RECONCILIATION,
        citation="check DR03",
        scope="every pair of Parties with transfers between them",
        remedy="The two Parties compare their records of these transfers; those on the way are listed"
        " apart.",
        where=_FILED,
    ),
    _kept(
        id="REC_REGISTRY_SNAPSHOT",
        title="A registry's holdings equal the clearing-house's at the agreed cut-off",
        category=ReportCategory.RECONCILIATION,
        citation="6/CMA.4 annex I para 9; 7/CMA.4 synthesis report, para 15",
        scope="registries that take part in full and state their holdings",
        remedy="Compare the lists of blocks of both sides; the decision log says which transaction one"
        " side lacks.",
        where=_REPORTED,
    ),
    _kept(
        id="AEF_PERIOD",
        title="Every reported action lies in the reported year",
        category=ReportCategory.REPORTING,
        citation="check STC01",
        scope="every action of an AEF",
        remedy="Correct the date, or report the action in the AEF of its year.",
        where=_FILED,
    ),
    _kept(
        id="AEF_ACTION_ONCE",
        title="An action is reported once over all Parties and tables",
        category=ReportCategory.REPORTING,
        citation="check II02",
        scope="every action of an AEF, and of a registry's reports",
        remedy="Strike the repeated row, or give the times of both actions.",
        where=f"{_FILED}; {_REPORTED}",
    ),
    aef_deadline.CHECK,
    aef_version.CHECK,
    _kept(
        id="AEF_STRUCTSUM_MATCH",
        title="Yearly aggregates of the structured summary equal the rows reported",
        category=ReportCategory.REPORTING,
        citation="check IRC01; 2/CMA.3 annex para 23(c)-(f),(h)",
        scope="every year with an AEF and a structured summary",
        remedy="Correct the summary or the AEF, whichever is wrong.",
        where=_FILED,
    ),
)


def judge_reports(facts: ReportFacts) -> Iterator[ReportFinding]:
    """Runs every check that is judged here and in force."""
    for rule in REPORT_RULES:
        if isinstance(rule, ReportCheck) and rule.effective <= facts.today:
            for trouble in rule.run(facts):
                yield ReportFinding(check=rule, trouble=trouble)


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
