# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Own messages that the broker has recorded and this store lacks: it was restored from an older copy.

They are asked for in their order, verified like any message, and taken back in where the decision on
them is applied, so that the books become what they had been.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from google.protobuf.message import Message
from sqlalchemy import bindparam

from itmo.clock import to_ms
from itmo.core.v1 import proposal_pb2
from itmo.envelope import Envelope
from itmo.ids import minted_ms
from itmo.payloads import Header, PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import BrokerLink
from registry_node.commands.queued import RECEIVERS, queued_before
from registry_node.commands.trip import Trip, from_ms
from registry_node.damage import decoded
from registry_node.inbox.directory import Directory
from registry_node.inbox.opening import Opener, Spoken, claimed_header
from registry_node.outbox import items
from registry_node.store.database import node_state
from registry_node.store.rows import ItemRow, ItemStatus, SignedRow
from registry_node.store.tables import ITEMS, SIGNED
from registry_node.work import Work

_ANSWERING: Final = ITEMS.select(ITEMS.table.c.item_id == bindparam("item_id"))
ANSWERS: Final = frozenset(
    {
        PayloadKind.ACCEPTANCE,
        PayloadKind.REJECTION,
        PayloadKind.COMPLETION,
        PayloadKind.WITHDRAWAL,
        *items.BATCHED_ANSWERS,
    }
)


class OwnMessages:
    """Asks the broker for what this node said and does not know any more."""

    def __init__(self, work: Work, link: BrokerLink, opener: Opener, directory: Directory) -> None:
        self._work = work
        self._link = link
        self._opener = opener
        self._directory = directory
        self._page: deque[Spoken] = deque()

    def forget(self) -> None:
        """Asks anew: the broker may be another one."""
        self._page.clear()

    async def following(self, payload_hash: bytes | None = None) -> tuple[Spoken, ...]:
        """Returns the own messages that follow the last one known here to be recorded.

        Args:
            payload_hash: The last one wanted; None: all that go into one answer.

        Returns:
            Nothing where there is no such message.

        Raises:
            ProtocolError: RECORD_DIFFERS, when the broker's chain does not go on from the one that is
                known here; why the broker cannot be asked; why a message does not verify.
        """
        state = await self._work.read(lambda trip: node_state(trip.db))
        sequence, before = state.recorded_sequence, state.recorded_hash
        while self._page and self._page[0].header.sender_sequence <= sequence:
            self._page.popleft()
        if not self._page or self._page[0].header.sender_sequence != sequence + 1:
            self._page.clear()
        found: list[Spoken] = []
        while True:
            if len(found) == len(self._page):
                asked = await self._link.own_messages(sequence)
                if not asked:
                    break
                self._page.extend(await self._opened(asked))
            said = self._page[len(found)]
            check_follows(said.header, sequence, before)
            found.append(said)
            sequence, before = said.header.sender_sequence, said.payload_hash
            if said.payload_hash == payload_hash:
                return tuple(found)
            if payload_hash is None and len(found) == len(self._page):
                return tuple(found)
        return () if payload_hash is not None else tuple(found)

    async def _opened(self, envelopes: tuple[Envelope, ...]) -> list[Spoken]:
        keyring = await self._directory.keyring_for(envelopes)
        opened = []
        for envelope in envelopes:
            said = self._opener.spoken(envelope, keyring, claimed_header(envelope).creation_time)
            if said.header.sender_node != self._opener.identity.node:
                raise ProtocolError(
                    Reason.SENDER_MISMATCH,
                    f"the broker hands out a message of {said.header.sender_node} as this node's own",
                    found=said.header.sender_node,
                    expected=self._opener.identity.node,
                )
            opened.append(said)
        return opened


def check_follows(header: Header, sequence: int, before: bytes) -> None:
    """Looks whether an own message follows another one in the chain.

    Raises:
        ProtocolError: RECORD_DIFFERS.
    """
    if (header.sender_sequence, header.previous_payload_hash) != (sequence + 1, before):
        raise ProtocolError(
            Reason.RECORD_DIFFERS,
            f"the broker's record of this node's own messages does not go on from message {sequence} as"
            " it is known here: an older copy was put in place, there or here; see chapter 14 of protocol.md",
            found=sequence,
            last_sequence=header.sender_sequence - 1,
        )


def take_back(trip: Trip, said: Spoken) -> None:
    """Takes an own message back in: the outbox and the books are as if it had been sent from here."""
    header = said.header
    made = minted_ms(header.message_id)
    item = items.find_item(trip, header.message_id)
    if item is None:
        item = _taken_back(trip, said, made)
        item = replace(item, item_id=ITEMS.insert(trip.db, item))
        if item.kind in RECEIVERS:
            _give_way(trip, item)
        queued_before(replace(trip, now=from_ms(made)), item)
    envelope = said.envelope
    if all(each.payload_hash != said.payload_hash for each in items.versions(trip, item)):
        SIGNED.insert(
            trip.db,
            SignedRow(
                payload_hash=said.payload_hash,
                item_id=item.item_id or 0,
                version=len(items.versions(trip, item)) + 1,
                sender_sequence=header.sender_sequence,
                keyid=items.envelope_of(envelope).signatures[0].keyid,
                envelope=envelope,
                signed_at=to_ms(header.creation_time),
            ),
        )
    items.recorded(trip, item.message_id, said.payload_hash)


def _taken_back(trip: Trip, said: Spoken, made: int) -> ItemRow:
    return ItemRow(
        message_id=said.header.message_id,
        kind=said.kind,
        body=body_of(said),
        transaction_id=subject_of(said.kind, body_of(said)),
        status=ItemStatus.SIGNED,
        created_at=made,
        changed_at=trip.now_ms,
        after_delivery=node_state(trip.db).cursor,
    )


def _give_way(trip: Trip, item: ItemRow) -> None:
    """An answer that the restored store has queued anew has no place beside the one recorded."""
    for name in items.transactions_of(item):
        row = trip.transaction(name)
        if row is None or row.answer_item is None:
            continue
        anew = _ANSWERING.first(trip.db, item_id=row.answer_item)
        if anew is not None and anew.status is ItemStatus.QUEUED:
            found = f"the broker has recorded an earlier answer of this node, {item.message_id}"
            items.refuse(trip, anew, Reason.ALREADY_EXISTS, found)


def body_of(said: Spoken) -> bytes:
    """A message as the outbox holds it: without its header."""
    body: Message = type(said.message)()
    body.CopyFrom(said.message)
    body.ClearField("header")
    return body.SerializeToString()


def subject_of(kind: PayloadKind, body: bytes) -> str | None:
    """The transaction that a message is about, where it is about exactly one."""
    if kind is PayloadKind.PROPOSAL:
        return decoded(proposal_pb2.Proposal, body).transaction.transaction_id
    if kind in ANSWERS - items.BATCHED_ANSWERS:
        # All four have the transaction as a field of the same name and number.
        return decoded(proposal_pb2.Acceptance, body).transaction_id
    return None
