# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Takes deliveries from the mailbox: verify, apply in one transaction with the cursor, acknowledge.

When the directory cannot be asked for a key, a delivery waits. When a delivery does not verify, it
is kept in quarantine with an alarm and the cursor moves on, so that one bad delivery stops nothing;
those of its statements that do verify are applied all the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from itmo.clearing.v1 import delivery_service_pb2
from itmo.envelope import Envelope
from itmo.payloads import KIND_OF_LABEL, STATEMENTS, PayloadKind, from_proto, to_proto
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import BrokerLink, Delivery
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.health import Health
from registry_node.inbox.apply import apply
from registry_node.inbox.catalogues import Catalogues
from registry_node.inbox.directory import Directory
from registry_node.inbox.opening import Opener, Spoken, Statement
from registry_node.inbox.own_messages import OwnMessages, take_back
from registry_node.inbox.pinning import pinned_rows, with_rows
from registry_node.inbox.reconciled import asks_for_books, state_books
from registry_node.inbox.record_watch import RecordWatch, cursor, cursor_at
from registry_node.outbox import items
from registry_node.proposals.policy import AcceptancePolicy
from registry_node.store.database import node_state
from registry_node.store.rows import DeliveryRow, DeliveryState
from registry_node.store.tables import DELIVERIES, NODE_STATE
from registry_node.work import Work

