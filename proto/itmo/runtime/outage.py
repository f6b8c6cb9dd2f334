# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a program needs and is away for a while, told in the log without flooding it."""

from __future__ import annotations

from typing import Final

import structlog

_log: Final = structlog.get_logger()


class Outage:
    """Something that fails for as long as it lasts.

    The log has the first failure, another one when what is found changes, of a row of failures the
    second, fourth, eighth ..., and the end: what is away for a week leaves some twenty lines.

    Args:
        event: What it is called in the log while it lasts.
        works: The event that says that it is over.
    """

    def __init__(self, event: str, works: str) -> None:
        self._event = event
        self._works = works
        self._failures = 0
        self._found: object = None

    def lasts(self, **found: str) -> None:
        """Notes a failure."""
        self._failures += 1
        if found != self._found or not self._failures & (self._failures - 1):
            _log.error(self._event, **found, failures=self._failures)
        self._found = found

    def is_over(self) -> None:
        """Notes that it works; nothing is said where it did before."""
        if self._failures:
            _log.info(self._works, was=self._event, failures=self._failures)
            self._failures, self._found = 0, None
