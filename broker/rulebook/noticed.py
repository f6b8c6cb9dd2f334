# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What notices do to units, and windows in which a registry takes nothing new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from itmo.serials import SerialRange


class NoticeOutcome(StrEnum):
    """What a notice does to units."""

    CHANGED = "CHANGED"
    OPEN = "OPEN"
    FIRST_TRANSFERRED_BEFORE = "FIRST_TRANSFERRED_BEFORE"
    ENDED_BEFORE = "ENDED_BEFORE"


class ProgrammeEventKind(StrEnum):
    """What happened to units of a crediting programme (7/CMA.4 synthesis report, para 19)."""

    CANCELLATION = "CANCELLATION"
    USE = "USE"


@dataclass(frozen=True, slots=True)
class BoundUnits:
    """Units that wait for a transaction which names the notice."""

    range: SerialRange
    notice_id: str


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """When a registry takes no new proposals; an empty registry means every one."""

    registry: str
    start: datetime
    end: datetime

    def covers(self, registry: str, moment: datetime) -> bool:
        """True when the registry takes nothing new at the moment."""
        return self.registry in ("", registry) and self.start <= moment < self.end
