# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is true of units, a stranger to them is told the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import pytest
from google.protobuf.message import Message
from hypothesis import example
from hypothesis import strategies as st

from itmo import limits
from itmo.core.v1 import (
    decision_pb2,
    proposal_pb2,
    sharing_pb2,
    statements_pb2,
)
from itmo.identifiers import RegistryId, make_account_id
from itmo.ids import SeededIds
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import attributes_pb2, programmes_pb2, unit_notices_pb2
from itmo.payloads import MESSAGE_OF, PayloadKind, decode, kind_of
from itmo.reasons import ProtocolError
from itmo.timestamps import timestamp
from tests.kit.clearing import (
    APPROACH,
    ClearingWorld,
    answer_to,
    attributes,
    authorize,
    failed,
    issuance,
    mail,
    new_world,
    send,
    state_approach,
    state_party,
    transfer,
    use,
)
from tests.kit.drawn import drawn
from tests.kit.sharing import VIEW, holding, share

PIECES: Final = 4
"""Pieces that one message may cross here, so that a few cuts are many."""
OWN: Final = (21, 25)
"""Units of Thailand that the stranger holds, but for the last one,"""
USED: Final = OWN[1]
"""which it has used, and is told so."""
ISSUED: Final = 40
"""Serials of Thailand from 1 that exist in every world; those up to 60 exist in some."""
LAST: Final = 60
LIMIT: Final = 70
"""What Thailand authorizes: how much of it is left depends on what it issued."""
PLACES: Final = 6


# -- what the stranger must not know --------------------------------------------------------------


@dataclass(frozen=True)
class Secret:
    """Something that Thailand and Switzerland do; `name` is the id of its transaction."""

    deed: str
    first: int
    last: int


def name_of(world: ClearingWorld, place: int) -> str:
    """The id of the transaction of the deed at a place: the stranger has heard of it somewhere."""
    return SeededIds(1000 + place).uuid7(world.clock.now())


@st.composite
def secrets(draw: st.DrawFn) -> tuple[Secret, ...]:
    made = []
    for _ in range(draw(st.integers(0, PLACES))):
        deed = draw(st.sampled_from(sorted(_DEEDS)))
        first = draw(st.integers(1, LAST))
        made.append(Secret(deed, first, draw(st.integers(first, min(first + 8, LAST)))))
    return tuple(made)


async def _issue(world: ClearingWorld, secret: Secret, name: str) -> None:
    made = issuance(world, "THA01", ISSUED + 1, ISSUED + secret.first)
    made.transaction_id = name
    await world.senders["tha"].propose(made)


async def _offer(world: ClearingWorld, secret: Secret, name: str) -> None:
    made = transfer(world, secret.first, secret.last)
    made.transaction_id = name
    await world.senders["tha"].propose(made)


async def _move(world: ClearingWorld, secret: Secret, name: str) -> None:
    await _offer(world, secret, name)
    await answer_to(world.senders["che"], PayloadKind.ACCEPTANCE, name)


async def _use(world: ClearingWorld, secret: Secret, name: str) -> None:
    await _move(world, secret, name)
    await world.senders["che"].propose(use(world, secret.first, secret.last, 2022))


async def _date(world: ClearingWorld, secret: Secret, name: str) -> None:  # a deed
    if secret.last < OWN[0] or secret.first > OWN[1]:  # of its own units a holder is told
        written = notice("THA", "THA01", secret.first, secret.last)
        await world.senders["tha"].say(PayloadKind.UNIT_NOTICE, written)


async def _open(world: ClearingWorld, secret: Secret, name: str) -> None:  # a deed
    await world.open_account(world.senders["che"], "CHE01", (300, 310)[secret.first % 2], 7)


_DEEDS: Final[dict[str, Callable[[ClearingWorld, Secret, str], Awaitable[None]]]] = {
    "issue": _issue, "offer": _offer, "move": _move, "use": _use, "date": _date, "open": _open,
}  # fmt: skip


# -- the worlds -----------------------------------------------------------------------------------


