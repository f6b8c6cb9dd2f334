# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A clearing-house in a few hundred lines: real signatures, chains and mailboxes, no rules.

It judges every proposal valid unless told otherwise. What the node must survive is injected: calls
that fail before or after the message was recorded, forged statements, deliveries out of order.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from google.protobuf.message import Message

from itmo import limits
from itmo.clock import FakeClock
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.deliveries import NO_DELIVERY, delivery_digest
from itmo.envelope import Envelope, open_envelope, seal
from itmo.identifiers import MessageId, NetworkId, NodeId, RegistryId
from itmo.ids import SeededIds
from itmo.keys import KeyPurpose, Keyring, MemorySigner, PublicKey, Signer
from itmo.lifecycle import State, TerminationCause
from itmo.node_kinds import NodeKind
from itmo.payloads import (
    EVERY_SIDE,
    Header,
    PayloadKind,
    decode,
    kind_of,
    read_header,
    write_header,
)
from itmo.reasons import ProtocolError, Reason
from itmo.receipts import share
from itmo.serials import SerialRange
from itmo.timestamps import timestamp
from registry_node.broker_link import (
    Answer,
    Cursor,
    Delivery,
    NetworkInfo,
    SenderStanding,
    one_by_one,
)
from registry_node.identity import Identity
from registry_node.paris.rules import PARIS
from registry_node.proposals.policy import AcceptancePolicy
from registry_node.service import RegistryNode
from registry_node.store.database import Store

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC))
NETWORK = NetworkId("itmo-test")
HUB = NodeId("hub")
ANSWERS = {
    PayloadKind.ACCEPTANCE: State.COMPLETED,
    PayloadKind.REJECTION: State.REJECTED,
    PayloadKind.COMPLETION: State.COMPLETED,
    PayloadKind.WITHDRAWAL: State.TERMINATED,
    PayloadKind.ACCEPTANCE_BATCH: State.COMPLETED,
    PayloadKind.REJECTION_BATCH: State.REJECTED,
}
BATCHES = frozenset({PayloadKind.ACCEPTANCE_BATCH, PayloadKind.REJECTION_BATCH})


def acting(proposed: proposal_pb2.ProposedTransaction) -> list[units_pb2.UnitBlock]:
    return [each for each in proposed.blocks if each.role != units_pb2.UNIT_ROLE_NAMED]


def signer_of(name: str) -> MemorySigner:
    return MemorySigner.from_seed(hashlib.sha256(name.encode()).digest())


def public_key(node: str, signer: Signer, purpose: KeyPurpose) -> PublicKey:
    return PublicKey(signer.keyid, NodeId(node), purpose, signer.public_key, *EVER)


BROKER_KEY = public_key(HUB, signer_of(HUB), KeyPurpose.SIGN_RECEIPT)


def catalogue_of(check_id: str) -> bytes:
    """A rulebook of one check."""
    check = {"check_id": check_id, "severity": "ERROR", "citation": "6/CMA.4 annex I para 5"}
    return json.dumps({"checks": [check]}).encode()


@dataclass
class Traded:
    proposed: proposal_pb2.ProposedTransaction
    proposer: str
    receiver: str | None
    state: State
    proposal: Envelope
    proposal_hash: bytes
    verdict_hash: bytes = b""
    answer_hash: bytes = b""
    closing_hash: bytes = b""
    cause: TerminationCause | None = None
    told: list[Envelope] = field(default_factory=list)


