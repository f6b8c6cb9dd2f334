# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A credit and a CER back one unit, whichever way a second claim to them comes in."""

from __future__ import annotations

import sqlite3

import pytest

from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.paris.v1 import attributes_pb2, terms_pb2
from itmo.payloads import PayloadKind
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    Sender,
    answer_to,
    authorize,
    batch,
    failed,
    findings_of,
    issuance,
    receipt_of,
    restarted,
    sealed,
    send,
    state_approach,
    transfer,
    verdict_of,
)
from tests.kit.notices import event, programme
from tests.kit.world_again import trading_again

COMPLETED, INVALIDATED = decision_pb2.STATE_COMPLETED, decision_pb2.STATE_INVALIDATED
VALIDATED = decision_pb2.STATE_VALIDATED
BY_PROPOSER = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
UNIQUE = "ID_UNDERLYING_UNIQUE"
GOLD = "GS1-1-TH-GS100-12-2022-1-"


@pytest.fixture
async def world() -> ClearingWorld:
    """The trading world, with the mechanism registry and its pending account."""
    made = await trading_again()
    mr = await made.admit("mr", "XMR01")
    await state_approach(made, "CA0001", ("THA", "CHE"))
    receipt = receipt_of(
        await mr.say(
            PayloadKind.ACCOUNT_STATEMENT,
            statements_pb2.AccountStatement(
                account_id=make_account_id(RegistryId("XMR01"), 100, 1),
                registry="XMR01",
                account_type=100,
                terms=rulebooks_pb2.AccountTerms(
                    paris=terms_pb2.AccountTerms(role=terms_pb2.ACCOUNT_ROLE_PENDING)
                ),
            ),
        )
    )
    assert receipt.effective, receipt.refusal
    return made


def credits_issued(
    world: ClearingWorld, first: int, *ids: str, programme_name: str = "GS"
) -> proposal_pb2.ProposedTransaction:
    """An issuance of ten units for each pair of ids."""
    made = issuance(world, "THA01", first, first + 9)
    pattern = made.blocks[0].attributes
    del made.blocks[:]
    for place in range(0, len(ids), 2):
        start = first + place * 5
        block = made.blocks.add(registry="THA01", first=start, last=start + 9, attributes=pattern)
        block.attributes.paris.underlying.CopyFrom(
            attributes_pb2.UnderlyingUnits(
                registry=programme_name, first_unit_id=ids[place], last_unit_id=ids[place + 1]
            )
        )
    return made


def gold(first: int, last: int) -> tuple[str, str]:
    return f"{GOLD}{first}", f"{GOLD}{last}"


def odd(first: int, last: int) -> tuple[str, str]:
    return f" gs1\u20131-th-GS0100-12-2022-01-{first:,}.", f"gs1-1-th-gs100-12-2022-1-{last:,}"


def cers(world: ClearingWorld, first: int, *serials: str) -> proposal_pb2.ProposedTransaction:
    """An issuance of ten units for each Kyoto serial."""
    made = issuance(world, "XMR01", first, first + 9)
    stated = made.blocks[0].attributes.paris
    stated.ClearField("authorization")
    stated.unit_type, stated.vintage = attributes_pb2.UNIT_TYPE_CER, 2018
    stated.cooperative_approach, stated.activity = "CA0001", "CDM 77"
    stated.cer.project_registration_date = "2013-05-01"
    pattern = rulebooks_pb2.UnitAttributes(paris=stated)
    del made.blocks[:]
    for place, serial in enumerate(serials):
        start = first + place * 10
        block = made.blocks.add(registry="XMR01", first=start, last=start + 9, attributes=pattern)
        block.attributes.paris.cer.kyoto_serial = serial
    return made


PLAIN = "TH-5-101-110-2-2-0-77"
SPELLED = "th\u20135-0,101-0,110-2-2-00-77"


async def issues(
    world: ClearingWorld, kind: str, first: int, *, spelled: bool = False
) -> tuple[Sender, proposal_pb2.ProposedTransaction]:
    if kind == "cer":
        return world.senders["mr"], cers(world, first, SPELLED if spelled else PLAIN)
    ids = odd(1001, 1010) if spelled else gold(1001, 1010)
    return world.senders["tha"], credits_issued(world, first, *ids)


