# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions: one per node, in sequence, within the credit that the node granted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from broker.clearing.path import cost
from broker.clearing.path.house import ClearingHouse, MailboxEntry
from itmo import limits
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError, Reason

MAX_SENT_AT_ONCE: Final = 16
"""Deliveries in one frame; with the size limit below a frame stays within a message."""
MAX_FRAME_BYTES: Final = 2 * 1024 * 1024
"""Half of what a server may send: a frame ends early rather than being refused."""

LOOK_AGAIN: Final = timedelta(seconds=15)
"""A subscription that nothing wakes looks into its mailbox so often: what wakes it is a hint, and may be lost."""


@dataclass(slots=True)
class Grant:
    """What a subscriber has granted and acknowledged so far."""

    cursor: int
    credit: int
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    superseded: bool = False
    closed: bool = False
    """The node closed its side, or said something invalid."""

    def add_credit(self, credit: int) -> None:
        """Grants more.

        Raises:
            ProtocolError: CREDIT_INVALID, past the most that may be in flight.
        """
        if not credit >= 0 or self.credit + credit > limits.MAX_CREDIT:
            raise ProtocolError(
                Reason.CREDIT_INVALID,
                f"{credit} more credit makes {self.credit + credit};"
                f" at most {limits.MAX_CREDIT} deliveries may be in flight",
                found=self.credit + credit,
                limit=limits.MAX_CREDIT,
            )
        self.credit += credit
        self.changed.set()


class Subscriptions:
    """The open subscriptions of all nodes."""

    def __init__(self, house: ClearingHouse, stopping: asyncio.Event) -> None:
        self._house = house
        self._stopping = stopping
        self._open: dict[NodeId, Grant] = {}
        self._told: Callable[[NodeId, bool], None] = lambda *_: None

    def tell(self, told: Callable[[NodeId, bool], None]) -> None:
        """From now on somebody hears of each subscription that begins (true) or ends."""
        self._told = told

    def connected(self, node: str) -> bool:
        """True while a node has a subscription."""
        return node in self._open

    async def open(self, node: NodeId, cursor: int, digest: bytes, credit: int) -> Grant:
        """Opens a node's subscription and ends the one it had.

        Raises:
            ProtocolError: RECORD_DIFFERS, PAYLOAD_INVALID, CURSOR_INVALID or CREDIT_INVALID.
        """
        standing = await self._house.check_cursor(node, cursor, digest)
        if cursor < standing.acknowledged_sequence:
            raise ProtocolError(
                Reason.CURSOR_INVALID,
                f"the cursor is {cursor}; deliveries up to {standing.acknowledged_sequence} were"
                " acknowledged: fetch them, or subscribe from there",
                found=cursor,
                acknowledged_sequence=standing.acknowledged_sequence,
                last_sequence=standing.last_sequence,
            )
        grant = Grant(cursor, 0)
        if credit < 1:
            raise ProtocolError(
                Reason.CREDIT_INVALID,
                "the first frame grants at least 1 credit",
                found=credit,
                limit=limits.MAX_CREDIT,
            )
        grant.add_credit(credit)
        self.supersede(node)
        self._open[node] = grant
        self._told(node, True)
        return grant

    def supersede(self, node: NodeId) -> None:
        """Ends a node's subscription, because it has another one now."""
        before = self._open.get(node)
        if before is not None:
            before.superseded = True
            before.changed.set()

    def close(self, node: NodeId, grant: Grant) -> None:
        """Forgets a subscription that ended."""
        if self._open.get(node) is grant:
            del self._open[node]
            self._told(node, False)

    async def deliveries(
        self,
        node: NodeId,
        grant: Grant,
        admitted: Callable[[], object],
        out_of_debt: Callable[[str], Awaitable[None]],
    ) -> AsyncIterator[tuple[MailboxEntry, ...]]:
        """Frames of deliveries, in sequence, as credit allows, until the node closes its side.

        Each is paid by the node, like an answer to a call.

        Args:
            node: Whose mailbox.
            grant: What the subscriber grants.
            admitted: Raises when the subscriber is not admitted any more.
            out_of_debt: Waits while a node owes too much.

        Raises:
            ProtocolError: SUBSCRIPTION_SUPERSEDED or SHUTTING_DOWN; what `admitted` raises.
        """
        mail = self._house.mail_event(node)
        while not grant.closed:
            self._check(node, grant)
            admitted()
            mail.clear()
            grant.changed.clear()
            entries: list[MailboxEntry] = []
            if grant.credit:
                await out_of_debt(node)
                most = min(grant.credit, MAX_SENT_AT_ONCE)
                entries = await self._house.deliveries(node, grant.cursor, most)
            if not entries:
                await wait_any(mail, grant.changed, self._stopping, longest=LOOK_AGAIN)
                continue
            frame = within_size(entries)
            grant.cursor = frame[-1].sequence
            grant.credit -= len(frame)
            self._house.pay(node, cost_of(frame))
            yield frame

    def _check(self, node: NodeId, grant: Grant) -> None:
        if grant.superseded:
            raise ProtocolError(
                Reason.SUBSCRIPTION_SUPERSEDED,
                "another subscription of this node took over",
                node=node,
            )
        if self._stopping.is_set():
            raise ProtocolError(Reason.SHUTTING_DOWN, "the broker is shutting down; connect again")


async def gathered(
    house: ClearingHouse, node: NodeId, cursor: int, most: int
) -> tuple[MailboxEntry, ...]:
    """The next deliveries, as many as fit into a frame: read in parts, and no further."""
    entries: list[MailboxEntry] = []
    while len(entries) < most:
        part = min(most - len(entries), MAX_SENT_AT_ONCE)
        found = await house.deliveries(node, cursor, part)
        entries += found
        if len(found) < part or len(within_size(entries)) < len(entries):
            break
        cursor = found[-1].sequence
    return within_size(entries)


def cost_of(entries: Sequence[MailboxEntry]) -> int:
    """What handing deliveries out costs."""
    return sum(cost.handed_out(each.envelopes) for each in entries)


def within_size(entries: list[MailboxEntry]) -> tuple[MailboxEntry, ...]:
    """As many leading entries as fit into a frame, at least one."""
    size, count = 0, 0
    for entry in entries:
        size += sum(len(envelope.payload) for envelope in entry.envelopes)
        if count and size > MAX_FRAME_BYTES:
            break
        count += 1
    return tuple(entries[:count])


async def wait_any(*events: asyncio.Event, longest: timedelta | None = None) -> None:
    """Waits until one of the events is set, or the time is up."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(
            waits,
            timeout=longest.total_seconds() if longest else None,
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        for wait in waits:
            wait.cancel()
