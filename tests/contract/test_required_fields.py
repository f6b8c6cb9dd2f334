# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Fields that have to be given, as the protocol's table says: what is taken away, and what then happens."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest
from google.protobuf.message import Message

from itmo.core.v1 import (
    decision_pb2,
    notices_pb2,
    proposal_pb2,
    rulebooks_pb2,
    sharing_pb2,
    statements_pb2,
)
from itmo.identifiers import RegistryId, make_account_id
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import (
    attributes_pb2,
    authorization_pb2,
    parties_pb2,
    programmes_pb2,
    terms_pb2,
    unit_notices_pb2,
)
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.timestamps import timestamp
from tests.architecture.sources import PROTO
from tests.kit.clearing import (
    APPROACH,
    AUTHORIZATION,
    NETWORK,
    ClearingWorld,
    Sender,
    issuance,
    receipt_of,
    transfer,
    verdict_of,
)
from tests.kit.notices import backed_world, cancellation, for_other_purposes
from tests.kit.plays import PARIS, UNDER_KYOTO, UNDER_TOY, Play
from tests.kit.sharing import block, sharing_world
from tests.kit.world_again import trading_again

PAGE: Final = (PROTO / "docs" / "protocol.md").read_text(encoding="utf-8")
TABLE: Final = PAGE[PAGE.index("### Fields that have to be given") :].split("\n### ")[0]
VALID: Final = {decision_pb2.STATE_VALIDATED, decision_pb2.STATE_COMPLETED}
Made = tuple[ClearingWorld, Sender, Message]


@dataclass(frozen=True)
class Row:
    """A row of the table: what must and what may be given, as paths of fields."""

    name: str
    must: tuple[str, ...]
    may: tuple[str, ...]


def rows() -> dict[str, Row]:
    made = {}
    for line in TABLE.splitlines():
        if line.startswith("| `"):
            name, must, may = line.strip("| ").split(" | ")
            key = name.replace("`", "")
            made[key] = Row(
                key, tuple(re.findall(r"`([^`]+)`", must)), tuple(re.findall(r"`([^`]+)`", may))
            )
    return made


def account(registry: str, kind: int, number: int = 1) -> str:
    return make_account_id(RegistryId(registry), kind, number)


# -- the smallest message of each kind that takes effect ------------------------------------------


async def _issuance() -> Made:
    world = await trading_again()
    made = issuance(world, "THA01", 200_001, 200_010)
    return world, world.senders["tha"], proposal_pb2.Proposal(transaction=made)


async def _transfer() -> Made:
    world = await trading_again()
    return world, world.senders["tha"], proposal_pb2.Proposal(transaction=transfer(world, 1, 10))


async def _use() -> Made:
    world = await trading_again()
    bought = transfer(world, 1, 10)
    await world.senders["tha"].propose(bought)
    await world.senders["che"].accept(bought.transaction_id)
    kind = proposal_pb2.TRANSACTION_TYPE_USE
    made = transfer(
        world, 1, 10, giver="CHE01", taker="CHE01", to_type=200, kind=kind, year_of_use=2023
    )
    return world, world.senders["che"], proposal_pb2.Proposal(transaction=made)


async def _cancellation() -> Made:
    world = await trading_again()
    tha = world.senders["tha"]
    await for_other_purposes(
        tha, "OIMP-1", authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION
    )
    await world.open_account(tha, "THA01", 300)
    issued = issuance(world, "THA01", 200_001, 200_010)
    issued.blocks[0].attributes.paris.authorization.id = "OIMP-1"
    await tha.propose(issued)
    return world, tha, proposal_pb2.Proposal(transaction=cancellation(world, 200_001, 200_010))


async def _offered(play: Play, by_proposer: bool = False) -> tuple[ClearingWorld, str, bytes]:
    world = await play.world()
    wanted = play.transfer(world, 1, 10)
    if by_proposer:
        wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await world.senders["tha"].propose(wanted)
    row, _ = await world.house.transaction(world.senders["che"].node, wanted.transaction_id)
    return world, wanted.transaction_id, row.proposal_hash


async def _acceptance(play: Play = PARIS) -> Made:
    world, name, proposed = await _offered(play)
    made = proposal_pb2.Acceptance(transaction_id=name, proposal_hash=proposed)
    return world, world.senders["che"], made


async def _rejection(play: Play = PARIS) -> Made:
    world, name, proposed = await _offered(play)
    made = proposal_pb2.Rejection(transaction_id=name, proposal_hash=proposed)
    return world, world.senders["che"], made


async def _completion(play: Play = PARIS) -> Made:
    world, name, proposed = await _offered(play, by_proposer=True)
    await world.senders["che"].accept(name)
    row, _ = await world.house.transaction(world.senders["tha"].node, name)
    made = proposal_pb2.Completion(
        transaction_id=name, proposal_hash=proposed, acceptance_hash=row.answer_hash or b""
    )
    return world, world.senders["tha"], made


