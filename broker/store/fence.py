# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who writes to a database on a server: one row that each transaction takes first, and counts in.

Every decision goes into one log, so two transactions that decide could never run beside each other
anyway; the row `decider` is the lock that they take first, and the only one that they ever wait for.
Who takes it sees everything that was decided before, whichever process decided it. Its columns:

- `turns` counts the transactions that wrote, and `holder` names the process of the last one. After a
  commit whose outcome is not known they say whether it happened. What a process remembers from one
  transaction to the next is what messages say, which nobody changes: it need not know who wrote meanwhile. On a
  new connection it remembers nothing: a server that took over may lack what was read of the last one.
- `epoch` grows when a process takes the database for itself. A process of an earlier epoch is fenced off:
  its next transaction is refused, whatever it still believes.
- `catalogues` counts the catalogues of rulebooks that programs brought: who finds more than it knew looks
  whether a later one than its own is in force.
- `needs` is the oldest version of the schema that a process has to know, since something was taken away from
  the tables. One that does not know it is fenced off just so, however long it was asleep.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import psycopg

from broker.store.migrate import SCHEMA
from broker.store.standing import DECIDES
from itmo.reasons import Reason
from itmo.runtime.db.connection import Question
from itmo.runtime.db.in_use import InUse
from itmo.runtime.db.outages import CommitUnknown, ConnectionLost
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.postgres_trips import Cursor
from itmo.runtime.db.server import open_server

_KEY: Final = 0x69746D6F
"""The advisory lock of a broker that has the database for itself: the letters itmo."""
_NAME: Final = "SELECT set_config('application_name', %s, false)"
_HOLD: Final = "SELECT pg_try_advisory_lock(%s)"
_LOOK: Final = "SELECT epoch, turns, holder, needs, catalogues FROM decider FOR UPDATE"
_TURN: Final = "UPDATE decider SET turns = turns + 1, holder = %s"
_NEXT_EPOCH: Final = "UPDATE decider SET epoch = epoch + 1 RETURNING epoch"
_EPOCH: Final = "SELECT epoch FROM decider"
_BARRIER: Final = "UPDATE decider SET turns = turns"
_RESOLVE_SECONDS: Final = 120
"""How long it is tried to find out what became of a commit; a failover takes about twenty."""
_PAUSE: Final = timedelta(milliseconds=250)
_GOING: Final = timedelta(seconds=1)
"""Who has ended a moment ago is given up by the server when it notices, some milliseconds later under load."""
_GOING_PAUSE: Final = timedelta(milliseconds=20)


class FencedOff(Exception):  # noqa: N818 - a standing, not a mistake
    """Another process has taken the database for itself; this one must not go on."""


class Decider(PostgresConnection):
    """The connection that decides.

    Attributes:
        process: The name of this process among those that decide.
        first: What is asked in the trip that begins the next transaction, behind the lock.
        knows: The newest schema version that the program knows.
        catalogues: How many catalogues programs had brought when the transaction began.
    """

    def __init__(self, connection: PostgresConnection, *, alone: bool) -> None:
        super().__init__(connection.dial)
        self.process = secrets.token_hex(8)
        self._alone = alone
        self._epoch: int | None = None
        self._turn = 0
        info = self.raw.info
        self._shown = f"{info.dbname} on {info.host}"
        self.first: Sequence[Question] = ()
        self.knows = SCHEMA.newest
        self.catalogues = 0
        self.opens = self._open
        self.again = self._hold

    def take(self) -> None:
        """Takes the database, once its tables are there: for itself, where it is to be alone.

        Raises:
            InUse: Another broker has it, or had it: where its machine was lost, its session stays for a while.
        """
        try:
            self._hold(_GOING)
        except ConnectionLost as error:
            raise InUse(
                Reason.DATABASE_UNREACHABLE, str(error), setting="database.url", found=self._shown
            ) from error
        self._epoch = self.raw.execute(_NEXT_EPOCH if self._alone else _EPOCH).fetchone()[0]  # type: ignore[index]  # one row

    def committed(self) -> bool:
        """Whether the transaction happened whose commit was not answered; it is safe then.

        Raises:
            CommitUnknown: It cannot be found out.
        """
        until = time.monotonic() + _RESOLVE_SECONDS
        while True:
            try:
                self.reconnect()
                with self.told():
                    # Waits for what an earlier connection may still be doing.
                    self.raw.execute("BEGIN")
                    _, turns, holder, *_ = self.raw.execute(_LOOK).fetchone() or (0, 0, "")
                    self.raw.execute(_BARRIER)
                self.commit()
            except (ConnectionLost, CommitUnknown) as error:
                if time.monotonic() > until:
                    raise CommitUnknown(str(error)) from error
                time.sleep(_PAUSE.total_seconds())
                continue
            return (turns, holder) == (self._turn, self.process)

    def _hold(self, within: timedelta = timedelta(0)) -> None:
        self.raw.execute(_NAME, (f"{DECIDES}{self.process}",))
        until = time.monotonic() + within.total_seconds()
        while self._alone and self.raw.execute(_HOLD, (_KEY,)).fetchone() != (True,):
            if time.monotonic() < until:
                time.sleep(_GOING_PAUSE.total_seconds())
                continue
            self._check_epoch()
            self.raw.close()
            # Perhaps by this one, before its connection was lost: it has to be tried again.
            raise ConnectionLost(
                f"The database {self._shown} is in use by another broker; stop that one first."
            )

    def _check_epoch(self) -> None:
        if self._epoch is None:
            return
        ((epoch,),) = self.raw.execute(_EPOCH)
        if epoch != self._epoch:
            raise FencedOff(f"the database is in epoch {epoch}, this process in {self._epoch}")

    def _open(self) -> None:
        if self._epoch is None:
            self._begin()
            return
        asked, self.first = self.first, ()
        try:
            looked = self._begun(asked)
        except psycopg.DataError:  # a value of a message; it shows where that one is judged
            self._undo()
            looked = self._begun(())
        epoch, turns, _, needs, self.catalogues = looked.fetchone() or (0, 0, "", "", 0)
        if epoch != self._epoch:
            self._undo()
            raise FencedOff(f"the database is in epoch {epoch}, this process in {self._epoch}")
        if needs > self.knows:
            self._undo()
            raise FencedOff(
                f"something was taken from the tables that this process uses: it knows schema version"
                f" {self.knows}, {needs} is needed; start the later version of the program"
            )
        self._turn = turns + 1

    def _undo(self) -> None:
        self._answered.clear()
        self.trips.ask("ROLLBACK")

    def _begun(self, asked: Sequence[Question]) -> Cursor:
        """Begins, takes the row and asks, in one trip: each statement sees what is committed when it runs."""
        with self.trips.trip():
            self._begin()
            looked = self.trips.ask(_LOOK)
            self.trips.ask(_TURN, (self.process,))
            self._ask(asked)
        return looked


def open_decider(url: str, *, alone: bool = True) -> Decider:
    """Opens a database on a server for deciding; `take` comes once its tables are there.

    Args:
        url: Where it is.
        alone: Whether no other process may decide meanwhile.

    Raises:
        ProtocolError: as `open_server`.
    """
    connection = open_server(url, "writer", reads=False)
    try:
        return Decider(connection, alone=alone)
    finally:
        connection.close()
