# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A real clearing-house over SQLite in memory, with two Parties ready to trade."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from google.protobuf.message import Message

from broker.app import Parts, memory_database, memory_house, operator_over
from broker.clearing.directory.operator import KEY_LIFETIME, Operator
from broker.clearing.path.clerk import Clerk
from broker.clearing.path.house import Answer, ClearingHouse
from broker.known_regimes import ALL_REGIMES, REGIMES
from broker.regime.regimes import Regimes
from broker.store import schema, transaction_record
from broker.store.genesis import Network
from itmo import findings
from itmo.authorization_letter import NUMBERS, differing
from itmo.chain import SenderChain
from itmo.clock import FakeClock
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.envelope import Envelope, Signature, pae, seal
from itmo.findings import read_catalogue
from itmo.identifiers import NetworkId, NodeId, RegistryId, make_account_id, registry_party
from itmo.ids import SeededIds
from itmo.keys import MemorySigner, Signer
from itmo.message.v1 import header_pb2
from itmo.paris.v1 import approaches_pb2, attributes_pb2, authorization_pb2, parties_pb2, terms_pb2
from itmo.payloads import MESSAGE_OF, PayloadKind, decode, kind_of, write_header
from itmo.runtime.db.connection import Connection

START = datetime(2023, 8, 1, tzinfo=UTC)
SEED = 7
"""Of the ids of a world."""
NETWORK = NetworkId("test-net")
BROKER = NodeId("broker")
APPROACH = "CA0003"
AUTHORIZATION = "1006.4/2810"


@dataclass
class Sender:
    """A node that signs by hand."""

    node: NodeId
    registries: tuple[str, ...]
    chain: SenderChain
    world: ClearingWorld
    letters: dict[str, authorization_pb2.AuthorizationStatement] = field(default_factory=dict)

    async def say(self, kind: PayloadKind, payload: object) -> Answer:
        envelope = self.chain.sign(kind, payload, self.world.clock.now())  # type: ignore[arg-type]  # any payload
        return await self.world.house.submit(self.node, envelope)

    async def propose(
        self, transaction: proposal_pb2.ProposedTransaction
    ) -> decision_pb2.TransactionVerdict:
        answer = await self.say(
            PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transaction)
        )
        return verdict_of(answer).results[0]

    async def accept(self, transaction_id: str) -> decision_pb2.Receipt:
        row, _ = await self.world.house.transaction(self.node, transaction_id)
        return receipt_of(
            await self.say(
                PayloadKind.ACCEPTANCE,
                proposal_pb2.Acceptance(
                    transaction_id=transaction_id, proposal_hash=row.proposal_hash
                ),
            )
        )

    async def accept_together(self, transaction_ids: Sequence[str]) -> Answer:
        """Accepts what one or several proposals asked for, by one message."""
        asked: dict[bytes, list[str]] = {}
        for each in transaction_ids:
            row, _ = await self.world.house.transaction(self.node, each)
            asked.setdefault(row.proposal_hash, []).append(each)
        answered = [
            proposal_pb2.AnsweredProposal(proposal_hash=proposed, transaction_ids=ids)
            for proposed, ids in asked.items()
        ]
        written = proposal_pb2.AcceptanceBatch(proposals=answered)
        return await self.say(PayloadKind.ACCEPTANCE_BATCH, written)


@dataclass
class ClearingWorld:
    """A house, its clock, its database, and who speaks to it."""

    house: ClearingHouse
    operator: Operator
    clock: FakeClock
    ids: SeededIds
    parts: Parts
    connection: sqlite3.Connection
    senders: dict[str, Sender] = field(default_factory=dict)

    def transaction_id(self) -> str:
        return self.ids.uuid7(self.clock.now())

    async def admit(
        self, name: str, *registries: str, key_lifetime: timedelta = KEY_LIFETIME
    ) -> Sender:
        signer = MemorySigner.from_seed(name.encode().ljust(32, b"."))
        chain = SenderChain(
            node=NodeId(name),
            recipient=BROKER,
            network_id=NETWORK,
            signer=signer,
            ids=self.ids,
        )
        request = join_request(signer, name, registries)
        await self.operator.admit(request, bytes(32), key_lifetime=key_lifetime)
        self.senders[name] = Sender(NodeId(name), registries, chain, self)
        return self.senders[name]

    async def open_account(
        self, sender: Sender, registry: str, kind: int, number: int = 1, rulebook: str = ""
    ) -> str:
        account = make_account_id(RegistryId(registry), kind, number)
        statement = statements_pb2.AccountStatement(
            account_id=account, registry=registry, account_type=kind, rulebook=rulebook
        )
        if kind == 200 and not rulebook:
            statement.terms.paris.ndc_period.first, statement.terms.paris.ndc_period.last = (
                2021,
                2030,
            )
        receipt = receipt_of(await sender.say(PayloadKind.ACCOUNT_STATEMENT, statement))
        assert receipt.effective, receipt.refusal
        return account


