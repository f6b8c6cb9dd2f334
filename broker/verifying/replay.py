# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plays the recorded messages into an empty database, decision by decision, at their own times.

The statements are made again with the ids they had; where the same rulebook is in force they come
to the very same bytes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select

from broker.clearing.decision.books import NotLoaded
from broker.clearing.decision.desk import Charter, Desk
from broker.clearing.decision.rows import MessageRow
from broker.clearing.decision.statements import Findings
from broker.clearing.path.decide import Decided, decide
from broker.clearing.path.fault import CODE, tells_fault
from broker.clearing.path.gate import OPERATOR_NODE, Gate, at_once
from broker.clearing.path.received import Received
from broker.clearing.transactions.expire import expire
from broker.regime.regime import Needs
from broker.regime.regimes import Regimes
from broker.reports.snapshot import snapshot
from broker.store import decoding, genesis, log_head, messages, nodes
from broker.store import schema as s
from broker.store.archived import whole
from broker.store.genesis import Network
from broker.store.loading import Loader
from broker.store.writing import Expected, write
from itmo import limits
from itmo.clock import from_ms
from itmo.identifiers import NodeId
from itmo.keys import Keyring
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import keys_of
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement
from itmo.runtime.db.undamaged import undamaged

_LEAVES: Final = (
    "SELECT l.log_index, l.transaction_id, l.decided_at, m.message_id, m.sender_node,"
    " m.sender_sequence, m.kind, m.payload, m.payload_hash, m.keyids, m.signatures, m.log_index"
    " FROM log_leaf l LEFT JOIN message m ON m.message_id = l.message_id"
    " WHERE l.log_index >= ? ORDER BY l.log_index"
)
_STATEMENT_IDS: Final = "SELECT statement_id FROM statement WHERE sequence > ? ORDER BY sequence"
_LAST_STATEMENT: Final = "SELECT coalesce(max(sequence), 0) FROM statement"
# By their own ids: no index leads from messages to transactions, and each message would look at all of them.
_T: Final = s.transaction.c
_LIFETIME: Final = Statement(
    select(func.max(_T.deadline - _T.proposed_at)).where(
        _T.transaction_id.in_(keys_of()), _T.message_id == bindparam("of_message")
    )
)
_TELLING_FAULT: Final = (
    "SELECT kind, payload, payload_hash, log_index FROM statement"
    " WHERE causation_id = ? AND (instr(payload, ?) > 0 OR length(payload) = 0)"
)
_CATALOGUES: Final = "SELECT digest FROM catalogue"
_VERDICT: Final = "SELECT payload_hash FROM statement WHERE causation_id = ? AND kind = 'verdict'"
_NAME_VERDICT: Final = "UPDATE transaction_record SET verdict_hash = ? WHERE message_id = ?"
_FIRST_KEYS: Final = (
    f"SELECT {', '.join(s.key.c.keys())} FROM key"  # noqa: S608  # names of our own schema
    " WHERE node IN (?, ?) AND registered_index IS NULL ORDER BY keyid"
)


_CHANGE_KEYS: Final = frozenset({PayloadKind.KEY_STATEMENT, PayloadKind.NODE_STATEMENT})
"""Messages after which others may verify that did not before, or no longer: each ends a group."""
_ALONE: Final = frozenset({PayloadKind.RECONCILIATION_STATEMENT.value})
"""Messages that are decided by themselves."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A decision of the record; without a message a time-out."""

    log_index: int
    transaction_id: str | None
    decided_at: int
    message: MessageRow | None

    @property
    def moment(self) -> int | None:
        """What leaves that are played together have in common; None where it is played alone."""
        return self.decided_at if self.message is not None else None


@dataclass(frozen=True, slots=True)
class ReplayFault:
    """Where a recorded message does not lead to a decision."""

    log_index: int
    found: str


TURN: Final = 2_000
"""Decisions played from one state of the database, some seconds. As long as one is looked at, what changes there is kept for it:
the log of a file grows, and a server passes rows that are gone at every search (decision 0035)."""


