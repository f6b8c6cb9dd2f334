# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What one Party transferred, the other acquired."""

from __future__ import annotations

from typing import Final

from aef.checks.reconciliation import dr03
from broker.rulebook.check import Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import ReportCategory, ReportCheck, same_as

CHECK: Final = ReportCheck(
    id="REC_TRANSFER_EQ_ACQ",
    title="What one Party transferred, the other acquired",
    category=ReportCategory.RECONCILIATION,
    citation="check DR03",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="every pair of Parties with transfers between them",
    remedy="The two Parties compare their records of these transfers; those on the way are listed apart.",
    run=same_as(dr03.CHECK),
)