async def _withdrawal(play: Play = PARIS) -> Made:
    world, name, proposed = await _offered(play)
    made = proposal_pb2.Withdrawal(transaction_id=name, proposal_hash=proposed)
    return world, world.senders["tha"], made


async def _account() -> Made:
    world = await trading_again()
    made = statements_pb2.AccountStatement(
        account_id=account("CHE01", 200, 2),
        registry="CHE01",
        account_type=200,
        terms=rulebooks_pb2.AccountTerms(
            paris=terms_pb2.AccountTerms(ndc_period=terms_pb2.YearSpan(first=2021, last=2030))
        ),
    )
    return world, world.senders["che"], made


async def _authorization() -> Made:
    world = await trading_again()
    made = authorization_pb2.AuthorizationStatement(
        authorization_id="A-2",
        version=1,
        party="THA",
        cooperative_approach=APPROACH,
        vintages=terms_pb2.YearSpan(first=2022, last=2030),
        date="2023-08-01",
    )
    return world, world.senders["tha"], made


async def _revocation() -> Made:
    world = await trading_again()
    before = world.senders["tha"].letters[AUTHORIZATION]
    made = authorization_pb2.AuthorizationStatement()
    made.CopyFrom(before)
    made.version = 2
    made.revoked = True
    made.revocation_ground = authorization_pb2.REVOCATION_GROUND_FRAUD
    made.revocation_reason = "fraud was found"
    made.difference = "it is revoked"
    made.changed_elements.append(authorization_pb2.AUTHORIZATION_ELEMENT_REVOKED)
    return world, world.senders["tha"], made


async def _inventory() -> Made:
    world = await trading_again()
    made = parties_pb2.InventoryStatement(
        party="THA", years=[parties_pb2.InventoryYear(year=2021, tonnes=1)]
    )
    return world, world.senders["tha"], made


async def _key() -> Made:
    world = await trading_again()
    signer = MemorySigner.from_seed(b"next".ljust(32, b"."))
    now = world.clock.now()
    text = proof_of_possession_text(NETWORK, "tha", signer.public_key)
    made = statements_pb2.KeyStatement(
        node="tha",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=signer.public_key,
        not_before=timestamp(now),
        not_after=timestamp(now + timedelta(days=90)),
        proof_of_possession=signer.sign(text.encode()),
    )
    return world, world.senders["tha"], made


async def _sharing() -> Made:
    world = await trading_again()
    vut = await world.admit("vut", "VUT01")
    made = sharing_pb2.SharingStatement(
        registry="VUT01",
        level=sharing_pb2.SHARING_LEVEL_VIEW,
        frequency=sharing_pb2.REPORT_FREQUENCY_DAILY,
    )
    return world, vut, made


async def _report() -> Made:
    world = await sharing_world()
    held = sharing_pb2.ReportedHolding(block=block("VUT01", 1, 10), account_type=100)
    made = sharing_pb2.RegistryReport(
        registry="VUT01", as_of=timestamp(world.clock.now()), complete=True, holdings=[held]
    )
    return world, world.senders["vut"], made


async def _notice() -> Made:
    world = await trading_again()
    units = ranges_pb2.UnitRange(registry="THA01", first=1, last=10)
    made = unit_notices_pb2.UnitNotice(party="THA", units=[units], vintage=2023)
    return world, world.senders["tha"], made


async def _event() -> Made:
    world = await trading_again()
    sender = await backed_world(world)
    made = programmes_pb2.ProgrammeEvent(
        kind=programmes_pb2.PROGRAMME_EVENT_KIND_CANCELLATION,
        units=attributes_pb2.UnderlyingUnits(
            registry="GS", first_unit_id="GS-11-0", last_unit_id="GS-20-0"
        ),
        date="2023-08-01",
    )
    return world, sender, made


async def _message() -> Made:
    world = await trading_again()
    made = notices_pb2.AdministratorMessage(recipients=["CHE01"], subject="Closed on Friday")
    return world, world.senders["tha"], made


async def _acknowledgement() -> Made:
    world, tha, message = await _message()
    told = receipt_of(await tha.say(PayloadKind.ADMINISTRATOR_MESSAGE, message))
    made = notices_pb2.NoticeAcknowledgement(
        notice_id=told.header.causation_id, notice_hash=told.message_hash
    )
    return world, world.senders["che"], made


