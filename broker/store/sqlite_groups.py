# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The store port of the command path on SQLite: one group, one trip, one commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeGuard

from broker.clearing.decision.books import NotLoaded
from broker.clearing.decision.desk import Abandoned
from broker.clearing.decision.rows import StatementRow
from broker.clearing.path import cost
from broker.clearing.path.aside import Aside, TimeoutFault
from broker.clearing.path.decide import Decided, Replayed
from broker.clearing.path.fault import MessageFault
from broker.clearing.path.group import Judged
from broker.clearing.path.port import NO_NOTES, Answered, Judge, Notes, Outcome
from broker.clearing.path.received import Received
from broker.ledger.units import LedgerInvariantBroken
from broker.regime.regime import Needs
from broker.regime.regimes import Regimes
from broker.store import decoding
from broker.store import sql as st
from broker.store.archived import statement_whole
from broker.store.catalogues import outdated_from, refuse_outdated
from broker.store.loading import MAX_DUE, Loader
from broker.store.timekeeping import earliest_decision
from broker.store.writing import Expected, write
from itmo.clock import from_ms, to_ms
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.in_use import is_locked, locked
from itmo.runtime.db.sqlite import note_head
from itmo.runtime.db.thread import Database
from itmo.runtime.outage import Outage
from itmo.runtime.turns import SHORT_TURNS

MAX_EVENTS_KEPT: Final = 100_000
"""Refusals kept for the operator: nodes that only send refuse cannot fill the disk."""
MAX_EVENTS_KEPT_OF_NODE: Final = 10_000
"""Of one caller: its refusals do not push out those of the others."""

TRIM_EVERY: Final = 1_000
"""Refusals after which all of them are counted, which takes some milliseconds."""
_MAX_LOADS: Final = 8
"""Times that one group is loaded: once, and again for what its own decisions made necessary, which is
once for a message that is judged by itself, and in a batch once for each host whose entities act."""

SHORT: Final = 30_000
"""Cost of a group that is judged on the thread of the event loop, where all else waits for it meanwhile.

It is about half of that in processor time. What is dearer is judged on the database's thread: then
the loop has the interpreter's lock in turns with it."""
LONG: Final = 40_000
"""Cost at which a group leaves the loop's thread again, once the stored pieces that it crosses are counted:
a message does not say how many they are. In ordinary groups they are less than a tenth, so that these are loaded once."""


class _Long(Exception):  # noqa: N818  # no error: somebody else takes it on
    """A group that began on the loop's thread costs more than LONG; nothing of it is written."""


@dataclass(frozen=True, slots=True)
class Most:
    """What one look at a group takes on.

    Attributes:
        due: Time-outs that are ended with it.
        cost: Cost of what is weighed; None where it may be as dear as it is.
    """

    due: int = MAX_DUE
    cost: int | None = None


WHATEVER: Final = Most()


