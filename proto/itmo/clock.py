# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Clocks, and the text form of a point in time.

Domain code never asks for the time; programs construct a clock and pass `now` in. Every clock here
returns aware UTC times and never goes back, because deadlines are decided on them.
"""

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from itmo.reasons import ProtocolError, Reason, shown

_TEXT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A clock set near the last year of datetime would overflow when a deadline is added to it.
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Source of the present time."""

    def now(self) -> datetime:
        """Return the present time: aware, UTC, never before an earlier answer."""
        ...


class SystemClock:
    """The clock of the machine, held still whenever the machine's clock is set back."""

    __slots__ = ("_last", "_lock")

    def __init__(self) -> None:
        self._last = datetime.now(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the present time, or the last answer while the machine's clock is behind it."""
        with self._lock:
            self._last = max(self._last, datetime.now(UTC))
            return self._last


class FakeClock:
    """A clock that stands still until it is told otherwise, for tests and simulations."""

    __slots__ = ("_now",)

    def __init__(self, start: datetime) -> None:
        self._now = _checked(start)

    def now(self) -> datetime:
        """Return the time set last."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward; raises CLOCK_NOT_SETTABLE when `by` is negative."""
        self.set(self._now + by)

    def set(self, moment: datetime) -> None:
        """Move to `moment`; raises CLOCK_NOT_SETTABLE when that is in this clock's past."""
        self._now = _not_before(self._now, moment)


class OffsetClock:
    """A clock that ticks with another one, ahead or behind by an offset; for test networks."""

    __slots__ = ("_base", "_offset")

    def __init__(self, base: Clock, offset: timedelta = timedelta(0)) -> None:
        self._base = base
        self._offset = offset

    def now(self) -> datetime:
        """Return the base clock's time plus the offset."""
        return self._base.now() + self._offset

    def set(self, moment: datetime) -> None:
        """Continue from `moment`; raises CLOCK_NOT_SETTABLE when that is in this clock's past."""
        base = self._base.now()
        self._offset = _not_before(base + self._offset, moment) - base

    def resume(self, offset: timedelta) -> None:
        """Continue where an earlier run left off, ahead or behind; for the start of a program."""
        self._offset = offset


def to_text(moment: datetime) -> str:
    """Write a time as `2023-08-01T00:00:00.000Z`; smaller parts than milliseconds are cut off.

    Raises:
        ValueError: The time carries no zone; a fault of the calling code.
    """
    text = _checked(moment).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def from_text(text: str, where: str = "timestamp") -> datetime:
    """Read the form that `to_text` writes, and no other.

    Raises:
        ProtocolError: PAYLOAD_INVALID, naming the field, when the text is anything else.
    """
    if _TEXT.fullmatch(text) is not None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # well formed, but no such day or hour: refused below like any other text
    found = shown(text)
    raise ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"{where}: found {found}, expected a UTC time such as 2023-08-01T00:00:00.000Z.",
        where=where,
        found=found,
        expected="YYYY-MM-DDThh:mm:ss.sssZ",
    )


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds from the Unix epoch to a time, smaller parts cut off.

    Raises:
        ValueError: The time carries no zone; a fault of the calling code.
    """
    return (_checked(moment) - _EPOCH) // timedelta(milliseconds=1)


def _checked(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be compared; pass an aware UTC time")
    return moment.astimezone(UTC)


def _not_before(now: datetime, moment: datetime) -> datetime:
    wanted = _checked(moment)
    if not now <= wanted <= _LATEST:
        raise ProtocolError(
            Reason.CLOCK_NOT_SETTABLE,
            f"The clock stands at {to_text(now)} and cannot be set to {to_text(wanted)}; "
            f"choose a later time, before the year {_LATEST.year}.",
            now=to_text(now),
            found=to_text(wanted),
        )
    return wanted
