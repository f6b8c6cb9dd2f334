# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The 25 consistency checks in the order of the official list."""

from __future__ import annotations

from typing import Final

from broker.reports.aef.checks.integrity import ii01, ii02, ii03, ii04, ii05, ii06, ii07
from broker.reports.aef.checks.inter_party import ipc01
from broker.reports.aef.checks.inter_report import irc01
from broker.reports.aef.checks.intra_submission import isc01, isc02, isc03, isc04
from broker.reports.aef.checks.progression import ip01, ip02, ip03, ip04
from broker.reports.aef.checks.reconciliation import dr01, dr02, dr03, dr04
from broker.reports.aef.checks.single_table import stc01, stc02, stc03, stc04
from broker.reports.aef.checks.states import ConsistencyCheck

CHECKS: Final[tuple[ConsistencyCheck, ...]] = (
    ii01.CHECK,
    ii02.CHECK,
    ii03.CHECK,
    ii04.CHECK,
    ii05.CHECK,
    ii06.CHECK,
    ii07.CHECK,
    stc01.CHECK,
    stc02.CHECK,
    stc03.CHECK,
    stc04.CHECK,
    isc01.CHECK,
    isc02.CHECK,
    isc03.CHECK,
    isc04.CHECK,
    irc01.CHECK,
    ipc01.CHECK,
    ip01.CHECK,
    ip02.CHECK,
    ip03.CHECK,
    ip04.CHECK,
    dr01.CHECK,
    dr02.CHECK,
    dr03.CHECK,
    dr04.CHECK,
)
