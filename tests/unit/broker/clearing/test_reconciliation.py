# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The books of a registry are compared with the record, in stages, as of a receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from google.protobuf.message import Message

from broker.known_regimes import ALL_REGIMES
from broker.rulebook.kyoto.log_codes import LOG_CODES
from broker.verifying.verify import verify
from itmo import limits
from itmo.books import Entry
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.reasons import ProtocolError
from itmo.timestamps import timestamp
from registry_node.commands.stating import begin, stated
from tests.kit.clearing import (
    APPROACH,
    START,
    ClearingWorld,
    failed,
    issuance,
    state_approach,
    state_party,
    transfer,
)
from tests.kit.kyoto import swiss, world_of_both
from tests.kit.many import many
from tests.kit.plays import UNDER_TOY
from tests.kit.reconciliation import (
    case_row,
    events,
    no_trail,
    place_of,
    quarantined,
    reconcile,
    recorded,
    resolve,
    state,
)
from tests.kit.sharing import VIEW, share, sharing_world
from tests.kit.world_again import trading_again


def books_of(world: ClearingWorld, registry: str) -> Callable[[], list[Entry]]:
    return lambda: recorded(world, registry)


async def traded() -> ClearingWorld:
    """Thailand has 1-1000 and 2001-100000, Switzerland 1001-2000."""
    world = await trading_again()
    offered = transfer(world, 1_001, 2_000)
    await world.senders["tha"].propose(offered)
    await world.senders["che"].accept(offered.transaction_id)
    return world


async def test_books_that_agree_need_a_digest_and_nothing_else() -> None:
    world = await traded()
    for node, registry in (("tha", "THA01"), ("che", "CHE01")):
        went = await reconcile(world.senders[node], registry, books_of(world, registry))
        assert went.stages == ["BEGIN", "DIGEST"]
        assert went.outcome == "AGREED"
        assert not went.answers[0].totals
        assert not went.answers[0].blocks
    assert quarantined(world) == []
    assert verify(world.connection, lambda _: None).problems == ()


Wrong = Callable[[list[Entry]], list[Entry]]


def less(entries: list[Entry], first: int, last: int) -> Iterable[Entry]:
    """Entries without some units."""
    for each in entries:
        if each.first < first:
            yield replace(each, last=min(each.last, first - 1))
        if each.last > last:
            yield replace(each, first=max(each.first, last + 1))


def a_block_missing(entries: list[Entry]) -> list[Entry]:
    return list(less(entries, 501, 600))


def a_block_too_many(entries: list[Entry]) -> list[Entry]:
    return [*entries, replace(entries[0], first=1_100, last=1_199)]


def one_quantity(entries: list[Entry]) -> list[Entry]:
    return [replace(entries[0], last=entries[0].last - 1), *entries[1:]]


def another_account(entries: list[Entry]) -> list[Entry]:
    moved = replace(entries[0].part, account_id="THA01-100-9-99")
    return [*less(entries, 501, 600), replace(entries[0], first=501, last=600, part=moved)]


def another_content(entries: list[Entry]) -> list[Entry]:
    return [*less(entries, 501, 600), replace(entries[0], first=501, last=600, content=bytes(32))]


def other_serials(entries: list[Entry]) -> list[Entry]:
    """As many units as before, but not the same ones."""
    return [*less(entries, 501, 600), replace(entries[0], first=1_501, last=1_600)]


WRONG: dict[Wrong, list[tuple[str, int, int, str]]] = {
    a_block_missing: [("THA01", 501, 600, "MISSING")],
    a_block_too_many: [("THA01", 1_100, 1_199, "SURPLUS")],
    one_quantity: [("THA01", 1_000, 1_000, "MISSING")],
    another_account: [("THA01", 501, 600, "ACCOUNT")],
    another_content: [("THA01", 501, 600, "CONTENT")],
    other_serials: [("THA01", 501, 600, "MISSING"), ("THA01", 1_501, 1_600, "SURPLUS")],
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda each: each.__name__)
async def test_what_differs_is_found_and_held_by_range(
    wrong: Callable[[list[Entry]], list[Entry]],
) -> None:
    world = await traded()
    tha = world.senders["tha"]
    went = await reconcile(tha, "THA01", lambda: wrong(recorded(world, "THA01")))
    assert went.stages == ["BEGIN", "DIGEST", "TOTALS", "BLOCKS", "TRAIL"]
    assert went.outcome == "DIFFERS"
    assert went.differences == WRONG[wrong]
    assert quarantined(world) == [(*each, "THA01") for each in WRONG[wrong]]
    assert case_row(world, went.case_id) == {
        "registry": "THA01",
        "owner": "REGISTRY",
        "right": None,
    }
    assert events(world, went.case_id) == ["OPENED", "TRAIL"]
    assert verify(world.connection, lambda _: None).problems == ()


