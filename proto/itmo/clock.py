# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Clocks, and the text form of a point in time.

Domain code never asks for the time; programs construct a clock and pass `now` in. Every clock here
returns aware UTC times and never goes back, because deadlines are decided on them. The machine's is
compared with the time since it was booted, which nobody can set: a jump is a fault, and nothing is
decided on it.
"""

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from itmo.frozen import quickly_made, replace
from itmo.reasons import ProtocolError, Reason, plain, shown

# The hour is looked at here: from 3.14 on Python takes 24:00 for the next day's first moment.
_TEXT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A clock set near the last year of datetime would overflow when a deadline is added to it.
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


MAX_CLOCK_STEP: Final = timedelta(minutes=2)
"""A larger step of the machine's clock is not believed. Below CLOCK_TOLERANCE (10 minutes), so that
what passes moves no deadline by more than a message may be off anyway; above what leap seconds and
a time service make up for at a start. Slewing moves the time since boot alike and is no step."""
MAX_CLOCK_DOWNTIME: Final = timedelta(days=7)
"""After a reboot a clock this much later than the last time seen is believed: a machine that was off
over the holidays starts by itself, and no record gets further ahead than this by a wrong clock."""
_FORGIVEN: Final = 1000
"""A small step is forgotten at a thousandth of the time that passes, faster than leap seconds come,
and too slowly for many small steps to add up to a large one."""
BOOT_ID_VARIABLE: Final = "ITMO_BOOT_ID"
"""Set in the systemd unit, where the file of the kernel is out of sight."""
_SECOND: Final = timedelta(seconds=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ClockFault:
    """The machine's clock is not where it must be.

    Attributes:
        found: What the clock says.
        expected: What it should say, within MAX_CLOCK_STEP.
        unseen: How much later it may be, since nobody looked for so long.
    """

    found: datetime
    expected: datetime
    unseen: timedelta = timedelta(0)

    def __str__(self) -> str:
        until = f" to {to_text(self.expected + self.unseen)}" if self.unseen else ""
        return (
            f"the clock says {to_text(self.found)}, expected {to_text(self.expected)}{until};"
            " nothing is decided until it is right, or its time is accepted (`broker clock accept`)"
        )

    def refusal(self) -> ProtocolError:
        """What callers are told: nothing is wrong with their message."""
        return ProtocolError(
            Reason.CLOCK_UNTRUSTED,
            f"{str(self)[0].upper()}{str(self)[1:]}.",
            found=to_text(self.found),
            expected=to_text(self.expected),
        )


@dataclass(frozen=True, slots=True)
class ClockMark:
    """A moment at which the clock was right, to be kept over a restart.

    Attributes:
        seen: The time.
        since_boot: How long the machine had been up.
        boot: Which boot of the machine that was; empty where it does not say.
    """

    seen: datetime
    since_boot: timedelta
    boot: str


@quickly_made
@dataclass(frozen=True, slots=True)
class Look:
    """One look at a clock: the time to go by, and why it must not be decided on, if so."""

    now: datetime
    fault: ClockFault | None = None


class Clock(Protocol):
    """Source of the present time."""

    def now(self) -> datetime:
        """Returns the present time: aware, UTC, never before an earlier answer."""
        ...

    def look(self) -> Look:
        """Returns the present time, and whether it may be decided on."""
        ...

    def accept(self) -> datetime:
        """Takes the machine's time for right, also when it is earlier, and returns it."""
        ...


class SystemClock:
    """The clock of the machine, compared at every look with the time since boot.

    Where it was set back a little it is held still. While it is in fault the time goes on from where
    it was last right; it heals by itself when the machine's clock is back in line.
    """

    __slots__ = (
        "_boot", "_last", "_lock", "_seen", "_since_boot", "_ticked", "_unseen", "_wall",
    )  # fmt: skip

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        since_boot: Callable[[], timedelta] | None = None,
        boot: str | None = None,
    ) -> None:
        self._wall = wall
        self._since_boot = since_boot or machine_since_boot
        self._boot = _this_boot() if boot is None else boot
        self._lock = threading.Lock()
        self._seen, self._ticked = wall(), self._since_boot()
        self._unseen = timedelta(0)
        self._last = self._seen

    def now(self) -> datetime:
        """Returns the present time, or the last answer while the machine's clock is behind it."""
        return self.look().now

    def look(self) -> Look:
        """Returns the present time, and a fault while the machine's clock has jumped."""
        with self._lock:
            wall, ticks = self._wall(), self._since_boot()
            passed = ticks - self._ticked
            expected = self._seen + passed
            drift = wall - expected
            if not -MAX_CLOCK_STEP <= drift <= MAX_CLOCK_STEP + self._unseen:
                self._last = max(self._last, expected)
                return Look(self._last, ClockFault(wall, expected, self._unseen))
            if self._unseen:
                self._seen, self._ticked, self._unseen = wall, ticks, timedelta(0)
            elif passed >= _SECOND:
                most = passed / _FORGIVEN
                self._seen, self._ticked = expected + max(-most, min(drift, most)), ticks
            self._last = max(self._last, wall)
            return Look(self._last)

    def accept(self) -> datetime:
        """Takes the machine's time for right, also when it is earlier, and returns it."""
        with self._lock:
            self._seen, self._ticked = self._wall(), self._since_boot()
            self._unseen = timedelta(0)
            self._last = self._seen
            return self._last

    def resume(self, mark: ClockMark | None, latest: datetime | None) -> None:
        """Continues from an earlier run of the program.

        Args:
            mark: Where that run last saw the clock right, if it left word.
            latest: The last time that was recorded, if any; the clock cannot be before it.
        """
        with self._lock:
            wall, ticks = self._wall(), self._since_boot()
            seen, unseen = wall, timedelta(0)
            if mark is not None and mark.boot == self._boot != "" and mark.since_boot <= ticks:
                seen = mark.seen + (ticks - mark.since_boot)
            elif mark is not None:
                seen, unseen = mark.seen, MAX_CLOCK_DOWNTIME
            elif latest is not None:
                seen, unseen = latest, _LATEST - latest  # nobody knows when it was last in use
            if latest is not None and latest > seen + MAX_CLOCK_STEP:
                seen, unseen = latest, MAX_CLOCK_DOWNTIME
            self._seen, self._ticked, self._unseen = seen, ticks, unseen
            # The time goes on from what is known, not from what the machine says before it is right.
            self._last = seen if unseen else max(seen, min(wall, seen + MAX_CLOCK_STEP))

    def mark(self) -> ClockMark | None:
        """Returns what to keep over a restart; nothing while the clock is in fault."""
        look = self.look()
        return None if look.fault else ClockMark(look.now, self._since_boot(), self._boot)