def join_request(signer: MemorySigner, name: str, registries: tuple[str, ...]) -> Envelope:
    request = statements_pb2.JoinRequest(
        network_id=NETWORK,
        node=name,
        kind=statements_pb2.NODE_KIND_NATIONAL
        if len(registries) == 1
        else statements_pb2.NODE_KIND_INTERNATIONAL,
        registries=registries,
        designated_parties=[registry_party(RegistryId(r)) for r in registries],
        public_key=signer.public_key,
        tls_request=b"unused in memory",
    )
    return seal(PayloadKind.JOIN_REQUEST.label, request.SerializeToString(), signer)


async def new_world(
    connection: sqlite3.Connection | None = None,
    regimes: Regimes = REGIMES,
    start: datetime = START,
) -> ClearingWorld:
    """A house without anybody."""
    clock, ids = FakeClock(start), SeededIds(SEED)
    parts = Parts(
        network=Network(NETWORK, BROKER, test_network=True),
        clock=clock,
        ids=ids,
        signer=MemorySigner.from_seed(b"b" * 32),
        operator_signer=MemorySigner.from_seed(b"o" * 32),
        regimes=regimes,
    )
    connection = connection or memory_database(regimes)
    house = memory_house(parts, connection)
    await house.start()
    return ClearingWorld(house, operator_over(parts, house), clock, ids, parts, connection)


async def trading_world(regimes: Regimes = REGIMES) -> ClearingWorld:
    """Thailand holds 1 to 100 000 of vintage 2022 under CA0003; Switzerland has accounts."""
    world = await authorized_world(regimes)
    verdict = await world.senders["tha"].propose(issuance(world, "THA01", 1, 100_000))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    return world


async def authorized_world(regimes: Regimes = REGIMES) -> ClearingWorld:
    """As `trading_world`, before anything is issued."""
    world = await new_world(regimes=regimes)
    tha, che = await world.admit("tha", "THA01"), await world.admit("che", "CHE01")
    for party in ("THA", "CHE"):
        await state_party(world, party)
    await state_approach(world, APPROACH, ("THA", "CHE"))
    await world.open_account(tha, "THA01", 100)
    await world.open_account(che, "CHE01", 100)
    await world.open_account(che, "CHE01", 200)
    await authorize(tha)
    return world


async def state_party(world: ClearingWorld, party: str) -> None:
    await world.operator.state(
        PayloadKind.PARTY_STATEMENT,
        parties_pb2.PartyStatement(
            party=party,
            participation=parties_pb2.Participation(
                party_to_agreement=True,
                ndc_in_force=True,
                authorization_arrangements=True,
                tracking_arrangements=True,
                latest_inventory=True,
            ),
            initial_report_date="2021-01-01",
            ndc_periods=[
                parties_pb2.NdcPeriod(
                    years=terms_pb2.YearSpan(first=2021, last=2030),
                    target=parties_pb2.NDC_TARGET_MULTI_YEAR,
                    method=parties_pb2.ADJUSTMENT_METHOD_TRAJECTORY,
                    first_or_first_updated=True,
                )
            ],
        ),
    )


async def state_approach(
    world: ClearingWorld, name: str, parties: tuple[str, ...], timing: int = 0
) -> None:
    await world.operator.state(
        PayloadKind.COOPERATIVE_APPROACH_STATEMENT,
        approaches_pb2.CooperativeApproachStatement(
            cooperative_approach=name,
            title="E-buses in Bangkok",
            parties=parties,
            sectors=["Transportation"],
            activity_types=["Transport"],
            metric=attributes_pb2.METRIC_GHG,
            evidence_hashes=[bytes(32)],
            authorization_timing=timing,  # type: ignore[arg-type]  # a number of the enum
        ),
    )