async def test_transfers_under_way_never_look_like_differences() -> None:
    """Books are stated as of a receipt; what is decided between two of them is in neither."""
    world = await traded()
    tha, che = world.senders["tha"], world.senders["che"]
    first = await state(tha, begin("THA01"))
    as_of = recorded(world, "THA01")
    offered = transfer(world, 3_001, 4_000)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)
    assert recorded(world, "THA01") != as_of
    written = stated(first.reconciliation, "THA01", place_of(first), as_of, no_trail)
    assert written is not None
    assert (await state(tha, written)).reconciliation.outcome == pb.RECONCILIATION_OUTCOME_AGREED


async def test_a_difference_that_went_meanwhile_opens_no_case() -> None:
    world = await traded()
    tha = world.senders["tha"]
    stages: Iterator[Wrong] = iter([a_block_missing, list, list])
    went = await reconcile(tha, "THA01", lambda: next(stages)(recorded(world, "THA01")))
    assert went.stages == ["BEGIN", "DIGEST", "TOTALS"]
    assert went.outcome == "AGREED"


async def test_a_large_registry_is_compared_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BOOKS_RANGES", 2)
    world = await trading_again()
    for first in range(10_001, 90_000, 10_000):
        offered = transfer(world, first, first + 99)
        await world.senders["tha"].propose(offered)
        await world.senders["che"].accept(offered.transaction_id)
    for node, registry in (("tha", "THA01"), ("che", "CHE01")):
        went = await reconcile(world.senders[node], registry, books_of(world, registry))
        assert went.stages == ["BEGIN", *["DIGEST"] * ((len(recorded(world, registry)) + 1) // 2)]
        assert went.outcome == "AGREED"

    def wrong() -> list[Entry]:
        held = [*less(recorded(world, "THA01"), 5_001, 5_010), *recorded(world, "CHE01")[3:4]]
        return [*less(held, 95_001, 95_002)]

    went = await reconcile(world.senders["tha"], "THA01", wrong)
    assert went.differences == [
        ("THA01", 5_001, 5_010, "MISSING"),
        ("THA01", 40_001, 40_100, "SURPLUS"),
        ("THA01", 95_001, 95_002, "MISSING"),
    ]
    assert len({answer.case_id for answer in went.answers if answer.case_id}) == 1
    assert events(world, went.case_id) == ["OPENED", "TRAIL", "ADDED", "TRAIL", "ADDED", "TRAIL"]
    assert verify(world.connection, lambda _: None).problems == ()


async def test_a_case_waits_for_the_operator_once_the_books_agree_and_ends_by_its_word() -> None:
    world = await traded()
    tha = world.senders["tha"]
    went = await reconcile(tha, "THA01", lambda: a_block_missing(recorded(world, "THA01")))
    again = await reconcile(tha, "THA01", lambda: a_block_missing(recorded(world, "THA01")))
    assert again.case_id == went.case_id, "what is known opens no second case"
    assert len(quarantined(world)) == 1
    agreed = await reconcile(tha, "THA01", books_of(world, "THA01"))
    assert agreed.outcome == "AGREED"
    assert len(quarantined(world)) == 1, "nobody but the operator lifts a quarantine"
    assert case_row(world, went.case_id)["owner"] == "OPERATOR"
    receipt = await resolve(world, went.case_id)
    assert receipt.effective, receipt.refusal
    assert quarantined(world) == []
    assert events(world, went.case_id) == [
        "OPENED", "TRAIL", "DIFFERS_STILL", "TRAIL", "AGREES", "RESOLVED"
    ]  # fmt: skip
    for case_id, right, reason, code in (
        (went.case_id, "RECORD", "again", "ALREADY_EXISTS"),
        ("0", "RECORD", "a case", "NOT_FOUND"),
        (went.case_id, "UNSPECIFIED", "why", "PAYLOAD_INVALID"),
        (went.case_id, "RECORD", " ", "PAYLOAD_INVALID"),
    ):
        with pytest.raises(ProtocolError) as refused:
            await resolve(world, case_id, right, reason)
        assert refused.value.reason == code
    assert verify(world.connection, lambda _: None).problems == ()


async def test_more_that_differs_later_is_a_case_of_its_own() -> None:
    world = await traded()
    tha = world.senders["tha"]
    one = await reconcile(tha, "THA01", lambda: a_block_missing(recorded(world, "THA01")))
    two = await reconcile(
        tha, "THA01", lambda: list(less(a_block_missing(recorded(world, "THA01")), 701, 701))
    )
    assert two.case_id != one.case_id
    assert quarantined(world) == [
        ("THA01", 501, 600, "MISSING", "THA01"),
        ("THA01", 701, 701, "MISSING", "THA01"),
    ]


async def test_what_a_node_carried_out_and_the_record_lacks_is_the_operators_case() -> None:
    world = await traded()
    tha = world.senders["tha"]

    def trail(_: object) -> list[pb.TrailEntry]:
        return [pb.TrailEntry(transaction_id=world.transaction_id(), proposal_hash=bytes(32))]

    went = await reconcile(tha, "THA01", lambda: a_block_missing(recorded(world, "THA01")), trail)
    assert case_row(world, went.case_id)["owner"] == "OPERATOR"


NOBODYS = "01890000-0000-7000-8000-000000000000"
FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "no stage": ({"stage": 0}, "PAYLOAD_INVALID"),
    "a stage that is not defined": ({"stage": 9}, "PAYLOAD_INVALID"),
    "the id of another registry's": ({"reconciliation_id": "theirs"}, "NOT_FOUND"),
    "an id that is none": ({"reconciliation_id": "THA1"}, "IDENTIFIER_INVALID"),
    "no id": ({"reconciliation_id": ""}, "IDENTIFIER_INVALID"),
    "an id that nobody began": ({"reconciliation_id": NOBODYS}, "NOT_FOUND"),
    "another place": ({"snapshot_index": 1}, "SNAPSHOT_MISMATCH"),
    "no place": ({"snapshot_index": 0}, "SNAPSHOT_MISMATCH"),
    "another time": ({"snapshot_time": timestamp(START - timedelta(hours=1))}, "SNAPSHOT_MISMATCH"),
    "no time": ({"snapshot_time": None}, "PAYLOAD_INVALID"),
    "a digest that is none": ({"digest": b"1"}, "PAYLOAD_INVALID"),
    "totals out of turn": (
        {"stage": pb.RECONCILIATION_STAGE_TOTALS, "digest": b""},
        "RECONCILIATION_OUT_OF_TURN",
    ),
    "totals beside the digest": ({"totals": [pb.BooksTotal(quantity=1)]}, "PAYLOAD_INVALID"),
    "somebody else's registry": ({"registry": "CHE01"}, "MSG_SENDER_IS_FROM_REGISTRY"),
}
SOON = {
    "no stage",
    "an id that nobody began",
    "another place",
    "totals out of turn",
    "somebody else's registry",
}
"""Of the fast tests: one of each answer."""


NUMBERS = {
    "6201": {"no id"},
    "6202": {"an id that is none"},
    "6203": {"a stage that is not defined"},
    "6204": {"no place", "another time"},
    "6301": {"an id that nobody began", "the id of another registry's"},
    "6302": {"totals out of turn"},
    "6303": {"totals out of turn"},
    "6304": {"another place", "another time"},
}
"""What breaks the rules that the transaction log knew by these numbers; others are tested below."""


def test_every_number_of_reconciliation_is_broken_here() -> None:
    numbers = {number for number in LOG_CODES if number.startswith(("62", "63"))}
    assert numbers == {*NUMBERS, "6205"}
    assert all(told <= FORMS.keys() for told in NUMBERS.values())


@pytest.mark.parametrize("form", many(FORMS, SOON))
async def test_a_statement_that_is_malformed_or_out_of_turn_is_refused(form: str) -> None:
    world = await traded()
    tha, che = world.senders["tha"], world.senders["che"]
    theirs = await state(che, begin("CHE01"))
    first = await state(tha, begin("THA01"))
    written = stated(
        first.reconciliation, "THA01", place_of(first), recorded(world, "THA01"), no_trail
    )
    assert written is not None
    changes, code = FORMS[form]
    for name, value in changes.items():
        written.ClearField(cast("Any", name))
        if isinstance(value, list):
            getattr(written, name).extend(value)
        elif isinstance(value, Message):
            getattr(written, name).CopyFrom(value)
        elif value is not None:
            other = theirs.reconciliation.reconciliation_id
            setattr(written, name, other if value == "theirs" else value)
    refused = await state(tha, written)
    assert refused.refusal.code == code, refused.refusal
    for number, told in NUMBERS.items():
        if form in told:
            assert code in LOG_CODES[number].rules, number
    assert verify(world.connection, lambda _: None).problems == ()


async def test_an_ended_or_replaced_reconciliation_goes_no_further() -> None:
    world = await traded()
    tha = world.senders["tha"]
    first = await state(tha, begin("THA01"))
    await state(tha, begin("THA01"))
    written = stated(
        first.reconciliation, "THA01", place_of(first), recorded(world, "THA01"), no_trail
    )
    assert written is not None
    refused = await state(tha, written)
    assert refused.refusal.code == "RECONCILIATION_OUT_OF_TURN"
    assert "REPLACED" in refused.refusal.found


async def test_blocks_that_were_not_asked_for_and_account_types_that_are_none_are_refused() -> None:
    world = await traded()
    tha = world.senders["tha"]
    receipt = await state(tha, begin("THA01"))
    for _ in range(3):
        held = a_block_missing(recorded(world, "THA01"))
        written = stated(receipt.reconciliation, "THA01", place_of(receipt), held, no_trail)
        assert written is not None
        if written.totals:
            wrong = pb.ReconciliationStatement()
            wrong.CopyFrom(written)
            wrong.totals[0].part.account_type = 999
            refused = await state(tha, wrong)
            assert refused.refusal.code in LOG_CODES["6205"].rules
        if written.blocks:
            written.blocks[0].part.unit_class = "another"
        receipt = await state(tha, written)
    assert receipt.refusal.code == "PAYLOAD_INVALID"


async def test_a_registry_that_reports_is_not_reconciled() -> None:
    world = await sharing_world()
    await share(world.senders["vut"], "VUT01", VIEW)
    refused = await state(world.senders["vut"], begin("VUT01"))
    assert refused.refusal.code in LOG_CODES["1510"].rules


# -- quarantine -----------------------------------------------------------------------------------


async def test_what_is_held_does_not_move_and_everything_else_does() -> None:
    world = await traded()
    tha, che = world.senders["tha"], world.senders["che"]
    went = await reconcile(tha, "THA01", lambda: a_block_missing(recorded(world, "THA01")))
    refused = await tha.propose(transfer(world, 590, 610))
    assert list(failed(refused)) == ["ID_RECONCILED"]
    found = next(each.found for each in refused.findings if each.check_id == "ID_RECONCILED")
    assert found.startswith(f"THA01:590-600 are held by case {went.case_id}")
    for first, last in ((400, 500), (601, 700)):
        assert failed(await tha.propose(transfer(world, first, last))) == {}
    back = transfer(world, 1_001, 1_010, giver="CHE01", taker="THA01")
    assert failed(await che.propose(back)) == {}
    await resolve(world, went.case_id)
    assert failed(await tha.propose(transfer(world, 590, 600))) == {}
    assert verify(world.connection, lambda _: None).problems == ()


async def test_a_false_claim_binds_who_makes_it_and_nobody_else() -> None:
    """Thailand claims what Switzerland holds: it goes anywhere but to Thailand."""
    world = await traded()
    tha, che = world.senders["tha"], world.senders["che"]
    jpn = await world.admit("jpn", "JPN01")
    await state_party(world, "JPN")
    await state_approach(world, APPROACH, ("THA", "CHE", "JPN"))
    await world.open_account(jpn, "JPN01", 100)
    went = await reconcile(tha, "THA01", lambda: a_block_too_many(recorded(world, "THA01")))
    assert went.differences == [("THA01", 1_100, 1_199, "SURPLUS")]
    back = await che.propose(transfer(world, 1_100, 1_110, giver="CHE01", taker="THA01"))
    assert list(failed(back)) == ["ID_RECONCILED"]
    onward = transfer(world, 1_100, 1_110, giver="CHE01", taker="JPN01")
    assert failed(await che.propose(onward)) == {}


async def test_serials_that_the_books_have_already_are_not_issued() -> None:
    world = await traded()
    tha = world.senders["tha"]

    def dreamt() -> list[Entry]:
        held = recorded(world, "THA01")
        return [*held, replace(held[0], first=300_001, last=300_100)]

    await reconcile(tha, "THA01", dreamt)
    again = await tha.propose(issuance(world, "THA01", 300_050, 300_060))
    assert list(failed(again)) == ["ID_RECONCILED"]
    assert failed(await tha.propose(issuance(world, "THA01", 300_101, 300_200))) == {}


async def test_a_case_tells_a_stranger_nothing() -> None:
    """Who names units of others is not told that they are in a case."""
    world = await traded()
    await reconcile(
        world.senders["tha"], "THA01", lambda: a_block_missing(recorded(world, "THA01"))
    )
    wanted = transfer(world, 501, 600, giver="CHE01", taker="THA01")
    assert "ID_RECONCILED" not in failed(await world.senders["che"].propose(wanted))
    refused = await state(world.senders["che"], begin("THA01"))
    assert refused.refusal.code == "MSG_SENDER_IS_FROM_REGISTRY"


async def test_a_regime_of_its_own_is_reconciled_by_its_own_classes() -> None:
    """The mechanism knows no regime: under the toy the same holds."""
    world = await UNDER_TOY.world()
    tha, che = world.senders["tha"], world.senders["che"]
    offered = UNDER_TOY.transfer(world, 1, 100)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)
    for node, registry in (("tha", "THA01"), ("che", "CHE01")):
        own = lambda registry=registry: recorded(world, registry, UNDER_TOY.regimes)  # noqa: E731
        went = await reconcile(world.senders[node], registry, own)
        assert went.outcome == "AGREED"
    went = await reconcile(che, "CHE01", list)
    assert [each.recorded_class for each in went.answers[-2].differences] == ["moved"]
    assert list(failed(await che.propose(UNDER_TOY.ended(world, 1, 10)))) == ["ID_RECONCILED"]
    await resolve(world, went.case_id)
    assert failed(await che.propose(UNDER_TOY.ended(world, 1, 10))) == {}
    assert UNDER_TOY.problems(world.connection) == ()