class BrokerDouble:
    """The clearing-house of a test network."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.signer: Signer = signer_of(HUB)
        self.ids = SeededIds(1)
        self.node_of: dict[str, str] = {}
        self.keys: dict[str, list[PublicKey]] = defaultdict(list)
        self.recorded: dict[str, tuple[bytes, tuple[Envelope, ...]]] = {}
        self.chains: dict[str, tuple[int, bytes]] = defaultdict(lambda: (1, b""))
        self.mailboxes: dict[str, list[Delivery]] = defaultdict(list)
        self.acknowledged: dict[str, int] = defaultdict(int)
        self.traded: dict[str, Traded] = {}
        self.issued: dict[str, list[units_pb2.UnitBlock]] = defaultdict(list)
        self.catalogues: dict[bytes, bytes] = {}
        self.refusal: Reason | None = None
        self.invalid: str = ""
        self.no_effect: str = ""
        self.other_units = False
        self.restated: list[decision_pb2.RecordedUnits] = []
        self.submitted: list[Envelope] = []
        self.said: dict[str, list[Envelope]] = defaultdict(list)
        self.listeners: list[asyncio.Event] = []

    def admit(self, node: str, *registries: str) -> None:
        self.node_of.update(dict.fromkeys(registries, node))
        self.keys[node] = [public_key(node, signer_of(node), KeyPurpose.SIGN_MESSAGE)]

    def submit(self, node: str, envelope: Envelope) -> Answer:
        self.submitted.append(envelope)
        kind = kind_of(envelope.payload_type)
        message = decode(kind, envelope.payload)
        opened = open_envelope(
            envelope, Keyring(self.keys[node]), self.clock.now(), KeyPurpose.SIGN_MESSAGE
        )
        header = read_header(message.header)  # type: ignore[attr-defined]
        known = self.recorded.get(header.message_id)
        if known is not None:
            if known[0] == opened.payload_hash:
                return Answer(known[1], replayed=True)
            raise ProtocolError(Reason.MESSAGE_ID_REUSED, "other bytes under this id")
        self._check(node, header)
        if self.refusal is not None:
            raise ProtocolError(self.refusal, "it is not taken in")
        self.chains[node] = (header.sender_sequence + 1, opened.payload_hash)
        self.said[node].append(envelope)
        answers = self._decide(node, kind, message, envelope, opened.payload_hash, header)
        self.recorded[header.message_id] = (opened.payload_hash, tuple(answers))
        return Answer(tuple(answers), replayed=False)

    def _check(self, node: str, header: Header) -> None:
        if abs(header.creation_time - self.clock.now()) > limits.CLOCK_TOLERANCE:
            raise ProtocolError(Reason.CLOCK_SKEW, "set the clock")
        if header.expire_time is None or self.clock.now() >= header.expire_time:
            raise ProtocolError(Reason.MESSAGE_EXPIRED, "sign again")
        expected, previous = self.chains[node]
        if header.sender_sequence > expected:
            raise ProtocolError(Reason.SEQUENCE_GAP, "too far")
        if header.sender_sequence < expected:
            raise ProtocolError(Reason.SEQUENCE_USED, "used")
        if header.previous_payload_hash != previous:
            raise ProtocolError(Reason.PREVIOUS_HASH_MISMATCH, "other chain")

    def _decide(
        self,
        node: str,
        kind: PayloadKind,
        message: Message,
        envelope: Envelope,
        payload_hash: bytes,
        header: Header,
    ) -> list[Envelope]:
        if isinstance(message, proposal_pb2.Proposal):
            wishes = [message.transaction]
        elif isinstance(message, proposal_pb2.ProposalBatch):
            wishes = list(message.transactions)
        elif kind in ANSWERS:
            return self._answer(node, kind, message, envelope, payload_hash, header)
        else:
            receipt = self.receipt(None, header.message_id, payload_hash)
            self.deliver(node, "", receipt)
            return [receipt]
        return self._propose(node, wishes, envelope, payload_hash, header)

    def _propose(
        self,
        node: str,
        wishes: list[proposal_pb2.ProposedTransaction],
        envelope: Envelope,
        payload_hash: bytes,
        header: Header,
    ) -> list[Envelope]:
        rows = []
        for wish in wishes:
            two = wish.from_registry != wish.to_registry
            by_proposer = wish.completion == proposal_pb2.COMPLETION_MODE_BY_PROPOSER
            state = State.VALIDATED if two or by_proposer else State.COMPLETED
            receiver = self.node_of.get(wish.to_registry) if two else None
            row = Traded(wish, node, receiver, state, envelope, payload_hash)
            if self.invalid:
                row.state = State.INVALIDATED
            self.traded[wish.transaction_id] = row
            rows.append(row)
        verdict = self.verdict(rows, header.message_id, payload_hash)
        made = [verdict]
        for row in rows:
            row.verdict_hash = hashlib.sha256(verdict.payload).digest()
            row.told = [envelope, verdict]
        completed = [row for row in rows if row.state is State.COMPLETED]
        if completed and "batch" in envelope.payload_type:
            made.append(self.receipts(completed, header.message_id, payload_hash))
        elif completed:
            made.append(self.receipt(completed[0], header.message_id, payload_hash))
        name = rows[0].proposed.transaction_id if len(rows) == 1 else ""
        self.deliver(node, name, *made)
        receiver = rows[0].receiver
        if receiver and any(row.state is State.VALIDATED for row in rows):
            self.deliver(receiver, name, envelope, verdict)
        return made

    def _answer(
        self,
        node: str,
        kind: PayloadKind,
        message: Message,
        envelope: Envelope,
        payload_hash: bytes,
        header: Header,
    ) -> list[Envelope]:
        many = kind in BATCHES
        said: list[tuple[str, bytes]] = (
            [(n, each.proposal_hash) for each in message.proposals for n in each.transaction_ids]  # type: ignore[attr-defined]
            if many
            else [(message.transaction_id, message.proposal_hash)]  # type: ignore[attr-defined]
        )
        rows = [self.traded[name] for name, _ in said]
        assert [row.proposal_hash for row in rows] == [proposed for _, proposed in said]
        name = "" if many else rows[0].proposed.transaction_id
        state = (
            self.receipts if many else lambda rows, *told, **no: self.receipt(rows[0], *told, **no)
        )
        if self.no_effect:
            refused = state(rows, header.message_id, payload_hash, refusal=self.no_effect)
            self.deliver(node, name, refused)
            return [refused]
        for row in rows:
            row.state = ANSWERS[kind]
            if kind in (PayloadKind.COMPLETION, PayloadKind.WITHDRAWAL):
                row.closing_hash = payload_hash
            else:
                row.answer_hash = payload_hash
            by_proposer = row.proposed.completion == proposal_pb2.COMPLETION_MODE_BY_PROPOSER
            if row.state is State.COMPLETED and row.answer_hash == payload_hash and by_proposer:
                row.state = State.ACCEPTED
            if kind is PayloadKind.WITHDRAWAL:
                row.cause = TerminationCause.WITHDRAWN
        receipt = state(rows, header.message_id, payload_hash)
        for side in dict.fromkeys((rows[0].proposer, rows[0].receiver)):
            if side is not None:
                brought = () if side == node else (envelope,)
                self.deliver(side, name, *brought, receipt)
        return [receipt]

    def time_out(self, transaction_id: str) -> None:
        row = self.traded[transaction_id]
        row.state, row.cause = State.TERMINATED, TerminationCause.TIMED_OUT
        receipt = self.receipt(row, "", b"")
        for side in dict.fromkeys((row.proposer, row.receiver)):
            if side is not None:
                self.deliver(side, transaction_id, receipt)

    # -- statements -----------------------------------------------------------------------------

    def header(self, causation_id: str) -> Header:
        sequence, previous = self.chains[HUB]
        return Header(
            message_id=MessageId(self.ids.uuid7(self.clock.now())),
            sender_node=HUB,
            recipient_node=EVERY_SIDE,
            network_id=NETWORK,
            sender_sequence=sequence,
            previous_payload_hash=previous,
            creation_time=self.clock.now(),
            expire_time=None,
            causation_id=causation_id,
        )

    def sealed(self, kind: PayloadKind, message: Message, header: Header) -> Envelope:
        message.header.CopyFrom(write_header(header))  # type: ignore[attr-defined]
        made = seal(kind.label, message.SerializeToString(), self.signer)
        self.chains[HUB] = (header.sender_sequence + 1, hashlib.sha256(made.payload).digest())
        return made

    def verdict(self, rows: list[Traded], causation_id: str, message_hash: bytes) -> Envelope:
        catalogue = catalogue_of(self.invalid or "ACC_EXISTS")
        self.catalogues[hashlib.sha256(catalogue).digest()] = catalogue
        verdict = decision_pb2.Verdict(
            message_hash=message_hash,
            log_index=len(self.recorded),
            rulebook_digest=hashlib.sha256(catalogue).digest(),
        )
        for row in rows:
            result = verdict.results.add(
                transaction_id=row.proposed.transaction_id,
                state=decision_pb2.State.Value(f"STATE_{row.state}"),
                quantity=max(sum(b.last - b.first + 1 for b in acting(row.proposed)), 0),
            )
            if row.state is not State.INVALIDATED:
                for block in acting(row.proposed):
                    issued = row.proposed.type == proposal_pb2.TRANSACTION_TYPE_ISSUANCE
                    if issued:
                        self.issued[block.registry].append(block)
                    result.units.extend(self.recorded_units(block, not issued))
                if self.other_units:
                    result.units[0].last += 1
            if row.state is State.VALIDATED:
                result.deadline.CopyFrom(timestamp(self.clock.now() + timedelta(hours=24)))
            result.outcomes.append(
                decision_pb2.OUTCOME_FAILED if self.invalid else decision_pb2.OUTCOME_PASSED
            )
            if self.invalid:
                result.findings.add(
                    check_id=self.invalid,
                    outcome=decision_pb2.OUTCOME_FAILED,
                    severity=decision_pb2.SEVERITY_ERROR,
                    found="something",
                )
        if self.invalid:
            verdict.remedies.add(check_id=self.invalid, remedy="leave the account alone")
        return self.sealed(PayloadKind.VERDICT, verdict, self.header(causation_id))

    def recorded_units(
        self, block: units_pb2.UnitBlock, first_transferred: bool
    ) -> Iterator[decision_pb2.RecordedUnits]:
        """A block with the attributes it was issued with."""
        left = [SerialRange(block.first, block.last)]
        for issued in self.issued[block.registry]:
            shared = SerialRange(block.first, block.last).intersection(
                SerialRange(issued.first, issued.last)
            )
            if shared is not None:
                left = [rest for run in left for rest in run.subtract(shared)]
                yield decision_pb2.RecordedUnits(
                    registry=block.registry,
                    first=shared.first,
                    last=shared.last,
                    attributes=issued.attributes,
                    marks=["FIRST_TRANSFERRED"] if first_transferred else [],
                )
        for run in left:  # units that never were issued here: the double does not judge
            yield decision_pb2.RecordedUnits(
                registry=block.registry,
                first=run.first,
                last=run.last,
                attributes=block.attributes,
                marks=["FIRST_TRANSFERRED"] if first_transferred else [],
            )

    def receipt(
        self, row: Traded | None, causation_id: str, message_hash: bytes, refusal: str = ""
    ) -> Envelope:
        receipt = self.about(row, refusal)
        receipt.message_hash, receipt.log_index = message_hash, len(self.recorded)
        return self.sealed(PayloadKind.RECEIPT, receipt, self.header(causation_id))

    def receipts(
        self, rows: list[Traded], causation_id: str, message_hash: bytes, refusal: str = ""
    ) -> Envelope:
        batch = decision_pb2.ReceiptBatch(receipts=[self.about(row, refusal) for row in rows])
        share(batch)
        batch.message_hash, batch.log_index = message_hash, len(self.recorded)
        return self.sealed(PayloadKind.RECEIPT_BATCH, batch, self.header(causation_id))

    def about(self, row: Traded | None, refusal: str = "") -> decision_pb2.Receipt:
        receipt = decision_pb2.Receipt(effective=not refusal)
        if refusal:
            receipt.refusal.code, receipt.refusal.found = refusal, "not now"
        if row is not None:
            receipt.transaction_id = row.proposed.transaction_id
            receipt.state = decision_pb2.State.Value(f"STATE_{row.state}")
            if row.cause:
                cause = f"TERMINATION_CAUSE_{row.cause}"
                receipt.termination_cause = decision_pb2.TerminationCause.Value(cause)
            receipt.type = row.proposed.type
            receipt.from_registry = row.proposed.from_registry
            receipt.to_registry = row.proposed.to_registry
            receipt.quantity = sum(b.last - b.first + 1 for b in acting(row.proposed))
            receipt.proposal_hash = row.proposal_hash
            receipt.verdict_hash = row.verdict_hash
            receipt.answer_hash = row.answer_hash
            receipt.closing_hash = row.closing_hash
            if row.state is State.COMPLETED:
                receipt.restated.extend(self.restated)
            if row.state is State.COMPLETED and row.receiver is not None:
                receipt.marks.append("FIRST_TRANSFER")
        return receipt

    def deliver(self, node: str, transaction_id: str, *envelopes: Envelope) -> None:
        box = self.mailboxes[node]
        hashes = [hashlib.sha256(each.payload).digest() for each in envelopes]
        digest = delivery_digest(box[-1].digest if box else NO_DELIVERY, hashes)
        box.append(Delivery(len(box) + 1, transaction_id, envelopes, digest))
        for waiting in self.listeners:
            waiting.set()


class DoubleLink:
    """A node's link to the double; `failures` are asked before and after each submission."""

    def __init__(self, broker: BrokerDouble, node: str) -> None:
        self.broker = broker
        self.node = node
        self.before: list[BaseException] = []
        self.after: list[BaseException] = []
        self.reachable = True
        self.streamed: list[int] = []
        self.torn: list[int] = []
        self.closed: list[ProtocolError] = []
        """With what opening a stream is refused."""
        self.on_fetch: Callable[[list[Delivery]], list[Delivery]] = lambda found: found
        self.key_questions: list[str] = []
        self.hook: Callable[[Envelope], None] = lambda _: None
        self.garble: Callable[[Answer], Answer] = lambda answer: answer

    async def network(self) -> NetworkInfo:
        self._reach()
        return NetworkInfo(NETWORK, True, HUB, self.broker.clock.now(), "double")

    async def sender_standing(self) -> SenderStanding:
        self._reach()
        return SenderStanding(*self.broker.chains[self.node])

    async def node_keys(self, node: NodeId) -> tuple[PublicKey, ...]:
        self._reach()
        self.key_questions.append(node)
        return tuple(self.broker.keys[node])

    async def submit(self, envelope: Envelope, *, validate_only: bool = False) -> Answer:
        self._reach()
        if self.before:
            raise self.before.pop(0)
        self.hook(envelope)
        answer = self.broker.submit(self.node, envelope)
        if self.after:
            raise self.after.pop(0)
        return self.garble(answer)

    async def submit_all(
        self,
        envelopes: Sequence[Envelope],
        asked_to_wait: Callable[[ProtocolError], None] = lambda _: None,
    ) -> list[Answer | ProtocolError]:
        self.streamed.append(len(envelopes))
        if self.closed:
            raise self.closed.pop(0)
        if self.torn:
            await one_by_one(self, envelopes[: self.torn.pop(0)])
            raise unreachable()
        return await one_by_one(self, envelopes)

    async def transaction(self, transaction_id: str) -> tuple[Envelope, ...]:
        self._reach()
        row = self.broker.traded.get(transaction_id)
        return tuple(row.told) if row else ()

    async def own_messages(self, after_sequence: int) -> tuple[Envelope, ...]:
        self._reach()
        return tuple(self.broker.said[self.node][after_sequence:])

    async def catalogue(self, rulebook_digest: bytes) -> bytes:
        self._reach()
        if rulebook_digest not in self.broker.catalogues:
            raise ProtocolError(Reason.RULEBOOK_UNKNOWN, "no such rulebook was in force here")
        return self.broker.catalogues[rulebook_digest]

    async def fetch(
        self, cursor: Cursor, max_deliveries: int, wait_ms: int
    ) -> tuple[Delivery, ...]:
        self._reach()
        box = self.broker.mailboxes[self.node]
        digests = [NO_DELIVERY, *(delivery.digest for delivery in box)]
        if cursor.sequence > len(box) or digests[cursor.sequence] != cursor.digest:
            raise ProtocolError(Reason.RECORD_DIFFERS, "the mailbox holds something else")
        waiting = [d for d in box if d.sequence > cursor.sequence]
        return tuple(self.on_fetch(waiting)[:max_deliveries])

    async def subscribe(self, cursor: Cursor, credit: int) -> AsyncIterator[Delivery]:
        delivered = asyncio.Event()
        self.broker.listeners.append(delivered)
        while True:
            delivered.clear()
            found = await self.fetch(cursor, credit, 0)
            for delivery in found:
                yield delivery
                cursor = Cursor(delivery.sequence, delivery.digest)
            if not found:
                await delivered.wait()

    async def acknowledge(self, sequence: int) -> None:
        self.broker.acknowledged[self.node] = max(self.broker.acknowledged[self.node], sequence)

    async def close(self) -> None:
        return None

    def _reach(self) -> None:
        if not self.reachable:
            raise unreachable()