class SqliteGroupStore:
    """Decides groups on one writer connection, and rehearses on another one."""

    def __init__(
        self, runner: Database, broker_node: str, rehearsing: Database, regimes: Regimes
    ) -> None:
        self._runner = runner
        self._regimes = regimes
        self._rehearsing = rehearsing
        self._broker_node = broker_node
        self._untrimmed = TRIM_EVERY
        self._locked = Outage("database_locked", "database_works")
        self.aside = Aside()
        self._not_rehearsed = Aside()
        self._loaders: dict[Connection, Loader] = {}
        self._outdated: dict[str, int] | None = None

    async def decide(
        self,
        group: Sequence[Received],
        judge: Judge,
        now: datetime,
        notes: Notes = NO_NOTES,
        turns: Sequence[int] | None = None,
    ) -> Outcome:
        """See broker.clearing.path.port.GroupStore."""
        picked = [(place, group[place]) for place in turns or range(len(group))]

        def shortly(connection: Connection) -> Outcome:
            return self._decide(connection, picked, judge, now, notes, Most(cost=LONG))

        if sum(map(cost.known, group)) <= SHORT:
            with suppress(_Long):
                return await self._runner.settle(shortly, self._commit)

        def settled(connection: Connection) -> Outcome:
            with SHORT_TURNS:
                outcome = self._decide(connection, picked, judge, now, notes)
            self._commit(connection, outcome)
            return outcome

        return await self._runner.run(settled)

    async def may_be_due(self, now: datetime) -> bool:
        """See broker.clearing.path.port.GroupStore."""

        def found(connection: Connection) -> bool:
            try:
                moment = self._moment(connection, now)
                due = self._loader(connection).first_due(moment, self.aside.waiting(now))
            except sqlite3.OperationalError as error:
                self._refuse_if_locked(error)
                raise
            return due is not None

        return await self._runner.run(found)

    async def rehearse(self, received: Received, judge: Judge, now: datetime) -> Outcome:
        """See broker.clearing.path.port.GroupStore."""

        def rehearsed(connection: Connection) -> Outcome:
            with SHORT_TURNS:
                return self._rehearse(connection, received, judge, now)

        return await self._rehearsing.run(rehearsed)

    def _decide(
        self,
        connection: Connection,
        picked: Sequence[tuple[int, Received]],
        judge: Judge,
        now: datetime,
        notes: Notes,
        most: Most = WHATEVER,
    ) -> Outcome:
        """Judges and writes; to be committed, unless it raises."""
        aside = self.aside.waiting(now)
        self._begin(connection)
        try:
            outcome = self._judged(connection, picked, judge, now, aside, most)
            self._write(connection, outcome.judged, notes)
        except sqlite3.IntegrityError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise _broken(error) from error
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not _of_one_message(error):
                raise
            if picked:
                raise MessageFault(None, error) from error
            if most.due > 1:  # one of those that are due; which one shows when each ends alone
                return self._decide(connection, picked, judge, now, notes, replace(most, due=1))
            name = self._loader(connection).first_due(self._moment(connection, now), aside)
            if name is None:
                raise
            raise TimeoutFault(name, error) from error
        return outcome

    def _write(self, connection: Connection, judged: Judged, notes: Notes) -> None:
        expected = Expected()
        write(connection, judged.world, judged.effects, expected)
        self._note(connection, notes)
        expected.check()

    def _commit(self, connection: Connection, outcome: Outcome) -> None:
        try:
            self._end(connection)
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                raise _broken(error) from error
            raise
        for name in outcome.judged.effects.transactions:
            self.aside.forget(name)
        if outcome.judged.effects.leaves:
            # After the commit and before any answer: what was answered and is gone must show.
            newest = outcome.judged.effects.leaves[-1]
            note_head(connection, newest.log_index + 1, newest.leaf_hash)

    def _begin(self, connection: Connection) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            self._refuse_if_locked(error)
            raise
        self._locked.is_over()

    def _refuse_if_locked(self, error: sqlite3.OperationalError) -> None:
        if is_locked(error):
            self._locked.lasts(advice="end the other program; `fuser` names it")
            raise locked() from error

    def _end(self, connection: Connection) -> None:
        connection.execute("COMMIT")

    def _rehearse(
        self, connection: Connection, received: Received, judge: Judge, now: datetime
    ) -> Outcome:
        connection.execute("BEGIN")  # takes no lock: all is read as of the first query
        try:
            while True:
                aside = self._not_rehearsed.waiting(now)
                try:
                    return self._judged(connection, [(0, received)], judge, now, aside)
                except TimeoutFault as fault:  # told where it counts
                    self._not_rehearsed.put(fault, now)
        except Exception as error:
            if _of_one_message(error):
                raise MessageFault(0, error) from error
            raise
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _judged(
        self,
        connection: Connection,
        picked: Sequence[tuple[int, Received]],
        judge: Judge,
        now: datetime,
        aside: frozenset[str],
        most: Most = WHATEVER,
    ) -> Outcome:
        loader = self._loader(connection)
        now_ms = self._moment(connection, now)
        moment = from_ms(now_ms)
        if picked:  # what is due ends alike under any catalogue
            if self._outdated is None:
                self._outdated = outdated_from(connection, self._regimes)
            refuse_outdated(self._outdated, moment)
        weighed = sorted(loader.weighed(picked), key=lambda each: each.place)
        if most.cost is not None and sum(each.cost for each in weighed) > most.cost:
            raise _Long
        besides = Needs()
        try:
            for _ in range(_MAX_LOADS):
                taken = [each.received for each in weighed]
                world = loader.load(
                    taken, self._broker_node, now_ms, None, aside, most.due, besides
                )
                try:
                    judged = judge(world, taken, moment)
                    break
                except NotLoaded as missing:
                    # What is before it is decided without it; where it is first it gets what it needs.
                    if missing.place:
                        weighed = weighed[: missing.place]
                    else:
                        besides.update(missing.needs)
            else:
                raise MessageFault(0, RuntimeError("what it needs grows with every look"))
        except Abandoned as gone:
            gone.cost = sum(each.cost for each in weighed)
            raise
        except MessageFault as fault:
            if fault.place is not None:
                fault.place = weighed[fault.place].place
            raise
        costs = tuple(each.cost for each in weighed)
        places = tuple(each.place for each in weighed)
        return Outcome(self._answers(connection, judged), judged, places, costs)

    def _loader(self, connection: Connection) -> Loader:
        loader = self._loaders.get(connection)
        if loader is None:
            loader = self._loaders[connection] = Loader(connection, self._regimes)
        return loader

    @staticmethod
    def _moment(connection: Connection, now: datetime) -> int:
        """Cut to milliseconds, as stored: a replay from the record must come to the same bytes."""
        return max(to_ms(now), earliest_decision(connection))

    def _note(self, connection: Connection, notes: Notes) -> None:
        """Keeps signatures, and of events the newest, of each caller and in all."""
        st.ADD_SIGNATURE.many(connection, notes.signatures)
        if notes.refused:
            st.ADD_REFUSED.many(connection, notes.refused)
            for caller in {refused.caller for refused in notes.refused}:
                kept = {"of_caller": caller, "kept": MAX_EVENTS_KEPT_OF_NODE}
                connection.execute(st.DROP_REFUSED_OF, kept)
            self._untrimmed += len(notes.refused)
            if self._untrimmed >= TRIM_EVERY:
                self._untrimmed = 0
                connection.execute(st.DROP_REFUSED, {"kept": MAX_EVENTS_KEPT})

    @staticmethod
    def _answers(connection: Connection, judged: Judged) -> tuple[Answered, ...]:
        made: dict[str | None, list[StatementRow]] = {}
        for statement in judged.effects.statements:
            made.setdefault(statement.causation_id, []).append(statement)
        answered = []
        for decision in judged.decisions:
            if isinstance(decision, Decided):
                answered.append(Answered(decision.statements, replayed=False))
            elif isinstance(decision, Replayed):
                try:
                    rows = made.get(decision.message_id) or _recorded(connection, decision)
                except ProtocolError as archived:
                    answered.append(Answered((), replayed=True, refusal=archived))
                    continue
                answered.append(Answered(tuple(rows), replayed=True))
            else:
                answered.append(Answered((), replayed=False, refusal=decision))
        return tuple(answered)


def _recorded(connection: Connection, decision: Replayed) -> list[StatementRow]:
    """What was said of a message before; raises as `archived.whole`."""
    about = {"message_id": decision.message_id}
    return [
        statement_whole(connection, decoding.statement(row))
        for row in connection.execute(st.STATEMENTS_ABOUT, about)
    ]


def _broken(error: sqlite3.IntegrityError) -> LedgerInvariantBroken:
    return LedgerInvariantBroken(f"a constraint of the database fired: {error}")


def _of_one_message(error: BaseException) -> TypeGuard[Exception]:
    """Whether one message of the group made it, and not the engine, nor the group as a whole."""
    if isinstance(error, sqlite3.Error):  # these two: a value that cannot be bound
        return isinstance(error, sqlite3.DataError | sqlite3.InterfaceError)
    known = ProtocolError | LedgerInvariantBroken | MessageFault | TimeoutFault | Abandoned | _Long
    return isinstance(error, Exception) and not isinstance(error, known)