class _RecordedIds:
    """Gives out the statement ids of the record, in their order."""

    def __init__(self, ids: Iterator[str]) -> None:
        self._ids = ids
        self._given: list[str] = []
        self._next = 0

    def uuid7(self, now: datetime) -> str:  # noqa: ARG002  # an IdSource
        if self._next == len(self._given):
            self._given.append(next(self._ids, "00000000-0000-7000-8000-000000000000"))
        self._next += 1
        return self._given[self._next - 1]

    def keep(self) -> None:
        """What was given out until now is not given out again."""
        del self._given[: self._next]
        self._next = 0

    def again(self) -> None:
        """Begins anew with what was given out since it was last kept."""
        self._next = 0


def play_in_turns(
    stored: Connection, fresh: Connection, regimes: Regimes, progress: Callable[[int], None]
) -> None:
    """Plays what is decided until then, so many decisions from one state of the record and then from a later one.

    The record is only added to. What cannot be made again is left to whoever plays on.
    """
    fault, played = None, TURN
    while fault is None and played >= TURN:
        before = log_head.log_size(fresh)
        with snapshot(stored):
            fault = Replay(stored, fresh, regimes).run(progress, most=TURN)
        played = log_head.log_size(fresh) - before


class Replay:
    """One replay from a stored database into another one, which goes on where that one ends.

    An empty one has the schema; any other was made by a replay of the same record.
    """

    def __init__(self, stored: Connection, fresh: Connection, regimes: Regimes) -> None:
        self._stored = stored
        self._fresh = fresh
        known = genesis.read_network(stored)
        if known is None:
            raise ValueError("the database was never founded")
        self.network: Network = known
        own = stored.execute(_FIRST_KEYS, (known.broker_node, OPERATOR_NODE)).fetchall()
        # Revocations of own keys are statements too; they are played again.
        first = [replace(decoding.key(row), revoked_at=None, revoked_index=None) for row in own]
        genesis.found(fresh, known, first)
        self._since = log_head.log_size(fresh)
        self._gate = Gate(known.network_id, known.broker_node, regimes)
        self._charter = Charter(
            known.network_id,
            known.broker_node,
            limits.DEFAULT_TRANSACTION_LIFETIME,
            Findings(),
            regimes,
        )
        (made,) = fresh.execute(_LAST_STATEMENT).fetchone()
        self._ids = _RecordedIds(row[0] for row in in_portions(stored, _STATEMENT_IDS, (made,)))
        kept = {digest for (digest,) in stored.execute(_CATALOGUES)}
        self._by_others = not kept <= {each.digest for each in regimes}
        self._loader = Loader(fresh, regimes)
        self._keyring = Keyring(nodes.keys(fresh))

    def run(
        self, progress: Callable[[int], None], *, together: int = 1, most: int | None = None
    ) -> ReplayFault | None:
        """Plays every decision; stops at the first that cannot be made again.

        Args:
            progress: Called with the number of decisions played.
            most: How many at most, or as many more as belong to the last group; None: all.
            together: How many messages of one moment are judged as one group, at most. Whatever it
                is, the same bytes come of them.
        """
        for leaves in self._groups(together):
            try:
                fault = self._play(leaves)
            except ProtocolError as error:
                fault = error.message
            except (KeyError, sqlite3.Error) as error:
                if undamaged(error):
                    raise
                fault = f"the decision cannot be made again: {error}"
            if fault:
                return ReplayFault(leaves[0].log_index, fault)
            progress(leaves[-1].log_index + 1)
            if most is not None and leaves[-1].log_index + 1 >= self._since + most:
                break
        return None

    def _groups(self, together: int) -> Iterator[list[_Leaf]]:
        """The record in groups of messages of one moment; time-outs are groups of their own."""
        group: list[_Leaf] = []
        for row in in_portions(self._stored, _LEAVES, (self._since,)):
            message = self._message(row[3:]) if row[3] is not None else None
            leaf = _Leaf(row[0], row[1], row[2], message)
            alone = message is not None and message.kind in _ALONE
            if group and (alone or leaf.moment is None or leaf.moment != group[0].moment):
                yield group
                group = []
            group.append(leaf)
            if alone or message is None or len(group) == together or message.kind in _CHANGE_KEYS:
                yield group
                group = []
        if group:
            yield group

    def _message(self, row: decoding.Row) -> MessageRow:
        """A recorded message, from its archive file where it is in one."""
        found = decoding.message(row)
        if found.payload:
            return found
        signed = whole(self._stored, found.payload, found.payload_hash, found.log_index)
        return replace(found, payload=signed)

    def _play(self, leaves: Sequence[_Leaf]) -> str:
        group = []
        now = from_ms(leaves[0].decided_at)
        for message in (leaf.message for leaf in leaves if leaf.message is not None):
            faulted = self._was_fault(message.message_id)
            group.append(replace(self._reread(message, now), faulted=faulted))
        due = None if group else leaves[0].transaction_id
        desk, fault = self._decided(group, due, now, Needs())
        if fault:
            return fault
        world = desk.world
        desk.effects.units = world.units.changes()
        self._fresh.execute("BEGIN")
        expected = Expected()
        write(self._fresh, world, desk.effects, expected)
        expected.check()
        for received in group:
            if self._by_others and received.proposed:
                self._keep_named(received.header.message_id)
        self._fresh.execute("COMMIT")
        self._ids.keep()
        if desk.effects.keys:
            self._keyring = Keyring(nodes.keys(self._fresh))
        return ""

    def _decided(
        self, group: Sequence[Received], due: str | None, now: datetime, besides: Needs
    ) -> tuple[Desk, str]:
        """The desk after the decisions, and why one was not made; empty: all were."""
        # The deadline of the query lies in the past: time-outs are leaves of their own here.
        world = self._loader.load(group, self.network.broker_node, -1, also=due, besides=besides)
        desk = Desk(self._charter, world, self._ids, now)
        try:
            for received in group:
                desk.charter = self._charter_of(received)
                decision = decide(desk, received)
                if not isinstance(decision, Decided):
                    name = received.header.message_id
                    return desk, f"message {name} is not decided on: {decision}"
        except NotLoaded as missing:
            if missing.needs.within(besides):
                raise
            besides.update(missing.needs)
            self._ids.again()
            return self._decided(group, due, now, besides)
        if due is not None:
            expire(desk, due)
        return desk, ""

    def _keep_named(self, message_id: str) -> None:
        """Answers name the verdict as it was signed; behind one of another catalogue none made here is it."""
        for (digest,) in self._stored.execute(_VERDICT, (message_id,)).fetchall():
            self._fresh.execute(_NAME_VERDICT, (digest, message_id))

    def _was_fault(self, message_id: str) -> bool:
        """Whether the record says that judging the message had failed; then it is not tried again."""
        names = (message_id, CODE.encode())
        return any(
            tells_fault(PayloadKind(kind), whole(self._stored, *said))
            for kind, *said in self._stored.execute(_TELLING_FAULT, names)
        )

    def _charter_of(self, received: Received) -> Charter:
        """The lifetime that was the setting then; a changed deadline shows in the verdict."""
        if not received.proposed:
            return self._charter
        names = json.dumps([each.transaction_id for each in received.proposed])
        asked = {"wanted": names, "of_message": received.header.message_id}
        row = self._stored.execute(_LIFETIME, asked).fetchone()
        if row[0] is None:
            return self._charter
        return replace(self._charter, transaction_lifetime=timedelta(milliseconds=row[0]))

    def _reread(self, row: MessageRow, now: datetime) -> Received:
        """Verifies a recorded message as the gate did."""
        envelope = messages.envelope(row.kind, row.payload, row.keyids, row.signatures)
        return at_once(
            self._gate.admit(envelope, NodeId(row.sender_node), self._keyring, now, recorded=True)
        )
