# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Sources of message and transaction ids: UUID version 7 (RFC 9562 section 5.7).

Ids of one source only ever grow, so that a store can append them; within a millisecond the random
part is counted up by random steps (RFC 9562 section 6.2, method 2).
"""

import hashlib
import os
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from itmo.clock import to_ms

_RANDOM_BITS: Final = 74  # 128 less 48 of time, 4 of version, 2 of variant
_LOW_BITS: Final = 62
_DRAW_BYTES: Final = 10
_DRAWN_AT_ONCE: Final = 1_024
_STEP_BYTES: Final = 4  # too many possible steps to guess the next id of a node from its last


class IdSource(Protocol):
    """Source of fresh ids."""

    def uuid7(self, now: datetime) -> str:
        """Returns a fresh UUIDv7 in canonical lower-case text, dated `now`."""
        ...


_TIME_BITS: Final = 80
"""Bits behind the milliseconds."""


class _Growing:
    """UUIDv7 values in strictly growing order from any source of bytes."""

    __slots__ = ("_draw", "_last_ms", "_lock", "_random")

    def __init__(self, draw: Callable[[int], bytes]) -> None:
        self._draw = draw
        self._last_ms = -1
        self._random = 0
        self._lock = threading.Lock()

    def next(self, now: datetime) -> str:
        with self._lock:
            ms = to_ms(now)
            if ms > self._last_ms:
                self._start(ms)
            else:
                step = 1 + int.from_bytes(self._draw(_STEP_BYTES), "big")
                self._random += step
                if self._random >> _RANDOM_BITS:
                    self._start(self._last_ms + 1)
            return self._text()

    def _start(self, ms: int) -> None:
        self._last_ms = ms
        drawn = int.from_bytes(self._draw(_DRAW_BYTES), "big")
        self._random = drawn & ((1 << _RANDOM_BITS) - 1)

    def _text(self) -> str:
        high = self._random >> _LOW_BITS
        low = self._random & ((1 << _LOW_BITS) - 1)
        value = self._last_ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
        text = f"{value:032x}"  # a UUID object costs four times as much
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def minted_ms(identifier: str) -> int:
    """Returns the time in an id of version 7, in milliseconds since 1970."""
    return uuid.UUID(identifier).int >> _TIME_BITS


class _Drawn:
    """Bytes of the operating system's random source, many at a time.

    Each look at it gives up the interpreter's lock, and a thread that is busy deciding waits until
    it has it again. A process that is forked draws for itself.
    """

    __slots__ = ("_at", "_bytes", "_owner")

    def __init__(self) -> None:
        self._bytes, self._at, self._owner = b"", 0, 0

    def draw(self, length: int) -> bytes:
        if self._at + length > len(self._bytes) or self._owner != os.getpid():
            self._bytes, self._at, self._owner = os.urandom(_DRAWN_AT_ONCE), 0, os.getpid()
        self._at += length
        return self._bytes[self._at - length : self._at]


class RandomIds:
    """Ids from the operating system's random source, for programs in service."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids = _Growing(_Drawn().draw)

    def uuid7(self, now: datetime) -> str:
        """Returns a fresh id, greater than every earlier one of this source."""
        return self._ids.next(now)


class SeededIds:
    """The same ids for the same seed and times, for tests and simulations; never in service."""

    __slots__ = ("_count", "_ids", "_seed")

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self._ids = _Growing(self._bytes)

    def uuid7(self, now: datetime) -> str:
        """Returns the next id of this seed, greater than every earlier one of this source."""
        return self._ids.next(now)

    def _bytes(self, length: int) -> bytes:
        self._count += 1
        return hashlib.sha256(f"{self._seed}/{self._count}".encode()).digest()[:length]
