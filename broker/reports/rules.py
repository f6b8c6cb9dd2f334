# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of the rulebook for reading: those judged, and those not written yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from broker.rulebook.paris.catalogue import CHECKS, UNWRITTEN
from broker.rulebook.paris.reporting.catalogue import REPORT_CHECKS

ON_REPORTS = "REPORT"
"""Phase of a check that is judged on reports and holdings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A check; what is not known of one that is not written is empty."""

    id: str
    title: str
    category: str
    citation: str
    severity: str = ""
    phase: str = ""
    effective: str = ""
    concerns: str = ""
    remedy: str = ""
    written: bool = True


def rules() -> Iterator[RuleView]:
    """Every check, in the order in which they are judged."""
    for check in CHECKS:
        yield RuleView(
            id=check.id,
            title=check.title,
            category=check.category.value,
            citation=check.citation,
            severity=check.severity.value,
            phase=check.phase.value,
            effective=check.effective.isoformat(),
            concerns=check.scope,
            remedy=check.remedy,
        )
    for report in REPORT_CHECKS:
        yield RuleView(
            id=report.id,
            title=report.title,
            category=report.category.value,
            citation=report.citation,
            severity=report.severity.value,
            phase=ON_REPORTS,
            effective=report.effective.isoformat(),
            concerns=report.scope,
            remedy=report.remedy,
        )
    for unwritten in UNWRITTEN:
        yield RuleView(
            id=unwritten.id,
            title=unwritten.title,
            category=unwritten.category,
            citation=unwritten.citation,
            written=False,
        )
