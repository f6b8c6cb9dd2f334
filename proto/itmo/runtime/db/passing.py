# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Databases that are worth no more than whoever holds them: in memory, or made again from the record."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any


class Passing(sqlite3.Connection):
    """A connection that is closed once nobody holds it, in whichever thread it is collected."""

    def __init__(self, *place: Any, **how: Any) -> None:  # noqa: ANN401  # as sqlite3.connect hands them on
        """Opens it as `sqlite3.connect` says, for any thread."""
        super().__init__(*place, **{**how, "check_same_thread": False})

    def __del__(self) -> None:
        """Closes it; of one that nobody closed Python complains, from 3.13 on."""
        with suppress(sqlite3.ProgrammingError):  # it could not be opened
            self.close()


def in_memory() -> Passing:
    """An empty database in memory."""
    return sqlite3.connect(":memory:", isolation_level=None, factory=Passing)
