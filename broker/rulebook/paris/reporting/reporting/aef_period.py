# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every reported action lies in the reported year."""

from __future__ import annotations

from typing import Final

from aef.checks.single_table import stc01
from broker.rulebook.check import Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import ReportCategory, ReportCheck, same_as

CHECK: Final = ReportCheck(
    id="AEF_PERIOD",
    title="Every reported action lies in the reported year",
    category=ReportCategory.REPORTING,
    citation="check STC01",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="every action of an AEF",
    remedy="Correct the date, or report the action in the AEF of its year.",
    run=same_as(stc01.CHECK),
)