def unreachable() -> ProtocolError:
    return ProtocolError(Reason.BROKER_UNREACHABLE, "no route", grpc_code="UNAVAILABLE")


@dataclass
class Network:
    """A broker double and the nodes around it."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    broker: BrokerDouble = field(init=False)
    links: dict[str, DoubleLink] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    nodes: dict[str, RegistryNode] = field(default_factory=dict)
    broker_keys: list[PublicKey] = field(default_factory=lambda: [BROKER_KEY])

    def __post_init__(self) -> None:
        self.broker = BrokerDouble(self.clock)

    async def join(
        self, name: str, *registries: str, policy: AcceptancePolicy | None = None
    ) -> RegistryNode:
        self.broker.admit(name, *registries)
        self.links[name] = DoubleLink(self.broker, name)
        self.stores[name] = Store.in_memory()
        return await self.start(name, policy=policy)

    async def start(self, name: str, *, policy: AcceptancePolicy | None = None) -> RegistryNode:
        """A node over the store of its name: also how a crashed one comes back."""
        registries = [r for r, node in self.broker.node_of.items() if node == name]
        node = RegistryNode(
            identity=Identity(
                node=NodeId(name),
                kind=NodeKind.INTERNATIONAL,
                registries=tuple(RegistryId(registry) for registry in registries),
                network_id=NETWORK,
                test_network=True,
                broker_node=HUB,
            ),
            store=self.stores[name],
            link=self.links[name],
            signer=signer_of(name),
            broker_keys=self.broker_keys,
            clock=self.clock,
            ids=SeededIds(len(self.nodes) + 100),
            rules=PARIS,
            policy=policy or AcceptancePolicy(),
            random=Random(0),
        )
        await node.prepare()
        self.nodes[name] = node
        return node

    async def settle(self) -> None:
        """Let every message and delivery arrive."""
        moved = 1
        while moved:
            moved = 0
            for node in self.nodes.values():
                moved += await node.pump_outbox()
                moved += await node.pump_inbox()