_QUARANTINED: Final = DELIVERIES.select(
    DELIVERIES.table.c.state == DeliveryState.QUARANTINED, order=DELIVERIES.table.c.sequence
)
_log: Final = structlog.get_logger(__name__)
_FETCH: Final = 64
LONG_POLL_MS: Final = 20_000
_CREDIT: Final = 256
_CONTEXT: Final = frozenset({PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH, PayloadKind.VERDICT})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery, opened as far as it verifies.

    Attributes:
        own: Own messages that this store lacks, up to the one that a statement decides on.
    """

    delivery: Delivery
    statements: tuple[Statement, ...]
    spoken: tuple[Spoken, ...]
    own: tuple[Spoken, ...]
    faults: tuple[ProtocolError, ...]


class OutOfOrder(Exception):  # noqa: N818 - not a mishap of ours: fetch again from the cursor
    """A delivery is missing before this one."""


class Receiver:
    """The one task that reads the mailbox."""

    def __init__(
        self,
        work: Work,
        link: BrokerLink,
        opener: Opener,
        directory: Directory,
        policy: AcceptancePolicy,
        health: Health,
        own: OwnMessages,
        record_watch: RecordWatch,
        asked: Callable[[], None],
    ) -> None:
        self._catalogues = Catalogues(work, link)
        self._work = work
        self._link = link
        self._opener = opener
        self._directory = directory
        self._policy = policy
        self._health = health
        self._own = own
        self._record_watch = record_watch
        self._asked = asked

    async def cursor(self) -> int:
        """Returns the last delivery applied."""
        return await self._work.read(lambda trip: node_state(trip.db).cursor)

    async def pump(self) -> int:
        """Fetches and applies everything there is; returns the number of deliveries applied.

        Raises:
            ProtocolError: BROKER_UNREACHABLE, or what else the broker answered.
        """
        applied = await self._drained()
        self._health.succeeded()
        return applied

    async def _drained(self) -> int:
        applied = 0
        await self._record_watch.meet()
        while taken := await self._fetched(0):
            self._health.got_a_page()
            applied += taken
        return applied + await self._take_back()

    async def poll(self, wait_ms: int = LONG_POLL_MS) -> None:
        """Applies what there is; where there is nothing, wait a while for it.

        Raises:
            ProtocolError: BROKER_UNREACHABLE, or what else the broker answered.
        """
        if not await self._drained() and wait_ms:
            await self._fetched(wait_ms)

    async def _fetched(self, wait_ms: int) -> int:
        at = await self._work.read(cursor)
        return await self._take_all(await self._link.fetch(at, _FETCH, wait_ms))

    async def _take_back(self) -> int:
        """Takes own messages back in that no delivery brought: the one about them does not verify."""
        taken = 0
        while await self._record_watch.behind():
            missing = await self._own.following()
            if not missing:
                break
            await self._work.run(lambda trip, said=missing: _take_own(trip, said))  # type: ignore[misc]
            taken += len(missing)
        return taken

    async def follow(self) -> None:
        """Applies deliveries from a stream until it ends.

        Raises:
            ProtocolError: BROKER_UNREACHABLE, or what else the broker answered.
        """
        try:
            at = await self._work.read(cursor)
            async for delivery in self._link.subscribe(at, _CREDIT):
                if await self.take(delivery):
                    await self._link.acknowledge(delivery.sequence)
        except OutOfOrder:
            _log.warning("delivery_out_of_order")

    async def _take_all(self, deliveries: Sequence[Delivery]) -> int:
        applied = 0
        for delivery in deliveries:
            try:
                applied += await self.take(delivery)
            except OutOfOrder:
                _log.warning("delivery_out_of_order", sequence=delivery.sequence)
                break
        if applied:
            await self._link.acknowledge(await self.cursor())
        return applied

    async def take(self, delivery: Delivery) -> bool:
        """Applies one delivery; False when it was applied before.

        Raises:
            OutOfOrder: One before it is missing.
            ProtocolError: The broker could not be asked for a key or for the context.
        """
        cursor = await self.cursor()
        if delivery.sequence <= cursor:
            return False
        if delivery.sequence > cursor + 1:
            raise OutOfOrder
        prepared = await self._prepare(delivery)
        await self._catalogues.keep(prepared.statements)
        faults = await self._work.run(lambda trip: _store(trip, prepared, self._policy))
        for fault in faults:
            _log.error("delivery_quarantined", sequence=delivery.sequence, reason=fault.reason)
        if any(map(asks_for_books, prepared.statements)):
            self._asked()
        await self._repin(prepared)
        return True

    async def _repin(self, prepared: Prepared) -> None:
        """The next delivery may be signed with a key of the broker that this one told of."""
        if any(each.kind is PayloadKind.KEY_STATEMENT for each in prepared.spoken):
            await self.pin()

    async def pin(self) -> None:
        """Takes up the keys of the broker that statements told of."""
        rows = await self._work.read(pinned_rows)
        ring, broker = self._opener.broker_keys, self._opener.identity.broker_node
        self._opener.broker_keys = with_rows(ring, rows, broker)

    async def retry_quarantined(self) -> int:
        """Tries quarantined deliveries again, in order; returns how many verify now.

        A key of the broker may have been pinned meanwhile, or a counterparty's registered; or the
        broker has signed its statements again, after it was started with a wrong key.

        Raises:
            ProtocolError: The broker could not be asked for a key or for the context.
        """
        cleared = 0
        for row in await self._work.read(lambda trip: _QUARANTINED.all(trip.db)):
            prepared = await self._prepare(_delivery_of(row))
            if prepared.faults:
                prepared = await self._fetched_again(prepared)
            cleared += await self._work.run(
                lambda trip, row=row, prepared=prepared: _apply_late(  # type: ignore[misc]
                    trip, row, prepared, self._policy
                )
            )
            await self._repin(prepared)
        return cleared

    async def _fetched_again(self, kept: Prepared) -> Prepared:
        """The same delivery as the broker hands it out now, where that says the same."""
        sequence = kept.delivery.sequence
        at = await self._work.read(lambda trip: cursor_at(trip, sequence - 1))
        for delivery in await self._link.fetch(at, 1, 0):
            said = [each.payload for each in delivery.envelopes]
            if delivery.sequence == sequence and said == [
                each.payload for each in kept.delivery.envelopes
            ]:
                return await self._prepare(delivery)
        return kept

    async def _prepare(self, delivery: Delivery) -> Prepared:
        envelopes = [*await self._context(delivery), *delivery.envelopes]
        said = [envelope for envelope in envelopes if not _is_statement(envelope)]
        keyring = await self._directory.keyring_for(said)
        statements: list[Statement] = []
        spoken: list[Spoken] = []
        faults: list[ProtocolError] = []
        for envelope in envelopes:
            if _is_statement(envelope):
                try:
                    statements.append(self._opener.statement(envelope))
                except ProtocolError as error:
                    faults.append(error)
        for envelope in said:
            try:
                # The broker took it in at the time it states, so that is when the key counted.
                at = statements[0].header.creation_time if statements else None
                if at is None:
                    raise _unaccompanied()
                spoken.append(self._opener.spoken(envelope, keyring, at))
            except ProtocolError as error:
                faults.append(error)
        own = await self._missing_own(statements, spoken, faults)
        return Prepared(delivery, tuple(statements), tuple(spoken), own, tuple(faults))

    async def _missing_own(
        self,
        statements: Sequence[Statement],
        spoken: Sequence[Spoken],
        faults: list[ProtocolError],
    ) -> tuple[Spoken, ...]:
        """Own messages that statements decide on and that this store does not know, in their order."""
        brought = {each.payload_hash for each in spoken}
        for statement in statements:
            named = statement.message_hash
            if not statement.header.causation_id or named in brought:
                continue
            if await self._work.read(lambda trip, named=named: items.was_signed(trip, named)):  # type: ignore[misc]
                continue
            try:
                return await self._own.following(named)
            except ProtocolError as error:
                if error.retryable or error.reason is Reason.RECORD_DIFFERS:
                    raise
                faults.append(error)
        return ()

    async def _context(self, delivery: Delivery) -> Sequence[Envelope]:
        """Proposal and verdict of a transaction that this store has never seen, or has lost."""
        name = delivery.transaction_id
        brought = {KIND_OF_LABEL.get(envelope.payload_type) for envelope in delivery.envelopes}
        if not name or PayloadKind.RECEIPT not in brought or PayloadKind.VERDICT in brought:
            return ()
        if await self._work.read(lambda trip: trip.transaction(name)) is not None:
            return ()
        try:
            told = await self._link.transaction(name)
        except ProtocolError as error:
            if error.retryable:
                raise
            return ()
        return [each for each in told if KIND_OF_LABEL.get(each.payload_type) in _CONTEXT]


def _delivery_of(row: DeliveryRow) -> Delivery:
    raw = decoded(delivery_service_pb2.Delivery, row.raw or b"")
    return Delivery(
        row.sequence,
        row.transaction_id,
        tuple(from_proto(each) for each in raw.envelopes),
        row.digest,
    )


def _is_statement(envelope: Envelope) -> bool:
    return KIND_OF_LABEL.get(envelope.payload_type) in STATEMENTS


def _unaccompanied() -> ProtocolError:
    return ProtocolError(
        Reason.SIGNATURE_MISSING,
        "a counterparty's message came without a valid statement of the broker",
        where="delivery",
    )


def _store(trip: Trip, prepared: Prepared, policy: AcceptancePolicy) -> tuple[ProtocolError, ...]:
    """One transaction: the effects of a delivery, its proofs, and the cursor."""
    delivery = prepared.delivery
    state = node_state(trip.db)
    if delivery.sequence != state.cursor + 1:
        return ()  # another task applied it meanwhile
    _take_own(trip, prepared.own)
    state = node_state(trip.db)
    # First, so that an answer which is queued by it counts as said after it.
    NODE_STATE.replace(trip.db, replace(state, cursor=delivery.sequence))
    faults = _apply_all(trip, prepared, policy)
    if not faults:
        for statement in prepared.statements:
            state_books(trip, statement)
    _record(trip, delivery, faults)
    return tuple(faults)


def _take_own(trip: Trip, missing: Sequence[Spoken]) -> None:
    known = node_state(trip.db).recorded_sequence
    for said in missing:
        if said.header.sender_sequence > known:
            take_back(trip, said)


def _apply_all(trip: Trip, prepared: Prepared, policy: AcceptancePolicy) -> list[ProtocolError]:
    """Applies every statement that fits; one that does not leaves no trace but its fault."""
    faults = list(prepared.faults)
    sequence = prepared.delivery.sequence
    for statement in prepared.statements:
        trip.db.execute("SAVEPOINT statement")
        try:
            apply(trip, statement, prepared.spoken, policy, sequence)
        except ProtocolError as error:
            trip.db.execute("ROLLBACK TO statement")
            faults.append(error)
        except sqlite3.IntegrityError as error:
            trip.db.execute("ROLLBACK TO statement")
            faults.append(ProtocolError(Reason.LEDGER_AUDIT_FAILED, f"the store refused: {error}"))
        trip.db.execute("RELEASE statement")
    if not prepared.delivery.envelopes:
        faults.append(_unaccompanied())
    return faults


def _apply_late(trip: Trip, row: DeliveryRow, prepared: Prepared, policy: AcceptancePolicy) -> bool:
    """Applies a delivery out of quarantine, if all of it verifies now."""
    _take_own(trip, prepared.own)
    if _apply_all(trip, prepared, policy):
        return False
    applied = replace(
        row,
        state=DeliveryState.APPLIED,
        code="",
        found="",
        raw=None,
        applied_after=node_state(trip.db).cursor,
    )
    DELIVERIES.replace(trip.db, applied)
    return True


def _record(trip: Trip, delivery: Delivery, faults: Sequence[ProtocolError]) -> None:
    raw = delivery_service_pb2.Delivery(
        sequence=delivery.sequence,
        transaction_id=delivery.transaction_id,
        envelopes=[to_proto(envelope) for envelope in delivery.envelopes],
    )
    DELIVERIES.insert(
        trip.db,
        DeliveryRow(
            sequence=delivery.sequence,
            transaction_id=delivery.transaction_id,
            received_at=trip.now_ms,
            state=DeliveryState.QUARANTINED if faults else DeliveryState.APPLIED,
            code=faults[0].reason if faults else "",
            found=faults[0].message if faults else "",
            raw=raw.SerializeToString() if faults else None,
            digest=delivery.digest,
        ),
    )
    for fault in faults:
        trip.alarm(
            fault.reason,
            fault.message,
            transaction_id=delivery.transaction_id,
            delivery=delivery.sequence,
        )
