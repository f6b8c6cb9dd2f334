# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holdings follow from earlier holdings and the actions since."""

from __future__ import annotations

from typing import Final

from aef.checks.intra_submission import isc01, isc02, isc03
from aef.checks.reconciliation import dr01
from broker.rulebook.check import Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import ReportCategory, ReportCheck, same_as

CHECK: Final = ReportCheck(
    id="REC_HOLDINGS_ROLL",
    title="Holdings follow from earlier holdings and the actions since",
    category=ReportCategory.RECONCILIATION,
    citation="checks ISC01 ISC02 ISC03 DR01",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="every year that a Party reports on",
    remedy="Find the action that is missing, or the holding that is wrong, and submit a new version.",
    run=same_as(isc01.CHECK, isc02.CHECK, isc03.CHECK, dr01.CHECK),
)
