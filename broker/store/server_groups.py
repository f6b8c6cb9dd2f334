# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The store port of the command path on a PostgreSQL server: the same group, and what a server adds.

Two transactions can be in each other's way, a connection can be lost, and a commit can go unanswered.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from broker.clearing.path.group import Judged
from broker.clearing.path.port import NO_NOTES, Judge, Notes, Outcome
from broker.clearing.path.received import Received
from broker.regime.regimes import Regimes
from broker.store import ahead
from broker.store.fence import Decider
from broker.store.sqlite_groups import WHATEVER, Most, SqliteGroupStore
from broker.store.writing import Expected, write
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.outages import (
    CommitUnknown,
    ConnectionLost,
    NoRoom,
    NotAsLoaded,
    TooLong,
    TryAgain,
)
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.thread import Database, DatabaseThread
from itmo.runtime.outage import Outage
from itmo.runtime.turns import SHORT_TURNS

T = TypeVar("T")

_TRIES: Final = 8
"""Transactions that are in each other's way take turns long before."""
_JITTER_MS: Final = 50
_MAKE_ROOM: Final = "make room on the database server"


class ServerThread(DatabaseThread[PostgresConnection]):
    """A connection to a server on a thread of its own. While it is lost, callers are sent away.

    Args:
        connection: The connection.
        name: Of the thread.
        most_ms: After which the server gives a statement up; 0: never.
    """

    def __init__(self, connection: PostgresConnection, name: str, most_ms: int = 0) -> None:
        super().__init__(connection, name)
        self._most_ms = most_ms
        self._full = _full()

    async def run(self, work: Callable[[PostgresConnection], T]) -> T:
        """Returns what `work` returns for the connection, or raises what it raises.

        Raises:
            ProtocolError: DATABASE_UNREACHABLE: nothing came of it, the same may be asked again.
                QUESTION_TOO_DEAR: the server gave it up.
        """
        return await super().run(lambda connection: self._reached(work, connection))

    def _reached(
        self, work: Callable[[PostgresConnection], T], connection: PostgresConnection
    ) -> T:
        try:
            done = work(connection)
        except TooLong as error:
            raise ProtocolError(
                Reason.QUESTION_TOO_DEAR,
                f"the answer takes the broker's database more than {self._most_ms} ms; ask for less",
                limit=self._most_ms,
            ) from error
        except ConnectionLost as error:
            if isinstance(error, NoRoom):
                self._full.lasts(error=str(error), advice=_MAKE_ROOM)
            raise ProtocolError(
                Reason.DATABASE_UNREACHABLE,
                "The broker cannot reach its database; it connects again by itself.",
            ) from error
        self._full.is_over()
        return done


class ServerGroupStore(SqliteGroupStore):
    """Decides groups on the one connection that may."""

    _catalogues = 0
    """How many programs had brought when it was looked which of them bind."""
    _session: object = None
    """The connection that what is remembered was read through."""

    def __init__(
        self, runner: Database, broker_node: str, rehearsing: Database, regimes: Regimes
    ) -> None:
        super().__init__(runner, broker_node, rehearsing, regimes)
        self._full = _full()

    async def decide(
        self,
        group: Sequence[Received],
        judge: Judge,
        now: datetime,
        notes: Notes = NO_NOTES,
        turns: Sequence[int] | None = None,
    ) -> Outcome:
        """See broker.clearing.path.port.GroupStore; all of it on the thread: statements wait for the server.

        Behind each wait the interpreter is asked for anew, of a loop that else keeps it for five milliseconds.
        """
        picked = [(place, group[place]) for place in turns or range(len(group))]

        def settled(connection: Connection) -> Outcome:
            with SHORT_TURNS:
                return self._settled(connection, picked, judge, now, notes)

        return await self._runner.run(settled)

    async def may_be_due(self, now: datetime) -> bool:  # noqa: ARG002 - of the port
        """Always: a group of nobody also tells whether the server is there, and whether this broker still may decide."""
        return True

    def _decide(
        self,
        connection: Connection,
        picked: Sequence[tuple[int, Received]],
        judge: Judge,
        now: datetime,
        notes: Notes,
        most: Most = WHATEVER,
    ) -> Outcome:
        if isinstance(connection, Decider):
            connection.first = ahead.of_group(picked, self._regimes)
        return super()._decide(connection, picked, judge, now, notes, most)

    def _settled(
        self,
        connection: Connection,
        picked: Sequence[tuple[int, Received]],
        judge: Judge,
        now: datetime,
        notes: Notes,
    ) -> Outcome:
        for tried in range(1, _TRIES + 1):
            try:
                outcome = self._decide(connection, picked, judge, now, notes)
                self._commit(connection, outcome)
            except (TryAgain, TooLong) as error:
                # Deciding has no time limit: somebody had the server cancel it.
                if tried == _TRIES:
                    raise ConnectionLost(str(error)) from error
                pause = random.randrange(_JITTER_MS * tried)  # noqa: S311 - no secret
                time.sleep(timedelta(milliseconds=pause).total_seconds())
            except NoRoom as error:
                # Told here: what only reads on this connection goes on, and would say that it is over.
                self._full.lasts(error=str(error), advice=_MAKE_ROOM)
                raise ConnectionLost(str(error)) from error
            else:
                if picked or notes is not NO_NOTES:
                    self._full.is_over()
                return outcome
        raise AssertionError("unreachable")

    def _begin(self, connection: Connection) -> None:
        super()._begin(connection)
        if not isinstance(connection, Decider):
            return
        if connection.catalogues != self._catalogues:
            self._catalogues, self._outdated = connection.catalogues, None
        if connection.raw is not self._session:
            # Another server perhaps, which never had what was read of the last: it is read anew.
            self._session = connection.raw
            self._loaders.pop(connection, None)

    def _write(self, connection: Connection, judged: Judged, notes: Notes) -> None:
        """Writes and commits, in one trip."""
        if not isinstance(connection, Decider):
            super()._write(connection, judged, notes)
            return
        expected = Expected()
        try:
            with connection.committing():
                write(connection, judged.world, judged.effects, expected)
                self._note(connection, notes)
        except NotAsLoaded:
            expected.check()
            raise
        except CommitUnknown as error:
            # What it wrote is decided and is answered, or nothing is and it is decided anew.
            if not connection.committed():
                raise TryAgain(str(error)) from error

    def _end(self, connection: Connection) -> None:
        if not isinstance(connection, Decider):
            super()._end(connection)


def _full() -> Outage:
    return Outage("database_full", "database_works")