KINDS = pytest.mark.parametrize("kind", ["credit", "cer"])


async def tried(sender: Sender, made: proposal_pb2.ProposedTransaction) -> dict[str, str]:
    """What a dry run finds."""
    envelope = sealed(sender, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=made))
    answer = await send(sender, envelope, validate_only=True)
    return failed(verdict_of(answer).results[0])


@KINDS
async def test_a_second_claim_is_refused_in_any_spelling_also_after_a_restart(
    world: ClearingWorld, kind: str
) -> None:
    sender, made = await issues(world, kind, 500_001)
    verdict = await sender.propose(made)
    assert verdict.state == COMPLETED, failed(verdict)
    world.house = restarted(world)
    await world.house.start()
    for spelled in (False, True):
        sender, again = await issues(world, kind, 600_001, spelled=spelled)
        assert failed(await sender.propose(again)).keys() == {UNIQUE}
    assert broken_invariants(world.connection) == []


@KINDS
async def test_of_two_in_one_batch_the_first_has_them(world: ClearingWorld, kind: str) -> None:
    sender, one = await issues(world, kind, 500_001)
    _, two = await issues(world, kind, 600_001, spelled=True)
    verdict = await batch(sender, [one, two])
    assert [each.state for each in verdict.results] == [COMPLETED, INVALIDATED]
    assert findings_of(verdict, 1)[UNIQUE].outcome == decision_pb2.OUTCOME_FAILED


@KINDS
async def test_a_dry_run_takes_nothing(world: ClearingWorld, kind: str) -> None:
    sender, made = await issues(world, kind, 500_001)
    assert (await tried(sender, made)) == {}
    sender, again = await issues(world, kind, 600_001, spelled=True)
    assert (await sender.propose(again)).state == COMPLETED
    sender, late = await issues(world, kind, 700_001)
    assert (await tried(sender, late)).keys() == {UNIQUE}


@KINDS
async def test_of_two_that_wait_the_first_to_be_completed_has_them(
    world: ClearingWorld, kind: str
) -> None:
    waiting: list[str] = []
    sender = world.senders["mr" if kind == "cer" else "tha"]
    for first in (500_001, 600_001):
        _, made = await issues(world, kind, first, spelled=bool(waiting))
        made.completion = BY_PROPOSER
        assert (await sender.propose(made)).state == VALIDATED
        waiting.append(made.transaction_id)
    assert (await answer_to(sender, PayloadKind.COMPLETION, waiting[1])).effective
    other = await answer_to(sender, PayloadKind.COMPLETION, waiting[0])
    assert (other.effective, other.refusal.code) == (False, UNIQUE)
    assert (await answer_to(sender, PayloadKind.WITHDRAWAL, waiting[0])).effective


@KINDS
async def test_what_was_withdrawn_or_refused_is_free(world: ClearingWorld, kind: str) -> None:
    sender, made = await issues(world, kind, 500_001)
    made.completion = BY_PROPOSER
    assert (await sender.propose(made)).state == VALIDATED
    assert (await answer_to(sender, PayloadKind.WITHDRAWAL, made.transaction_id)).effective
    sender, wrong = await issues(world, kind, 600_001)
    wrong.blocks[0].quantity = 11
    assert (await sender.propose(wrong)).state == INVALIDATED
    sender, again = await issues(world, kind, 500_001, spelled=True)
    assert (await sender.propose(again)).state == COMPLETED


async def test_blocks_of_one_proposal_share_nothing(world: ClearingWorld) -> None:
    tha, mr = world.senders["tha"], world.senders["mr"]
    made = credits_issued(world, 500_001, *gold(1, 10), *odd(10, 19))
    assert failed(await tha.propose(made)).keys() == {UNIQUE}
    made = cers(
        world,
        500_001,
        "TH-5-1-10-2-2-0-77",
        "TH\u20135\u20130,010\u20130,019\u20132\u20132\u20130\u201377",
    )
    assert failed(await mr.propose(made)).keys() == {UNIQUE}
    made = credits_issued(world, 500_001, *gold(1, 10), *odd(11, 20))
    assert (await tha.propose(made)).state == COMPLETED
    made = cers(
        world,
        500_001,
        "TH-5-1-10-2-2-0-77",
        "TH\u20135\u20130,011\u20130,020\u20132\u20132\u20130\u201377",
    )
    assert (await mr.propose(made)).state == COMPLETED