async def authorize(sender: Sender, **changes: object) -> decision_pb2.Receipt:
    statement = authorization_pb2.AuthorizationStatement(
        authorization_id=AUTHORIZATION,
        version=1,
        party="THA",
        cooperative_approach=APPROACH,
        purposes=[authorization_pb2.PURPOSE_NDC],
        quantity=500_000,
        parties=["CHE"],
        vintages=terms_pb2.YearSpan(first=2022, last=2030),
        date="2023-08-01",
    )
    for name, value in changes.items():
        if isinstance(value, list):
            del getattr(statement, name)[:]
            getattr(statement, name).extend(value)
        else:
            setattr(statement, name, value)
    if statement.revoked and "revocation_reason" not in changes:
        statement.revocation_reason = "fraud was found"
    if statement.revoked and "revocation_ground" not in changes:
        statement.revocation_ground = authorization_pb2.REVOCATION_GROUND_FRAUD
    before = sender.letters.get(statement.authorization_id)
    if statement.version > 1 and before is not None and not statement.difference:
        statement.difference = "what differs"
        if not statement.changed_elements:
            statement.changed_elements.extend(NUMBERS[e.name] for e in differing(before, statement))
    receipt = receipt_of(await sender.say(PayloadKind.AUTHORIZATION_STATEMENT, statement))
    if receipt.effective:
        sender.letters[statement.authorization_id] = statement
    return receipt


def paris_terms(**fields: Any) -> rulebooks_pb2.TransactionTerms:  # noqa: ANN401  # fields
    return rulebooks_pb2.TransactionTerms(paris=terms_pb2.TransactionTerms(**fields))


def attributes() -> attributes_pb2.UnitAttributes:
    return attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_ITMO,
        cooperative_approach=APPROACH,
        first_transferring_party="THA",
        vintage=2022,
        authorization=attributes_pb2.AuthorizationReference(id=AUTHORIZATION, version=1),
        metric=attributes_pb2.METRIC_GHG,
        mitigation_type=attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
        sector="Transportation",
        activity_type="Transport",
    )


def issuance(
    world: ClearingWorld, registry: str, first: int, last: int
) -> proposal_pb2.ProposedTransaction:
    account = make_account_id(RegistryId(registry), 100, 1)
    return proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(),
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=account,
        to_account=account,
        from_registry=registry,
        to_registry=registry,
        blocks=[
            units_pb2.UnitBlock(
                registry=registry,
                first=first,
                last=last,
                attributes=rulebooks_pb2.UnitAttributes(paris=attributes()),
            )
        ],
    )


def transfer(
    world: ClearingWorld,
    first: int,
    last: int,
    *,
    giver: str = "THA01",
    taker: str = "CHE01",
    to_type: int = 100,
    kind: proposal_pb2.TransactionType.ValueType = proposal_pb2.TRANSACTION_TYPE_TRANSFER,
    year_of_use: int = 0,
) -> proposal_pb2.ProposedTransaction:
    return proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(),
        type=kind,
        from_account=make_account_id(RegistryId(giver), 100, 1),
        to_account=make_account_id(RegistryId(taker), to_type, 1),
        from_registry=giver,
        to_registry=taker,
        blocks=[units_pb2.UnitBlock(registry="THA01", first=first, last=last)],
        terms=paris_terms(year_of_use=year_of_use) if year_of_use else None,
    )


def use(world: ClearingWorld, first: int, last: int, year: int) -> proposal_pb2.ProposedTransaction:
    return transfer(
        world,
        first,
        last,
        giver="CHE01",
        taker="CHE01",
        to_type=200,
        kind=proposal_pb2.TRANSACTION_TYPE_USE,
        year_of_use=year,
    )


def verdict_of(answer: Answer) -> decision_pb2.Verdict:
    return cast("decision_pb2.Verdict", decode(PayloadKind.VERDICT, answer.answers[0].payload))


def receipt_of(answer: Answer) -> decision_pb2.Receipt:
    return cast("decision_pb2.Receipt", decode(PayloadKind.RECEIPT, answer.answers[-1].payload))


def failed(verdict: decision_pb2.TransactionVerdict) -> dict[str, str]:
    """Findings that neither passed nor do not apply."""
    fine = {decision_pb2.OUTCOME_PASSED, decision_pb2.OUTCOME_NOT_APPLICABLE}
    return {f.check_id: f.found for f in verdict.findings if f.outcome not in fine}


# -- for tests of the command path ----------------------------------------------------------------


def unsent(sender: Sender) -> header_pb2.Header:
    """The header of the sender's next message, to be changed by hand; the chain stays."""
    return write_header(sender.chain.header(sender.world.clock.now()))


def sealed(
    sender: Sender,
    kind: PayloadKind,
    payload: Message,
    header: header_pb2.Header | None = None,
    *signers: Signer,
) -> Envelope:
    """Signs a payload without moving the sender's chain on; by default with the sender's key."""
    payload.header.CopyFrom(header or unsent(sender))  # type: ignore[attr-defined]  # all have one
    content = payload.SerializeToString()
    return Envelope(
        content,
        kind.label,
        tuple(
            Signature(signer.keyid, signer.sign(pae(kind.label, content)))
            for signer in signers or (sender.chain.signer,)
        ),
    )