async def world_of(secret: Sequence[Secret]) -> ClearingWorld:
    """Ghana holds five units of Thailand in the middle of what it knows nothing of."""
    world = await new_world()
    for name, registry in (("tha", "THA01"), ("che", "CHE01"), ("gha", "GHA01"), ("vut", "VUT01")):
        sender = await world.admit(name, registry)
        await state_party(world, registry[:3])
        for kind in (100, 200):
            await world.open_account(sender, registry, kind)
    await world.open_account(world.senders["gha"], "GHA01", 320)
    await state_approach(world, APPROACH, ("THA", "CHE", "GHA"))
    letter = await authorize(
        world.senders["tha"],
        parties=["CHE", "GHA"],
        quantity=LIMIT,
        quantity_is_limit=True,
    )
    assert letter.effective, letter.refusal
    verdict = await world.senders["tha"].propose(issuance(world, "THA01", 1, ISSUED))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    given_to = transfer(world, *OWN, taker="GHA01")
    await world.senders["tha"].propose(given_to)
    accepted = await answer_to(
        world.senders["gha"], PayloadKind.ACCEPTANCE, given_to.transaction_id
    )
    assert accepted.effective, accepted.refusal
    used = transfer(
        world, USED, USED, giver="GHA01", taker="GHA01", to_type=200, year_of_use=2022,
        kind=proposal_pb2.TRANSACTION_TYPE_USE,
    )  # fmt: skip
    verdict = await world.senders["gha"].propose(used)
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    assert (await share(world.senders["vut"], "VUT01", VIEW)).effective
    for name in ("gha", "vut"):  # the same bytes in every world, whatever ids others used up
        world.senders[name].chain.ids = SeededIds(len(name) + ord(name[0]))
    for place, each in enumerate(secret):
        await _DEEDS[each.deed](world, each, name_of(world, place))
    return world


# -- what the stranger says -----------------------------------------------------------------------

Saying = tuple[str, PayloadKind, Message]
"""Who says what."""


def notice(party: str, registry: str, first: int, last: int) -> unit_notices_pb2.UnitNotice:
    return unit_notices_pb2.UnitNotice(
        party=party,
        units=[ranges_pb2.UnitRange(registry=registry, first=first, last=last)],
        vintage=2023,
        reason="the year was wrong",
    )


def _moves(world: ClearingWorld, first: int, last: int) -> list[proposal_pb2.ProposedTransaction]:
    """Every kind of transaction of units of Thailand."""
    account = make_account_id
    made = [
        transfer(world, first, last, giver="GHA01"),
        transfer(world, first, last, giver="GHA01", to_type=200),
        transfer(world, first, last, giver="GHA01", to_type=300),
        transfer(world, first, last, giver="THA01", taker="GHA01"),
        transfer(world, first, last, giver="CHE01", taker="GHA01"),
        transfer(
            world, first, last, giver="GHA01", taker="GHA01", to_type=200, year_of_use=2022,
            kind=proposal_pb2.TRANSACTION_TYPE_USE,
        ),
        transfer(
            world, first, last, giver="GHA01", taker="GHA01", to_type=320,
            kind=proposal_pb2.TRANSACTION_TYPE_CANCELLATION,
        ),
        transfer(
            world, first, last, giver="GHA01", taker="THA01",
            kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
        ),
        transfer(world, first, last, giver="GHA01"),
        transfer(world, first, last, giver="GHA01"),
        issuance(world, "THA01", first, last),
        issuance(world, "GHA01", first, last),
        issuance(world, "GHA01", first, last),
        issuance(world, "GHA01", first, last),
    ]  # fmt: skip
    made[1].to_account = account(RegistryId("CHE01"), 300, 7)
    made[7].reverses = name_of(world, first % PLACES)
    made[8].blocks[0].attributes.paris.CopyFrom(attributes())
    made[9].blocks.add(registry="THA01", first=OWN[0], last=OWN[1])
    made[9].terms.paris.first_transfer = True
    made[11].blocks[0].registry = "THA01"
    for block in made[12].blocks:
        block.attributes.paris.first_transferring_party = "GHA"
    ids = SeededIds(77)
    for each in made:
        each.transaction_id = ids.uuid7(world.clock.now())
    return made


