# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of a cooperative approach add up to what became of them."""

from __future__ import annotations

from typing import Final

from aef.checks.reconciliation import dr02
from broker.rulebook.check import Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import ReportCategory, ReportCheck, same_as

CHECK: Final = ReportCheck(
    id="REC_CA_BALANCE",
    title="Units of a cooperative approach add up to what became of them",
    category=ReportCategory.RECONCILIATION,
    citation="check DR02",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="every cooperative approach that is reported on",
    remedy="Clear the findings on single Parties and on transfers first; they name the rows.",
    run=same_as(dr02.CHECK),
)
