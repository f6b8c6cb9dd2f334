# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Databases that are worth no more than whoever holds them: in memory, or made again from the record."""

from __future__ import annotations

import sqlite3


class Passing(sqlite3.Connection):
    """A connection that is closed with its last holder."""

    def __del__(self) -> None:
        """Closes it: of one that nobody closed Python complains, from 3.13 on."""
        self.close()


def in_memory() -> Passing:
    """An empty database in memory, which may be handed from thread to thread."""
    return sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False, factory=Passing
    )
