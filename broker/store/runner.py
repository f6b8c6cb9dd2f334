# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where database work runs: the port between the event loop and a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Runner(Protocol):
    """Runs a closure where a database connection lives, one closure after the other."""

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs it and returns what it returns."""
        ...
