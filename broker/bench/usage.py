# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a process has used so far, as the system counts it: processor time and memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_USER, _SYSTEM = 11, 12
"""Places in /proc/PID/stat, behind the name of the command (proc(5) counts from 1, and before it)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process.

    Attributes:
        processor: Seconds of processor time, of all its threads, in the program and in the kernel.
        memory: The most bytes that were resident.
    """

    processor: float
    memory: int


def usage(pid: int) -> Usage | None:
    """What a process has used; None where the system has no /proc."""
    try:
        counted = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        status = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    ticks = int(counted[_USER]) + int(counted[_SYSTEM])
    highest = next((line.split()[1] for line in status if line.startswith("VmHWM")), "0")
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), int(highest) * 1024)
