# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The store port of the command path on SQLite: one group, one trip, one commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from broker.clearing.decide import Decided, Replayed
from broker.clearing.desk import from_ms, to_ms
from broker.clearing.group import Judged
from broker.clearing.port import NO_NOTES, Answered, Judge, Notes, Outcome
from broker.clearing.received import Received
from broker.clearing.rows import StatementRow
from broker.ledger.units import LedgerInvariantBroken
from broker.store import statements as st
from broker.store.loading import Loader
from broker.store.writing import write
from itmo.runtime.db.thread import Database

MAX_EVENTS_KEPT: Final = 100_000
"""Refusals kept for the operator: a node that only sends refuse cannot fill the disk."""


class SqliteGroupStore:
    """Decides groups on one writer connection."""

    def __init__(self, runner: Database, broker_node: str) -> None:
        self._runner = runner
        self._broker_node = broker_node
        self._loader: Loader | None = None

    async def decide(
        self,
        group: Sequence[Received],
        judge: Judge,
        now: datetime,
        notes: Notes = NO_NOTES,
        *,
        keep: bool = True,
    ) -> Outcome:
        """See broker.clearing.port.GroupStore."""
        return await self._runner.run(
            lambda connection: self._decide(connection, group, judge, now, notes, keep=keep)
        )

    def _decide(
        self,
        connection: sqlite3.Connection,
        group: Sequence[Received],
        judge: Judge,
        now: datetime,
        notes: Notes,
        *,
        keep: bool,
    ) -> Outcome:
        if self._loader is None:
            self._loader = Loader(connection)
        connection.execute("BEGIN IMMEDIATE")
        try:
            last = connection.execute(st.LAST_LEAF).fetchone()
            # Cut to milliseconds, as stored: a replay from the record must come to the same bytes.
            moment = from_ms(max(to_ms(now), last[1] if last else 0))
            world = self._loader.load(group, self._broker_node, to_ms(moment))
            judged = judge(world, group, moment)
            answered = self._answers(connection, judged)
            if keep:
                write(connection, world, judged.effects)
                self._note(connection, notes)
            connection.execute("COMMIT" if keep else "ROLLBACK")
        except sqlite3.IntegrityError as error:
            connection.execute("ROLLBACK")
            raise LedgerInvariantBroken(f"a constraint of the database fired: {error}") from error
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return Outcome(answered, judged)

    @staticmethod
    def _note(connection: sqlite3.Connection, notes: Notes) -> None:
        """Keeps signatures, and of events the newest MAX_EVENTS_KEPT."""
        if notes.signatures:
            connection.executemany(
                st.ADD_SIGNATURE.sql,
                [(s.statement_id, s.keyid, s.signature) for s in notes.signatures],
            )
        if notes.refused:
            connection.executemany(
                st.ADD_REFUSED.sql,
                [
                    (r.refused_at, r.caller, r.reason, r.found, r.payload_hash)
                    for r in notes.refused
                ],
            )
            connection.execute(st.DROP_REFUSED, {"kept": MAX_EVENTS_KEPT})

    @staticmethod
    def _answers(connection: sqlite3.Connection, judged: Judged) -> tuple[Answered, ...]:
        made: dict[str | None, list[StatementRow]] = {}
        for statement in judged.effects.statements:
            made.setdefault(statement.causation_id, []).append(statement)
        answered = []
        for decision in judged.decisions:
            if isinstance(decision, Decided):
                answered.append(Answered(decision.statements, replayed=False))
            elif isinstance(decision, Replayed):
                rows = made.get(decision.message_id) or [
                    StatementRow(*row)
                    for row in connection.execute(
                        st.STATEMENTS_ABOUT, {"message_id": decision.message_id}
                    )
                ]
                answered.append(Answered(tuple(rows), replayed=True))
            else:
                answered.append(Answered((), replayed=False, refusal=decision))
        return tuple(answered)
