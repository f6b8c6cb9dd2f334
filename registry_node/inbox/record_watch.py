# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""At each new contact: whether the broker's record holds what this node was told of it.

The node states how far it has read its mailbox, with the digest that came with it, and compares its
own chain of messages with the broker's. A broker that was restored from an older copy cannot pass,
whatever it has recorded since. Until it does, nothing is applied and nothing is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import bindparam

from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import BrokerLink, Cursor, SenderStanding
from registry_node.commands.trip import Trip
from registry_node.damage import damaged
from registry_node.inbox.opening import claimed_header
from registry_node.inbox.own_messages import OwnMessages, check_follows
from registry_node.outbox import items
from registry_node.store.database import node_state
from registry_node.store.rows import NodeStateRow
from registry_node.store.tables import DELIVERIES, NODE_STATE
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)
_DELIVERY: Final = DELIVERIES.select(DELIVERIES.table.c.sequence == bindparam("sequence"))


def cursor_at(trip: Trip, sequence: int) -> Cursor:
    """Returns a place in the mailbox that was read, as it is stated to the broker.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED; the delivery is not stored.
    """
    if sequence == 0:
        return Cursor()
    row = _DELIVERY.first(trip.db, sequence=sequence)
    if row is None:
        raise damaged(f"delivery {sequence} is not stored, though it was taken")
    return Cursor(sequence, row.digest)


def cursor(trip: Trip) -> Cursor:
    """Returns how far the mailbox was read."""
    return cursor_at(trip, node_state(trip.db).cursor)


class RecordWatch:
    """Compares once for each contact; whoever talks to the broker asks it first."""

    def __init__(self, work: Work, link: BrokerLink, own: OwnMessages) -> None:
        self._work = work
        self._link = link
        self._own = own
        self._met = False
        self._reach = 0
        self._told_of = 0
        self._turn = asyncio.Lock()

    def lost(self) -> None:
        """Says that the contact was lost: another broker may answer next."""
        self._met = False

    @property
    def met(self) -> bool:
        """Whether it was compared in this contact, and nothing differs."""
        return self._met

    async def meet(self) -> None:
        """Compares, unless that was done in this contact.

        Raises:
            ProtocolError: RECORD_DIFFERS, when the record does not hold what was told; an alarm says so
                once. Why the broker cannot be asked.
        """
        async with self._turn:
            if self._met:
                return
            try:
                await self._link.fetch(await self._work.read(cursor), 1, 0)
                await self._compare_chain()
            except ProtocolError as error:
                if error.reason is Reason.RECORD_DIFFERS:
                    await self._tell(error.message)
                raise
            if (await self._work.read(_state)).record_fault:
                _log.info("record_holds_again")
                await self._work.run(lambda trip: _note(trip, ""))
            self._met = True

    async def behind(self) -> bool:
        """Says whether the broker has recorded own messages that are not back in this store yet."""
        return (await self._work.read(_state)).recorded_sequence < self._reach

    async def _compare_chain(self) -> None:
        self._own.forget()
        state = await self._work.read(_state)
        standing = await self._link.sender_standing()
        recorded = standing.next_sequence - 1
        if recorded < state.recorded_sequence or (
            recorded == state.recorded_sequence
            and standing.previous_payload_hash != state.recorded_hash
        ):
            raise _lacking(standing, state)
        self._reach = 0
        if recorded == state.recorded_sequence:
            return
        first = next(iter(await self._link.own_messages(state.recorded_sequence)), None)
        if first is None:
            raise _lacking(standing, state)
        check_follows(claimed_header(first), state.recorded_sequence, state.recorded_hash)
        named = hashlib.sha256(first.payload).digest()
        if await self._work.read(lambda trip: items.was_signed(trip, named)):
            return  # sent, and the answer was lost: it is sent again
        self._reach = recorded
        if recorded > self._told_of:
            self._told_of = recorded
            await self._work.run(lambda trip: _alarm_of_copy(trip, recorded))

    async def _tell(self, found: str) -> None:
        if not (await self._work.read(_state)).record_fault:
            _log.error("record_differs", found=found)
            await self._work.run(lambda trip: _note(trip, found))


def _state(trip: Trip) -> NodeStateRow:
    return node_state(trip.db)


def _note(trip: Trip, found: str) -> None:
    state = node_state(trip.db)
    NODE_STATE.replace(trip.db, replace(state, record_fault=found))
    if found:
        trip.alarm(
            Reason.RECORD_DIFFERS,
            f"{found}. Nothing is applied or sent until it holds again. If its operator has put an older"
            " copy in place and nothing newer exists, stop the node and run `registry-node record"
            " --accept-loss`.",
        )


def _alarm_of_copy(trip: Trip, recorded: int) -> None:
    known = node_state(trip.db).recorded_sequence
    trip.alarm(
        Reason.SEQUENCE_USED,
        f"the broker has recorded {recorded} messages of this node, {known} are known here: the store"
        " was restored from an older copy, or a second instance signs for this node. The others are"
        " taken back in with the decisions on them; until then nothing is sent.",
    )


def _lacking(standing: SenderStanding, state: NodeStateRow) -> ProtocolError:
    recorded = standing.next_sequence - 1
    what = f"holds another message {recorded} of this node than it acknowledged"
    if recorded < state.recorded_sequence:
        what = f"holds {recorded} messages of this node, of the {state.recorded_sequence} it acknowledged"
    elif recorded > state.recorded_sequence:
        what = f"says it holds {recorded} messages of this node, and does not hand them out"
    return ProtocolError(
        Reason.RECORD_DIFFERS,
        f"the broker's record {what}: an older copy was put in place",
        found=state.recorded_sequence,
        last_sequence=recorded,
    )