def signed(sender: Sender, kind: PayloadKind, payload: Message) -> Envelope:
    """Signs a payload and moves the sender's chain on, as if it had been sent."""
    return sender.chain.sign(kind, payload, sender.world.clock.now())


async def send(sender: Sender, envelope: Envelope, *, validate_only: bool = False) -> Answer:
    """Submits an envelope as the sender's node."""
    return await sender.world.house.submit(sender.node, envelope, validate_only=validate_only)


async def answer_to(
    sender: Sender, kind: PayloadKind, transaction_id: str, **fields: object
) -> decision_pb2.Receipt:
    """Says an acceptance, rejection, completion or withdrawal, with the hashes that fit."""
    row = transaction_record.transaction(sender.world.connection, transaction_id)
    names: dict[str, object] = {"transaction_id": transaction_id}
    if row is not None:
        names["proposal_hash"] = row.proposal_hash
        if kind is PayloadKind.COMPLETION:
            names["acceptance_hash"] = row.answer_hash or b""
    return receipt_of(await sender.say(kind, MESSAGE_OF[kind](**(names | fields))))


async def batch(
    sender: Sender, transactions: Sequence[proposal_pb2.ProposedTransaction]
) -> decision_pb2.Verdict:
    """Proposes many transactions under one signature."""
    written = proposal_pb2.ProposalBatch(transactions=transactions)
    return verdict_of(await sender.say(PayloadKind.PROPOSAL_BATCH, written))


def findings_of(verdict: decision_pb2.Verdict, place: int) -> dict[str, decision_pb2.Finding]:
    """Every finding of one result by check, restored with the catalogue that the verdict names."""
    (content,) = (r.catalogue for r in ALL_REGIMES if r.digest == verdict.rulebook_digest)
    catalogue = read_catalogue(content, verdict.rulebook_digest)
    full = findings.findings_of(verdict, verdict.results[place], catalogue)
    return {each.check_id: each for each in full}


def stored(connection: Connection, *without: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for the named ones."""
    return {
        table.name: sorted(connection.execute(f'SELECT * FROM "{table.name}"'), key=repr)
        for table in schema.metadata.sorted_tables
        if table.name not in without
    }


def state_of(world: ClearingWorld, transaction_id: str) -> str:
    """Where a transaction stands in the database."""
    row = world.connection.execute(
        "SELECT state FROM transaction_record WHERE transaction_id = ?", (transaction_id,)
    ).fetchone()
    return str(row[0]) if row else ""


def held(world: ClearingWorld, account_id: str) -> int:
    """Number of units in an account."""
    row = world.connection.execute(
        "SELECT coalesce(sum(quantity), 0) FROM unit_block WHERE account_id = ?", (account_id,)
    ).fetchone()
    return int(row[0])


def locked(world: ClearingWorld) -> int:
    """Number of locked units."""
    row = world.connection.execute(
        "SELECT coalesce(sum(quantity), 0) FROM unit_block WHERE locked_by IS NOT NULL"
    ).fetchone()
    return int(row[0])


async def mail(world: ClearingWorld, node: str, after: int = 0) -> list[tuple[str, list[str]]]:
    """Deliveries of a node: the transaction, and what is delivered about it."""
    entries = await world.house.deliveries(NodeId(node), after, 1000)
    return [
        (entry.transaction_id, [kind_of(e.payload_type).value for e in entry.envelopes])
        for entry in entries
    ]


async def last_mail(world: ClearingWorld, node: str) -> int:
    """Where a node's mailbox ends."""
    return (await world.house.mailbox(NodeId(node))).last_sequence


def restarted(world: ClearingWorld) -> ClearingHouse:
    """Another house over the same database, as after a crash; it still has to be started."""
    world.house = memory_house(world.parts, world.connection)
    world.operator = operator_over(world.parts, world.house)
    return world.house


def split_for_nothing(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Live ranges that begin where a range of the same block ends that is like them in everything."""
    same = " AND ".join(
        f"(l.{column.name} = r.{column.name} OR l.{column.name} IS NULL AND r.{column.name} IS NULL)"
        for column in schema.unit_block.c
        if column.name not in ("first", "last", "quantity")
    )
    return connection.execute(
        f"SELECT r.registry, r.first FROM unit_block l JOIN unit_block r ON l.last + 1 = r.first AND {same}"  # names of columns
    ).fetchall()


def own_clerk(house: ClearingHouse) -> Clerk:
    """The clerk of a house that decides in this process; a crash and a commit have no interface."""
    assert isinstance(house._clerk, Clerk)
    return house._clerk