def sayings(world: ClearingWorld, first: int, last: int) -> list[Saying]:
    """Everything that may tell something of the units."""
    moves = _moves(world, first, last)
    said: list[Saying] = [
        ("gha", PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=each)) for each in moves
    ]
    pairs: dict[tuple[str, str], list[proposal_pb2.ProposedTransaction]] = {}
    for each in moves:
        pairs.setdefault((each.from_registry, each.to_registry), []).append(each)
    said += [
        ("gha", PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=each))
        for each in pairs.values()
    ]
    for kind in (
        PayloadKind.ACCEPTANCE,
        PayloadKind.REJECTION,
        PayloadKind.COMPLETION,
        PayloadKind.WITHDRAWAL,
    ):
        name = name_of(world, last % PLACES)
        said.append(("gha", kind, MESSAGE_OF[kind](transaction_id=name, proposal_hash=bytes(32))))
    for registry in ("THA01", "CHE01"):
        for party in ("GHA", "THA"):
            said.append(("gha", PayloadKind.UNIT_NOTICE, notice(party, registry, first, last)))
    gone = programmes_pb2.ProgrammeEvent(
        kind=programmes_pb2.PROGRAMME_EVENT_KIND_CANCELLATION,
        units=attributes_pb2.UnderlyingUnits(
            registry="GS", first_unit_id="GS-1-0", last_unit_id="GS-9-0"
        ),
        date="2023-08-01",
    )
    said.append(("gha", PayloadKind.PROGRAMME_EVENT, gone))
    taken = statements_pb2.AccountStatement(
        account_id=make_account_id(RegistryId("CHE01"), 300, 7), registry="GHA01", account_type=320
    )
    said.append(("gha", PayloadKind.ACCOUNT_STATEMENT, taken))
    claims = sharing_pb2.RegistryReport(
        registry="VUT01",
        as_of=timestamp(world.clock.now()),
        complete=True,
        holdings=[holding("THA01", first, last)],
    )
    said.append(("vut", PayloadKind.REGISTRY_REPORT, claims))
    return said


async def told(world: ClearingWorld, saying: Saying, *, dry: bool) -> object:
    """What the sender hears: statements without the broker's own ids, times and hashes."""
    name, kind, payload = saying
    sender = world.senders[name]
    envelope = sender.chain.sign_with(kind, payload, sender.chain.header(world.clock.now()))
    try:
        answer = await send(sender, envelope, validate_only=dry)
    except ProtocolError as error:  # it was not recorded, so its number is still free
        return error.reason, error.message, sorted(error.metadata.items())
    if not dry:
        sender.chain.next_sequence += 1
        sender.chain.previous_payload_hash = sha256(envelope.payload).digest()
    statements = []
    for each in answer.answers:
        statement = decode(kind_of(each.payload_type), each.payload)
        for own in ("header", "log_index", "verdict_hash", "closing_hash"):
            if own in statement.DESCRIPTOR.fields_by_name:
                statement.ClearField(own)
        statements.append(str(statement))
    return statements


async def heard(secret: Sequence[Secret], first: int, last: int) -> list[object]:
    """Everything that strangers are told about a range in a world."""
    world = await world_of(secret)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "MAX_PIECES_PER_MESSAGE", PIECES)
        found: list[object] = [
            (saying[1], await told(world, saying, dry=dry))
            for dry in (True, False)
            for saying in sayings(world, first, last)
        ]
    for place in range(PLACES):
        try:
            found.append(
                await world.house.transaction(world.senders["gha"].node, name_of(world, place))
            )
        except ProtocolError as error:
            found.append((error.reason, error.message))
    found += [await mail(world, name) for name in ("gha", "vut")]
    await world.house.stop()
    return found


@drawn(secrets(), secrets(), st.integers(1, LAST), st.integers(0, 12), few=3, many=8)
@example((), (Secret("issue", 20, 20),), 41, 12)
@example((Secret("offer", 1, 4),), (Secret("use", 1, 4),), 1, 3)
@example((), (Secret("move", 1, 1), Secret("move", 3, 3), Secret("offer", 5, 5)), 1, 12)
@example((), (Secret("offer", 19, 20), Secret("date", 26, 27)), 18, 12)
@example((), (Secret("open", 2, 2),), 1, 1)
@example((), (*(Secret("date", at, at) for at in (1, 3, 5)), Secret("offer", 1, 9)), 1, 8)
def test_a_stranger_is_told_the_same_in_two_worlds(
    one: tuple[Secret, ...], other: tuple[Secret, ...], first: int, more: int
) -> None:
    last = min(first + more, LAST)
    here, there = (asyncio.run(heard(each, first, last)) for each in (one, other))
    for mine, theirs in zip(here, there, strict=True):
        assert mine == theirs
