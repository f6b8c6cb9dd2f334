# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A machine whose clock can be set wrong, while the time since boot goes on as it must."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from itmo.clock import SystemClock


@dataclass
class Machine:
    """A wall clock, the time since boot, and which boot it is."""

    wall: datetime
    up: timedelta = timedelta(hours=5)
    boot: str = "this boot"

    def run(self, by: timedelta) -> None:
        """Lets time pass."""
        self.wall += by
        self.up += by

    def step(self, by: timedelta) -> None:
        """Sets the wall clock and nothing else."""
        self.wall += by

    def clock(self) -> SystemClock:
        """The real clock of the programs, on this machine."""
        return SystemClock(lambda: self.wall, lambda: self.up, self.boot)
