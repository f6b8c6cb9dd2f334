# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a process has used so far, as the system counts it: processor time and memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_ENDED: Final = 2
"""Behind two numbers of the process itself stand those of its children that have ended."""
_COUNTED: Final = slice(11, 15)
"""Where they are in /proc/PID/stat, behind the name of the command (proc(5) counts from 1, and before it)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process.

    Attributes:
        processor: Seconds of processor time, of all its threads, in the program and in the kernel.
        memory: The most bytes that were resident.
    """

    processor: float
    memory: int


def usage_below(pids: Iterable[int]) -> Usage | None:
    """What servers have used: each first process, its children that live, and those that ended.

    Memory is left out: theirs is shared.
    """
    ticks = 0
    try:
        for pid in pids:
            ticks += sum(_counted(pid))
            for each in _children(pid):
                with suppress(OSError):  # it ended since it was named, and is never counted twice
                    ticks += sum(_counted(each)[:_ENDED])
    except OSError:
        return None
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), 0) if ticks else None


def usage(pid: int, *, below: bool = False) -> Usage | None:
    """What a process has used, with those that it has started if asked; None where the system has no /proc."""
    try:
        pids = [pid, *(_children(pid) if below else ())]
        ticks = sum(sum(_counted(each)[:_ENDED]) for each in pids)
        memory = sum(map(_highest, pids))
    except OSError:
        return None
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), memory)


def _children(pid: int) -> list[int]:
    return [
        int(each)
        for each in (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    ]


def _highest(pid: int) -> int:
    status = (_PROC / str(pid) / "status").read_text().splitlines()
    kibibytes = next((line.split()[1] for line in status if line.startswith("VmHWM")), "0")
    return int(kibibytes) * 1024


def _counted(pid: int) -> list[int]:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return [int(each) for each in fields[_COUNTED]]
