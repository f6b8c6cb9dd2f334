# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices by hand, over a real clearing-house."""

from __future__ import annotations

from datetime import timedelta

from itmo.chain import SenderChain
from itmo.core.v1 import decision_pb2, notices_pb2, proposal_pb2, statements_pb2
from itmo.envelope import seal
from itmo.identifiers import NodeId
from itmo.keys import MemorySigner
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import (
    attributes_pb2,
    authorization_pb2,
    programmes_pb2,
    terms_pb2,
    unit_notices_pb2,
)
from itmo.payloads import PayloadKind
from itmo.timestamps import timestamp
from tests.kit.clearing import (
    APPROACH,
    BROKER,
    NETWORK,
    ClearingWorld,
    Sender,
    failed,
    issuance,
    receipt_of,
    transfer,
)

OIMP = "OIMP-1"
CORSIA = "CORSIA"


async def programme(world: ClearingWorld, name: str = "gs", speaks_for: str = "GS") -> Sender:
    signer = MemorySigner.from_seed(name.encode().ljust(32, b"."))
    request = statements_pb2.JoinRequest(
        network_id=NETWORK,
        node=name,
        kind=statements_pb2.NODE_KIND_PROGRAMME,
        programmes=[speaks_for],
        public_key=signer.public_key,
        tls_request=b"unused in memory",
    )
    sealed = seal(PayloadKind.JOIN_REQUEST.label, request.SerializeToString(), signer)
    await world.operator.admit(sealed, bytes(32))
    chain = SenderChain(
        node=NodeId(name), recipient=BROKER, network_id=NETWORK, signer=signer, ids=world.ids
    )
    world.senders[name] = Sender(NodeId(name), (), chain, world)
    return world.senders[name]


async def for_other_purposes(
    sender: Sender, name: str, definition: authorization_pb2.FirstTransferDefinition.ValueType
) -> None:
    statement = authorization_pb2.AuthorizationStatement(
        authorization_id=name,
        version=1,
        party="THA",
        cooperative_approach=APPROACH,
        purposes=[authorization_pb2.PURPOSE_IMP, authorization_pb2.PURPOSE_OP],
        other_purposes=CORSIA,
        first_transfer_definition=definition,
        quantity=500_000,
        vintages=terms_pb2.YearSpan(first=2022, last=2030),
        date="2023-08-01",
    )
    receipt = receipt_of(await sender.say(PayloadKind.AUTHORIZATION_STATEMENT, statement))
    assert receipt.effective, receipt.refusal


async def notify(sender: Sender, first: int, last: int, **changes: object) -> decision_pb2.Receipt:
    vintage = changes.pop("vintage", 0)
    notice = unit_notices_pb2.UnitNotice(
        party="THA",
        units=[ranges_pb2.UnitRange(registry="THA01", first=first, last=last)],
        vintage=vintage,  # type: ignore[arg-type]  # an int
        reason="the letter was replaced",
    )
    if "authorization" in changes:
        notice.authorization.id = str(changes["authorization"])
        notice.authorization.version = int(str(changes.get("version", 1)))
    return receipt_of(await sender.say(PayloadKind.UNIT_NOTICE, notice))


async def acknowledge(sender: Sender, notice_id: str, payload_hash: bytes) -> decision_pb2.Receipt:
    written = notices_pb2.NoticeAcknowledgement(notice_id=notice_id, notice_hash=payload_hash)
    return receipt_of(await sender.say(PayloadKind.NOTICE_ACKNOWLEDGEMENT, written))


async def backed_world(world: ClearingWorld) -> Sender:
    """Units 900 001 to 900 100, authorized for other purposes, backed by GS-1-0 to GS-100-0."""
    tha = world.senders["tha"]
    await world.open_account(tha, "THA01", 300)
    await for_other_purposes(
        tha, OIMP, authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION
    )
    verdict = await tha.propose(backed(world, 900_001, 1))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    return await programme(world)


def backed(world: ClearingWorld, first: int, number: int) -> proposal_pb2.ProposedTransaction:
    made = issuance(world, "THA01", first, first + 99)
    stated = made.blocks[0].attributes.paris
    stated.authorization.id = OIMP
    stated.underlying.registry = "GS"
    stated.underlying.first_unit_id = f"GS-{number}-0"
    stated.underlying.last_unit_id = f"GS-{number + 99}-0"
    return made


async def event(
    sender: Sender, first: int, last: int, programme: str = "GS", date: str = "2023-08-01"
) -> decision_pb2.Receipt:
    written = programmes_pb2.ProgrammeEvent(
        kind=programmes_pb2.PROGRAMME_EVENT_KIND_CANCELLATION,
        units=attributes_pb2.UnderlyingUnits(
            registry=programme, first_unit_id=f"GS-{first}-0", last_unit_id=f"GS-{last}-0"
        ),
        date=date,
        beneficiary="Airline 7",
        purpose=CORSIA,
    )
    return receipt_of(await sender.say(PayloadKind.PROGRAMME_EVENT, written))


def cancellation(
    world: ClearingWorld, first: int, last: int, notice_id: str = ""
) -> proposal_pb2.ProposedTransaction:
    made = transfer(
        world,
        first,
        last,
        taker="THA01",
        to_type=300,
        kind=proposal_pb2.TRANSACTION_TYPE_CANCELLATION,
    )
    made.terms.paris.purpose, made.notice_id = CORSIA, notice_id
    return made


async def announce_maintenance(
    world: ClearingWorld, registry: str, first_hour: int, last_hour: int
) -> decision_pb2.Receipt:
    """A window from one hour after now to another."""
    now = world.clock.now()
    return await world.operator.state(
        PayloadKind.MAINTENANCE_STATEMENT,
        notices_pb2.MaintenanceStatement(
            registry=registry,
            start_time=timestamp(now + timedelta(hours=first_hour)),
            end_time=timestamp(now + timedelta(hours=last_hour)),
            reason="new release",
        ),
    )


async def notify_a_little(world: ClearingWorld) -> None:
    """At least one row in every table of notices."""
    gs = await backed_world(world)
    told = await event(gs, 11, 20)
    assert told.effective, told.refusal
    notice_id = told.header.causation_id
    read = await acknowledge(world.senders["tha"], notice_id, told.message_hash)
    assert read.effective, read.refusal
    assert (await notify(world.senders["tha"], 900_051, 900_060, vintage=2023)).effective
    await announce_maintenance(world, "CHE01", 1, 2)