async def test_credits_are_taken_whatever_letter_the_units_name(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    assert (await tha.propose(credits_issued(world, 500_001, *gold(1, 10)))).state == COMPLETED
    await authorize(tha, authorization_id="second")
    other = credits_issued(world, 600_001, *odd(1, 10), programme_name="Gold Standard")
    other.blocks[0].attributes.paris.authorization.id = "second"
    verdict = await tha.propose(other)
    assert UNIQUE in failed(verdict)
    assert "back THA01:500001-500010" in failed(verdict)[UNIQUE]


async def test_cancelled_units_do_not_free_their_credits(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    assert (await tha.propose(credits_issued(world, 500_001, *gold(1, 10)))).state == COMPLETED
    await world.open_account(tha, "THA01", 330)
    ended = transfer(
        world, 500_001, 500_010, taker="THA01", to_type=330,
        kind=proposal_pb2.TRANSACTION_TYPE_CANCELLATION,
    )  # fmt: skip
    verdict = await tha.propose(ended)
    assert verdict.state == COMPLETED, failed(verdict)
    assert UNIQUE in failed(await tha.propose(credits_issued(world, 600_001, *odd(1, 10))))


async def test_parts_are_found_wherever_they_lie(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    assert (await tha.propose(credits_issued(world, 500_001, *gold(1001, 1010)))).state == COMPLETED
    start = 600_001
    for first, last in ((992, 1001), (1010, 1019), (1005, 1014), (1001, 1010)):
        made = credits_issued(world, start, *odd(first, last))
        assert UNIQUE in failed(await tha.propose(made)), (first, last)
    for first, last in ((991, 1000), (1011, 1020)):
        verdict = await tha.propose(credits_issued(world, start, *odd(first, last)))
        assert verdict.state == COMPLETED, failed(verdict)
        start += 10


async def test_only_named_credits_are_told_of(world: ClearingWorld) -> None:
    tha, batches = world.senders["tha"], "GS1-1-TH-GS100-12-2022-"
    wide = credits_issued(world, 500_001, f"{batches}11-7", f"{batches}20-7")
    assert (await tha.propose(wide)).state == COMPLETED
    for first, last, told in (
        ("15-7", "24-7", f"{batches}15-7 to {batches}20-7"),
        ("15-8", "24-8", f"{batches}15-8 to {batches}24-8"),
        ("15-1", "15-10", f"{batches}15-7 to {batches}15-7"),
    ):
        made = credits_issued(world, 600_001, f"{batches}{first}", f"{batches}{last}")
        assert f"{told} of GS already back" in failed(await tha.propose(made))[UNIQUE]


async def test_an_event_speaks_for_the_programme_under_any_of_its_names(
    world: ClearingWorld,
) -> None:
    gs = await programme(world)
    told = await event(gs, 1, 10, programme="gold standard")
    assert told.effective, told.refusal
    again = await event(gs, 10, 10)
    assert (again.effective, again.refusal.code) == (False, "ALREADY_EXISTS")
    stranger = await event(gs, 1, 10, programme="Verra")
    assert (stranger.effective, stranger.refusal.code) == (False, "PERMISSION_DENIED")


async def test_the_database_refuses_what_the_checks_would_have_let_through(
    world: ClearingWorld,
) -> None:
    sender, made = await issues(world, "cer", 500_001)
    assert (await sender.propose(made)).state == COMPLETED
    with pytest.raises(sqlite3.IntegrityError, match="backs one unit only"):
        world.connection.execute(
            "INSERT INTO lookup SELECT l.space, l.name, l.low, l.high, i.registry, i.first"
            " FROM lookup l JOIN issued_block i ON i.first <> l.first WHERE l.first = 500001"
        )
