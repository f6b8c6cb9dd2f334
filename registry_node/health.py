# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of the connection to the broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

import structlog

from itmo.reasons import CATALOGUE, ProtocolError, Reason
from itmo.runtime.rpc.errors import TRANSPORT_CODE, retry_after_ms

_log: Final = structlog.get_logger(__name__)
_RETRY_AFTER: Final = "retry_after_ms"
_EXHAUSTED: Final = "RESOURCE_EXHAUSTED"
_LATELY: Final = timedelta(seconds=20)
"""Longer than the longest pause before the broker is asked again."""
_SPREAD: Final = 0.25
"""Of the time that was asked for, so much more at most."""


@dataclass(frozen=True, slots=True)
class Slowed:
    """The broker asked this node to wait."""

    error: ProtocolError
    until: datetime


@dataclass(slots=True)
class Health:
    """How the last calls went. Nothing but a comparison of clocks is decided on it.

    The log has the first failure, another one when its reason changes, and of a row of failures the
    second, fourth, eighth ...: a line that is down for a week leaves some twenty lines.

    Attributes:
        now: The node's time.
        connected: Whether the last call got through and did what it was to do.
        last_error: Why one did not.
    """

    now: Callable[[], datetime]
    connected: bool = False
    last_error: ProtocolError | None = None
    _slowed: Slowed | None = None
    _failures: int = field(default=0)
    _catching_up: bool = False

    def succeeded(self) -> bool:
        """Notes a call that got through; says whether that is news."""
        news = not self.connected
        if news:
            _log.info("line_works", failures=self._failures)
        self.connected, self.last_error, self._failures = True, None, 0
        self._catching_up = False
        return news

    def got_a_page(self) -> None:
        """Notes that the broker handed out what it holds for this node, and may hold more."""
        self._catching_up = True

    def failed(self, error: ProtocolError) -> None:
        """Notes a call that did not; one that is to be made later is no failure of the line."""
        if asks_to_wait(error):
            self.last_error = error
            self.asked_to_wait(error)
            return
        last = self.last_error.reason if self.last_error else None
        self.connected, self.last_error, self._slowed = False, error, None
        self._catching_up = False
        self._failures += 1
        if error.reason is not last or not self._failures & (self._failures - 1):
            _log.warning(
                "line_failed", reason=error.reason, found=error.message, failures=self._failures
            )

    def asked_to_wait(self, error: ProtocolError) -> None:
        """Notes that the broker is there and takes nothing for a while."""
        until = self.now() + timedelta(milliseconds=retry_after_ms(error))
        if self._slowed is None or self._slowed.until < until:
            self._slowed = Slowed(error, until)

    @property
    def slowed(self) -> Slowed | None:
        """What the broker asks to wait for, or did lately: whoever is slowed is told so again and again."""
        past = self._slowed is None or self._slowed.until + _LATELY < self.now()
        return None if past else self._slowed

    @property
    def reached(self) -> bool:
        """Whether the broker answers, be it with what piled up, or only that this node is to wait."""
        return self.connected or self._catching_up or self.slowed is not None


@dataclass(slots=True)
class Backoff:
    """Growing pauses between attempts, with jitter so that nodes do not come back in step.

    Attributes:
        random: Source of the jitter.
        first_seconds: Longest first pause.
        longest_seconds: Longest pause of all.
    """

    random: Random
    first_seconds: float = 0.2
    longest_seconds: float = 15.0
    _failures: int = field(default=0)

    def reset(self) -> None:
        """Starts anew after a success."""
        self._failures = 0

    def next_seconds(self, error: ProtocolError | None = None) -> float:
        """Returns the pause after one more failure, at least as long as the broker asked for.

        Who is told to wait for its own share waits for that; who is told that all is full, longer each time.
        """
        ceiling = min(
            self.longest_seconds, self.first_seconds * float(1 << min(self._failures, 16))
        )
        chance = self.random.random()
        pause = ceiling * (0.5 + chance / 2)
        if error is None or error.reason is not Reason.RATE_LIMITED:
            self._failures += 1
        asked = error.metadata.get(_RETRY_AFTER, "") if error else ""
        if asked.isascii() and asked.isdigit():
            # All who were turned away at once were told the same.
            told = int(asked) / 1000 * (1 + _SPREAD * chance)
            pause = max(pause, min(told, self.longest_seconds))
        return pause


def asks_to_wait(error: ProtocolError) -> bool:
    """Whether the broker is there and has said that it is to be asked later: of its overload, or a share."""
    code = CATALOGUE[error.reason].grpc_code
    return code == _EXHAUSTED and TRANSPORT_CODE not in error.metadata