def machine_since_boot() -> timedelta:
    """Returns how long the machine is up; suspended time counts where the system can say so."""
    which = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return timedelta(microseconds=time.clock_gettime_ns(which) // 1000)


def _this_boot() -> str:
    """Which boot this is: the kernel's word, or that of whoever hides it from a service."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip().replace("-", "")
    except OSError:
        return os.environ.get(BOOT_ID_VARIABLE, "")


class FakeClock:
    """A clock that stands still until it is told otherwise, for tests and simulations."""

    __slots__ = ("_now",)

    def __init__(self, start: datetime) -> None:
        self._now = _checked(start)

    def now(self) -> datetime:
        """Returns the time set last."""
        return self._now

    def look(self) -> Look:
        """Returns the time set last; it is never in fault."""
        return Look(self._now)

    def accept(self) -> datetime:
        """Returns the time set last."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Moves forward; raises CLOCK_NOT_SETTABLE when `by` is negative."""
        self.set(self._now + by)

    def set(self, moment: datetime) -> None:
        """Moves to `moment`; raises CLOCK_NOT_SETTABLE when that is in this clock's past."""
        self._now = _not_before(self._now, moment)


class OffsetClock:
    """A clock that ticks with another one, ahead or behind by an offset; for test networks."""

    __slots__ = ("_base", "_offset")

    def __init__(self, base: Clock, offset: timedelta = timedelta(0)) -> None:
        self._base = base
        self._offset = offset

    @property
    def base(self) -> Clock:
        """The clock it ticks with."""
        return self._base

    @property
    def offset(self) -> timedelta:
        """How far it is ahead of that clock."""
        return self._offset

    def now(self) -> datetime:
        """Returns the base clock's time plus the offset."""
        return self._base.now() + self._offset

    def look(self) -> Look:
        """Returns the base clock's time plus the offset, with the base clock's fault."""
        look, offset = self._base.look(), self._offset
        fault = look.fault and replace(
            look.fault, found=look.fault.found + offset, expected=look.fault.expected + offset
        )
        return Look(look.now + offset, fault)

    def accept(self) -> datetime:
        """Takes the machine's time for right, and returns it plus the offset."""
        return self._base.accept() + self._offset

    def set(self, moment: datetime) -> None:
        """Continues from `moment`; raises CLOCK_NOT_SETTABLE when that is in this clock's past."""
        base = self._base.now()
        self._offset = _not_before(base + self._offset, moment) - base

    def resume(self, offset: timedelta) -> None:
        """Continues where an earlier run left off, ahead or behind; for the start of a program."""
        self._offset = offset


def to_text(moment: datetime) -> str:
    """Writes a time as `2023-08-01T00:00:00.000Z`; smaller parts than milliseconds are cut off.

    Raises:
        ValueError: The time carries no zone; a fault of the calling code.
    """
    text = _checked(moment).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def from_text(text: str, where: str = "timestamp") -> datetime:
    """Reads the form that `to_text` writes, and no other.

    Raises:
        ProtocolError: PAYLOAD_INVALID, naming the field, when the text is anything else.
    """
    if _TEXT.fullmatch(text) is not None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # well formed, but no such day or hour: refused below like any other text
    raise ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"{where}: found {shown(text)}, expected a UTC time such as 2023-08-01T00:00:00.000Z.",
        where=where,
        found=plain(text),
        expected="YYYY-MM-DDThh:mm:ss.sssZ",
    )


def to_ms(moment: datetime) -> int:
    """Returns the milliseconds since 1970 of a time, smaller parts cut off.

    Raises:
        ValueError: The time carries no zone; a fault of the calling code.
    """
    return (_checked(moment) - _EPOCH) // _MILLISECOND


def from_ms(value: int) -> datetime:
    """Returns the time of a number of milliseconds since 1970."""
    return _EPOCH + value * _MILLISECOND


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
