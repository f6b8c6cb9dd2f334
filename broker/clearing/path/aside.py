# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Time-outs that a fault of ours stands against: set aside, told, tried again after growing pauses.

The transaction stays as it is, with its units locked; nothing of it completes after its deadline.
Nothing is recorded, so that a replay of the record comes to the same. The next start tries again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(minutes=1)
"""Doubled with each failure, up to the longest: somebody has to mend the program first."""
LONGEST_PAUSE: Final = timedelta(hours=1)


@dataclass
class TimeoutFault(Exception):  # noqa: N818  # a fault, told apart from errors of a sender
    """Timing a transaction out raised what is not a broken invariant."""

    transaction_id: str
    cause: Exception


@dataclass(frozen=True, slots=True)
class SetAside:
    """A time-out that failed.

    Attributes:
        transaction_id: The transaction; it waits as before.
        fault: What was raised last.
        failures: How often it was tried.
        until: When it is tried again.
    """

    transaction_id: str
    fault: str
    failures: int
    until: datetime


class Aside:
    """All of them, since the start."""

    def __init__(self) -> None:
        self._failed: dict[str, SetAside] = {}

    def put(self, fault: TimeoutFault, now: datetime) -> SetAside:
        """Sets a time-out aside for a while."""
        before = self._failed.get(fault.transaction_id)
        failures = before.failures + 1 if before else 1
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        told = f"{type(fault.cause).__name__}: {fault.cause}"
        found = SetAside(fault.transaction_id, told, failures, now + pause)
        self._failed[fault.transaction_id] = found
        return found

    def waiting(self, now: datetime) -> frozenset[str]:
        """Those that are not to be tried now."""
        return frozenset(name for name, each in self._failed.items() if each.until > now)

    def forget(self, transaction_id: str) -> None:
        """A transaction has ended after all."""
        self._failed.pop(transaction_id, None)

    @property
    def standings(self) -> tuple[SetAside, ...]:
        """All that wait, in the order in which they failed first."""
        return tuple(self._failed.values())
