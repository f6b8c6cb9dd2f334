# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that wait for a notice, and windows in which a registry takes nothing new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from itmo.serials import SerialRange

OPEN: Final = "OPEN"
"""What a notice does to units that wait for a transaction which names it."""


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
