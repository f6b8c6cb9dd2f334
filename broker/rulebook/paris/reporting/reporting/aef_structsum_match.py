# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Yearly aggregates of the structured summary equal the rows reported."""

from __future__ import annotations

from typing import Final

from aef.checks.inter_report import irc01
from broker.rulebook.check import Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import ReportCategory, ReportCheck, same_as

CHECK: Final = ReportCheck(
    id="AEF_STRUCTSUM_MATCH",
    title="Yearly aggregates of the structured summary equal the rows reported",
    category=ReportCategory.REPORTING,
    citation="check IRC01; 2/CMA.3 annex para 23(c)-(f),(h)",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="every year with an AEF and a structured summary",
    remedy="Correct the summary or the AEF, whichever is wrong.",
    run=same_as(irc01.CHECK),
)
