# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much a registry shares is its own choice: levels, roles, switches.

Source: 7/CMA.4 synthesis report, paras 14-18.

A check is optional only where it protects a registry, never where it protects the books. It is off
in a transaction when every registry whose role it protects there switched it off. Within one
registry there is one role, that of the proposer, and it stands for every role that a check protects.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final

from itmo import limits


class SharingLevel(StrEnum):
    """How much a registry shares."""

    VIEW = "VIEW"
    NOTIFY = "NOTIFY"
    TRANSACT = "TRANSACT"


class ReportFrequency(StrEnum):
    """How often a registry reports."""

    AT_ONCE = "AT_ONCE"
    DAILY = "DAILY"
    YEARLY = "YEARLY"


class CheckRole(StrEnum):
    """The side on which a registry stands in a transaction."""

    PROPOSER = "PROPOSER"
    RECEIVER = "RECEIVER"
    BOTH = "BOTH"


Switch = tuple[str, CheckRole]
"""The id of a check and the role in which a registry switched it off."""

BOTH_SIDES: Final = frozenset({CheckRole.PROPOSER, CheckRole.RECEIVER})


DUE_AFTER: Final = {
    ReportFrequency.AT_ONCE: limits.REPORT_DAILY,
    ReportFrequency.DAILY: limits.REPORT_DAILY,
    ReportFrequency.YEARLY: limits.REPORT_YEARLY,
}
"""How long after one report the next is due."""
WITHIN: Final[dict[ReportFrequency, timedelta]] = {
    ReportFrequency.AT_ONCE: limits.REPORT_AT_ONCE,
    ReportFrequency.DAILY: limits.REPORT_DAILY + limits.REPORT_GRACE,
    ReportFrequency.YEARLY: limits.REPORT_YEARLY_DEADLINE,
}
"""How long after an action it must have been reported."""


def switched_off(
    check_id: str,
    protects: frozenset[CheckRole],
    sides: Iterable[tuple[CheckRole, str, frozenset[Switch]]],
) -> str:
    """Says who switched a check off for a transaction; empty where it is on.

    Args:
        check_id: The check.
        protects: Roles that it protects; empty: it cannot be switched.
        sides: Role, registry and switches of each registry that takes part.
    """
    if not protects:
        return ""
    listed = list(sides)
    said = []
    for role, registry, switches in listed:
        if len(listed) > 1 and role not in protects:
            continue
        if not switches & {(check_id, role), (check_id, CheckRole.BOTH)}:
            return ""
        said.append(f"{registry} for its role as {role.lower()}")
    return f"switched off by {' and by '.join(said)}" if said else ""
