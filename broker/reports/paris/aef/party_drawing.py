# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One Party's AEFs, drawn along the timeline, in turns: what others did is not read."""

from __future__ import annotations

import sqlite3
from collections import deque
from datetime import date
from typing import Final

from aef.model import Submission
from broker.reports.completed import void
from broker.reports.log_position import log_position
from broker.reports.paris import timeline_pages
from broker.reports.paris.actions import end_of
from broker.reports.paris.aef.drawing import Book, known, years_of_record
from broker.reports.paris.chosen_movements import DECISIONS, ChosenMovements
from broker.reports.paris.held_then import HeldThen
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_pages import Concern
from broker.reports.snapshot import snapshot
from itmo.clock import from_ms, to_ms
from itmo.log_position import LogPosition
from itmo.runtime.db.connection import Connection

MOVEMENTS: Final = 2_000
"""That are played in one turn: about a fifth of a second of one core of 2023."""
RANGES: Final = 10_000
"""Of units that it ever held, that are read in one turn: about as long."""
ROWS: Final = 5_000
"""Of its holdings that are made in one turn."""


class PartyDrawing:
    """A Party's AEFs of a year, or of all, on the way.

    Attributes:
        position: The place in the log up to which it is read, as of the first turn; None before.
        rows: Actions and ranges that were noted until now, before neighbours were joined.
    """

    def __init__(self, party: str, year: int | None) -> None:
        """Nothing is read yet.

        Args:
            party: Whose.
            year: The reported year; None: every year in which it has something to report.
        """
        self.position: LogPosition | None = None
        self.rows = 0
        self._party = party
        self._year = year
        self._left: deque[int] = deque()
        self._after = Concern(-1, -1, 0, "")
        self._moves: ChosenMovements | None = None
        self._held: HeldThen | None = None

    def read_on(self, connection: Connection, timeline: Timeline) -> bool:
        """Reads one turn; True once all is read.

        What is decided, or reversed, after the first turn is not read.
        """
        with snapshot(connection):
            if self.position is None:
                self._begin(connection)
            with timeline.standing(connection, self._last) as tables:
                if tables is None:
                    return False
                if self._left:
                    self._read(connection, tables, self._left[0])
                    return False
        return self._book.settle(ROWS)

    def _read(self, connection: Connection, tables: sqlite3.Connection, year: int) -> None:
        """A year's actions in turns, then what was held at its end."""
        if self._moves is not None:
            self.rows += sum(map(self._book.note, self._moves.some(MOVEMENTS)))
            if self._moves.ended:
                self._moves = None
            return
        if self._held is None:
            begun, ended = to_ms(end_of(year - 1)), to_ms(end_of(year))
            after = max(self._after, Concern(begun, -1, 0, ""))
            found = timeline_pages.concerns(
                tables, self._party, after, ended, self._last, DECISIONS
            )
            if found:
                self._moves = ChosenMovements(connection, tables, found, self._void)
                self._after = self._moves.taken[-1]
                return
            place = min(timeline_pages.place_of(tables, from_ms(ended - 1)), self._last)
            self._held = HeldThen(self._party, place, self._last)
        for held in self._held.page(connection, tables, RANGES):
            self.rows += self._book.hold(held, year)
        if self._held.ended:
            self._held = None
            self._left.popleft()

    def submissions(
        self, connection: Connection, *, version: str, submitted: date | None
    ) -> list[Submission]:
        """The AEFs, by year, once all is read."""
        with snapshot(connection):
            return self._book.submissions(connection, version=version, submitted=submitted)

    def _begin(self, connection: Connection) -> None:
        wanted = None if self._year is None else [(self._party, self._year)]
        self._book = Book(known(connection), wanted, self._party)
        self._void = void(connection)
        self.position = log_position(connection)
        self._last = self.position.decisions - 1
        self._left.extend(years_of_record(connection) if self._year is None else [self._year])