async def test_units_of_two_rulebooks_are_reconciled_together_and_held_apart() -> None:
    world = await world_of_both()
    che = world.senders["che"]
    offered = transfer(world, 1, 1_000)
    await world.senders["tha"].propose(offered)
    await che.accept(offered.transaction_id)
    assert failed(await che.propose(swiss(world, "CONVERSION", 1, 10))) == {}

    def books() -> list[Entry]:
        return recorded(world, "CHE01", ALL_REGIMES)

    agreed = await reconcile(che, "CHE01", books)
    assert (agreed.stages, agreed.outcome) == (["BEGIN", "DIGEST"], "AGREED")

    def not_converted() -> list[Entry]:
        """The conversion never came into these books."""
        held = books()
        aaus = next(each for each in held if each.part.unit_class == "AAU, period 1")
        return [
            replace(each, part=aaus.part, content=aaus.content)
            if each.part.rulebook == "kyoto"
            else each
            for each in held
        ]

    went = await reconcile(che, "CHE01", not_converted)
    assert went.differences == [("CHE01", 1, 10, "CONTENT")]
    found = went.answers[-2].differences[0]
    assert (found.recorded_class, found.stated_class) == ("ERU_FROM_AAU, period 1", "AAU, period 1")
    assert list(failed(await che.propose(swiss(world, "RETIREMENT", 1, 10, 300)))) == [
        "ID_RECONCILED"
    ]
    assert failed(await che.propose(swiss(world, "RETIREMENT", 11, 20, 300))) == {}
    back = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    assert "ID_RECONCILED" not in failed(await che.propose(back)), "units of Thailand are not held"
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