MADE: Final[dict[str, tuple[PayloadKind, Callable[[], Any]]]] = {
    "Proposal (ISSUANCE)": (PayloadKind.PROPOSAL, _issuance),
    "Proposal (TRANSFER)": (PayloadKind.PROPOSAL, _transfer),
    "Proposal (USE)": (PayloadKind.PROPOSAL, _use),
    "Proposal (CANCELLATION)": (PayloadKind.PROPOSAL, _cancellation),
    "Acceptance": (PayloadKind.ACCEPTANCE, _acceptance),
    "Rejection": (PayloadKind.REJECTION, _rejection),
    "Completion (two registries)": (PayloadKind.COMPLETION, _completion),
    "Withdrawal": (PayloadKind.WITHDRAWAL, _withdrawal),
    "AccountStatement (type 200)": (PayloadKind.ACCOUNT_STATEMENT, _account),
    "AuthorizationStatement": (PayloadKind.AUTHORIZATION_STATEMENT, _authorization),
    "AuthorizationStatement (revoking)": (PayloadKind.AUTHORIZATION_STATEMENT, _revocation),
    "InventoryStatement": (PayloadKind.INVENTORY_STATEMENT, _inventory),
    "KeyStatement (adding)": (PayloadKind.KEY_STATEMENT, _key),
    "SharingStatement": (PayloadKind.SHARING_STATEMENT, _sharing),
    "RegistryReport (level VIEW)": (PayloadKind.REGISTRY_REPORT, _report),
    "UnitNotice (vintage)": (PayloadKind.UNIT_NOTICE, _notice),
    "ProgrammeEvent": (PayloadKind.PROGRAMME_EVENT, _event),
    "AdministratorMessage": (PayloadKind.ADMINISTRATOR_MESSAGE, _message),
    "NoticeAcknowledgement": (PayloadKind.NOTICE_ACKNOWLEDGEMENT, _acknowledgement),
}


ENGINE: Final[dict[str, tuple[PayloadKind, Callable[[Play], Awaitable[Made]]]]] = {
    "Acceptance": (PayloadKind.ACCEPTANCE, _acceptance),
    "Rejection": (PayloadKind.REJECTION, _rejection),
    "Completion (two registries)": (PayloadKind.COMPLETION, _completion),
    "Withdrawal": (PayloadKind.WITHDRAWAL, _withdrawal),
}
"""What is the same under every regime; the other messages here are said of Paris or of no units."""


async def takes_effect(sender: Sender, kind: PayloadKind, message: Message) -> bool:
    try:
        answer = await sender.say(kind, message)
    except ProtocolError:
        return False
    if kind is PayloadKind.PROPOSAL:
        return verdict_of(answer).results[0].state in VALID
    return receipt_of(answer).effective


def inside(message: Any) -> Any:  # noqa: ANN401  # any message
    """What a row is about: of a proposal its transaction."""
    return message.transaction if isinstance(message, proposal_pb2.Proposal) else message


def without(message: Any, path: str) -> None:  # noqa: ANN401  # any message
    """Takes a field away; `[]` stands for the first entry of a list."""
    *around, last = path.split(".")
    for name in around:
        message = getattr(message, name.removesuffix("[]"))
        if name.endswith("[]"):
            message = message[0]
    assert message.DESCRIPTOR.fields_by_name[last]
    message.ClearField(last)


def tops(paths: tuple[str, ...]) -> set[str]:
    """The fields of the message itself that paths lead through."""
    return {path.split(".")[0].removesuffix("[]") for path in paths}


def test_every_row_is_tried() -> None:
    assert set(rows()) == set(MADE)


async def _must_be_given(name: str, kind: PayloadKind, make: Callable[[], Awaitable[Made]]) -> None:
    world, sender, message = await make()
    assert await takes_effect(sender, kind, message), "the smallest message takes effect"
    await world.house.stop()
    for path in rows()[name].must:
        world, sender, message = await make()
        without(inside(message), path)
        assert not await takes_effect(sender, kind, message), f"without {path}"
        await world.house.stop()


@pytest.mark.parametrize("name", MADE)
async def test_what_must_be_given(name: str) -> None:
    await _must_be_given(name, *MADE[name])


@pytest.mark.parametrize("play", [UNDER_TOY, UNDER_KYOTO], ids=["toy", "kyoto"])
@pytest.mark.parametrize("name", ENGINE)
async def test_what_must_be_given_under_another_regime(name: str, play: Play) -> None:
    kind, make = ENGINE[name]
    await _must_be_given(name, kind, partial(make, play))


@pytest.mark.parametrize("name", MADE)
async def test_every_field_is_named_and_what_may_be_left_out_is(name: str) -> None:
    _, make = MADE[name]
    world, _, message = await make()
    row = rows()[name]
    fields = inside(message).DESCRIPTOR.fields
    assert tops(row.must) | tops(row.may) == {field.name for field in fields} - {"header"}
    if name != "AuthorizationStatement (revoking)":  # its elements stay as they were
        given = {field.name for field, _ in inside(message).ListFields()} - {"header"}
        assert given <= tops(row.must)
    await world.house.stop()
