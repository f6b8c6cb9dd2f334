# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The 25 consistency checks in the order of the official list."""

from __future__ import annotations

import hashlib
from typing import Final

from aef.checks.integrity import ii01, ii02, ii03, ii04, ii05, ii06, ii07
from aef.checks.inter_party import ipc01
from aef.checks.inter_report import irc01
from aef.checks.intra_submission import isc01, isc02, isc03, isc04
from aef.checks.progression import ip01, ip02, ip03, ip04
from aef.checks.reconciliation import dr01, dr02, dr03, dr04
from aef.checks.single_table import stc01, stc02, stc03, stc04
from aef.checks.states import ConsistencyCheck

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

VERSION: Final = "1"
"""Part of the digest: raise it when a check decides differently under the same description."""


def _digest() -> bytes:
    lines = [VERSION]
    for check in CHECKS:
        parts = (check.id, check.title, check.group.value, check.meaning, check.citation)
        # Lengths keep the parts apart, whatever characters a text holds.
        lines.append("".join(f"{len(part)}:{part}," for part in parts))
    return hashlib.sha256("\n".join(lines).encode()).digest()


DIGEST: Final = _digest()
"""SHA-256 over the version and every check's description; a result names it."""
