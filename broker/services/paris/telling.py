# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The log is told how far the timeline is, where to read it takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

TOLD_AFTER_SECONDS: Final = 2.0
"""Nobody need be told of a shorter wait."""
TOLD_EVERY_SECONDS: Final = 30.0
_log: Final = structlog.get_logger()


class Telling:
    """Of one reading."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begins now."""
        self._clock = clock
        self._began = clock()
        self._told: float | None = None

    def being_read(self, decisions: int, of: int) -> None:
        """After a turn that is not the last one."""
        now, told = self._clock(), self._told
        due = self._began + TOLD_AFTER_SECONDS if told is None else told + TOLD_EVERY_SECONDS
        if now >= due:
            _log.info("timeline_being_read", decisions=decisions, of=of)
            self._told = now

    def ended(self, decisions: int) -> None:
        """At the end of the record."""
        if self._told is not None:
            seconds = round(self._clock() - self._began)
            _log.info("timeline_read", decisions=decisions, seconds=seconds)
