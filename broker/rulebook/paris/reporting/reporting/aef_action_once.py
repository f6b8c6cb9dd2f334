# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An action is reported once over all Parties and tables."""

from __future__ import annotations

from typing import Final

from aef.checks.integrity import ii02
from broker.rulebook.check import Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import ReportCategory, ReportCheck, same_as

CHECK: Final = ReportCheck(
    id="AEF_ACTION_ONCE",
    title="An action is reported once over all Parties and tables",
    category=ReportCategory.REPORTING,
    citation="check II02",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="every action of an AEF",
    remedy="Strike the repeated row, or give the times of both actions.",
    run=same_as(ii02.CHECK),
)
