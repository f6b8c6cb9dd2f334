# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Kyoto's limits in a real clearing-house: carry-over, shares of proceeds, caps, and who wins a race."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.known_regimes import ALL_REGIMES
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from tests.kit.clearing import ClearingWorld, Sender, failed
from tests.kit.kyoto import kyoto, kyoto_world, open_kyoto, state, take_part
from tests.kit.many import many

ASSIGNED = 3_412_080_630
LIMIT = 85_302_015
VALID, DONE = decision_pb2.STATE_VALIDATED, decision_pb2.STATE_COMPLETED


def tally(world: ClearingWorld, name: str) -> tuple[int, int]:
    row = world.connection.execute(
        "SELECT quantity, reserved FROM tally WHERE name = ?", (f"kyoto-{name}",)
    ).fetchone()
    return row or (0, 0)


async def britain() -> tuple[ClearingWorld, Sender]:
    """The United Kingdom after the first period: its published assigned amount, compliance settled."""
    world = await kyoto_world()
    await state(
        world,
        period=kyoto_pb2.CommitmentPeriod(
            period=2, first_day="2013-01-01", last_day="2020-12-31", true_up_ends="2023-09-09"
        ),
    )
    await state(
        world,
        period=kyoto_pb2.CommitmentPeriod(
            period=1, first_day="2008-01-01", last_day="2012-12-31", true_up_ends="2030-11-18",
            carry_over_from="2015-11-19", carry_over_until="2023-09-09",
        ),
    )  # fmt: skip
    await state(
        world,
        assigned_amount=kyoto_pb2.AssignedAmount(
            party="GBR", period=1, quantity=ASSIGNED, base_emissions=779_904_144, base_year=1990,
            per_myriad=8750,
        ),
    )  # fmt: skip
    gbr = world.senders["gbr"]
    await open_kyoto(gbr, "GBR01", 130)
    for kind in (210, 230):
        await open_kyoto(gbr, "GBR01", kind, period=1)
    await done(gbr, kyoto(world, "ISSUANCE", 1, 300_000_000))
    return world, gbr


async def done(sender: Sender, wanted: proposal_pb2.ProposedTransaction) -> str:
    verdict = await sender.propose(wanted)
    assert verdict.state == DONE, failed(verdict)
    return wanted.transaction_id


def waiting(wanted: proposal_pb2.ProposedTransaction) -> proposal_pb2.ProposedTransaction:
    wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    return wanted


def carry_over(
    world: ClearingWorld, first: int, last: int, *, to_type: int = 100
) -> proposal_pb2.ProposedTransaction:
    wanted = kyoto(world, "CARRY_OVER", first, last, to_type=to_type)
    wanted.terms.kyoto.become.applicable_period = 2
    return wanted


def loser(verdict: decision_pb2.TransactionVerdict) -> dict[str, str]:
    """What stands against the transaction, by check, with the transaction that is named."""
    return {each.check_id: each.conflicting_transaction_id for each in failures(verdict)}


def failures(verdict: decision_pb2.TransactionVerdict) -> list[decision_pb2.Finding]:
    return [each for each in verdict.findings if each.outcome == decision_pb2.OUTCOME_FAILED]


# -- carry-over -------------------------------------------------------------------------------------


async def settled(world: ClearingWorld) -> None:
    said = kyoto_pb2.Compliance(
        party="GBR", period=1, settled_on="2016-08-01", emissions=3_017_236_560
    )
    await state(world, compliance=said)


async def test_erus_are_carried_over_up_to_the_published_limit_and_not_one_more() -> None:
    world, gbr = await britain()
    await done(gbr, kyoto(world, "CONVERSION", 1, 100_928_230))
    early = await gbr.propose(carry_over(world, 1, LIMIT))
    assert list(failed(early)) == ["KP_CO_COMPLIANCE"]
    await settled(world)
    over = await gbr.propose(carry_over(world, 1, LIMIT + 1))
    assert list(failed(over)) == ["KP_CO_LIMIT"]
    (told,) = failures(over)
    for figure in (LIMIT + 1, LIMIT, 0):
        assert str(figure) in told.found
    await done(gbr, carry_over(world, 1, LIMIT))
    more = await gbr.propose(carry_over(world, LIMIT + 1, LIMIT + 1))
    assert list(failed(more)) == ["KP_CO_LIMIT"]
    assert f"{LIMIT} of its limit of {LIMIT} are used" in failures(more)[0].found
    again = await gbr.propose(carry_over(world, 1, 5))
    assert "KP_CO_PERIOD" in failed(again)
    assert tally(world, "carried:GBR:1:3") == (LIMIT, 0)
    assert tally(world, "held:GBR:1") == (300_000_000 - LIMIT, 0)
    assert tally(world, "held:GBR:2") == tally(world, "reserve:GBR:2") == (LIMIT, 0)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


async def test_neither_rmus_nor_units_of_an_open_period_nor_any_after_the_window_are_carried_over() -> (
    None
):
    world, gbr = await britain()
    await settled(world)
    allowed = kyoto_pb2.RemovalAllowance(party="GBR", period=1, activity=FOREST, quantity=100)
    await state(world, removal_allowance=allowed)
    await done(gbr, rmus(world, 500_000_000, 500_000_099, FOREST))
    forest = await gbr.propose(carry_over(world, 500_000_000, 500_000_009))
    assert "KP_CO_UNITS" in failed(forest)
    await done(gbr, kyoto(world, "CONVERSION", 1, 100))
    world.clock.advance(datetime(2023, 9, 10, tzinfo=UTC) - world.clock.now())
    late = await gbr.propose(carry_over(world, 1, 100))
    assert failed(late) == {
        "KP_CO_WINDOW": "units of commitment period 1 are carried over from 2015-11-19 to 2023-09-09;"
        " it is 2023-09-10"
    }


async def test_what_waits_to_be_carried_over_is_kept_of_the_limit() -> None:
    world, gbr = await britain()
    await settled(world)
    await done(gbr, kyoto(world, "CONVERSION", 1, 100_928_230))
    first = await gbr.propose(waiting(carry_over(world, 1, LIMIT)))
    assert first.state == VALID, failed(first)
    assert tally(world, "carried:GBR:1:3") == (0, LIMIT)
    second = await gbr.propose(carry_over(world, LIMIT + 1, LIMIT + 1))
    assert list(failed(second)) == ["KP_CO_LIMIT"]


async def test_aaus_go_into_the_surplus_reserve_and_leave_it_by_no_transfer() -> None:
    world, gbr = await britain()
    await settled(world)
    stay = await gbr.propose(carry_over(world, 1, 1000))
    assert list(failed(stay)) == ["KP_CO_TARGET"]
    await done(gbr, carry_over(world, 1, 1000, to_type=130))
    back = kyoto(world, "TRANSFER", 1, 10)
    back.from_account = make_account_id(RegistryId("GBR01"), 130, 1)
    assert list(failed(await gbr.propose(back))) == ["KP_TRF_PPSR"]
    into = kyoto(world, "TRANSFER", 2000, 2001, to_type=130)
    assert list(failed(await gbr.propose(into))) == ["KP_TRF_PPSR"]
    assert tally(world, "held:GBR:2") == (1000, 0)


# -- races ------------------------------------------------------------------------------------------

RACES: dict[str, tuple[Callable[[ClearingWorld], proposal_pb2.ProposedTransaction], str]] = {
    "conversion": (lambda world: kyoto(world, "CONVERSION", 11, 20), "KP_CONV_UNITS"),
    "cancellation": (
        lambda world: kyoto(world, "CANCELLATION", 11, 20, to_type=230),
        "KP_UNITS_ENDED",
    ),
    "retirement": (
        lambda world: kyoto(world, "RETIREMENT", 11, 20, to_type=300),
        "KP_UNITS_ENDED",
    ),
    "carry-over": (lambda world: carry_over(world, 11, 20, to_type=130), "KP_UNITS_ENDED"),
    "carry-over in place": (lambda world: carry_over(world, 1_011, 1_020), "KP_CO_PERIOD"),
}


@pytest.mark.parametrize("kind", RACES)
@pytest.mark.parametrize("waits", many([False, True], {"False"}))
async def test_of_two_that_race_one_wins_and_the_loser_hears_of_the_winner(
    kind: str, waits: bool
) -> None:
    world, gbr = await britain()
    await done(gbr, kyoto(world, "CONVERSION", 1_001, 2_000))
    if kind.startswith("carry"):
        await settled(world)
    made, by = RACES[kind]
    wishes = [made(world), made(world)]
    if waits:
        wishes[0] = waiting(wishes[0])
    won, lost = await asyncio.gather(*map(gbr.propose, wishes))
    assert won.state == (VALID if waits else DONE), failed(won)
    assert lost.state == decision_pb2.STATE_INVALIDATED
    named = loser(lost)
    assert wishes[0].transaction_id in named.values(), named
    if kind != "carry-over":
        assert named["ID_LOCKED" if waits else by] == wishes[0].transaction_id, named
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


# -- shares of proceeds -----------------------------------------------------------------------------


def of_second(wanted: proposal_pb2.ProposedTransaction, supplementary: int = 0) -> Any:  # noqa: ANN401
    for block in wanted.blocks:
        if block.HasField("attributes"):
            block.attributes.kyoto.original_period = block.attributes.kyoto.applicable_period = 2
    wanted.terms.kyoto.supplementary_type = supplementary
    return wanted


async def test_two_per_cent_are_given_before_aaus_first_leave_and_before_erus_are_made() -> None:
    world, gbr = await britain()
    await state(
        world, assigned_amount=kyoto_pb2.AssignedAmount(party="GBR", period=2, quantity=10_000)
    )
    await state(world, inventory=kyoto_pb2.Inventory(
        party="GBR", year=2019, emissions=1, reviewed_on="2021-04-15"))  # fmt: skip
    cdm, che = await world.admit("cdm", "XCD01"), world.senders["che"]
    await take_part(world, "XCD01", "kyoto")
    await open_kyoto(cdm, "XCD01", 100, fund=True)
    other = await open_kyoto(cdm, "XCD01", 100, number=2)
    begin = 400_000_000
    await done(gbr, of_second(kyoto(world, "ISSUANCE", begin, begin + 9_999)))

    def offer(first: int, last: int, taker: str, kind: int) -> Any:  # noqa: ANN401
        wanted = kyoto(world, "TRANSFER", begin + first, begin + last, taker=taker)
        return of_second(wanted, kind)

    early = await gbr.propose(offer(0, 979, "CHE01", 0))
    assert list(failed(early)) == ["KP_SOP_CP2"]
    assert "20 more are owed" in failures(early)[0].found
    share = offer(9_980, 9_999, "XCD01", 47)
    assert (await gbr.propose(share)).state == VALID
    assert list(failed(await gbr.propose(offer(0, 979, "CHE01", 0)))) == ["KP_SOP_CP2"]
    await cdm.accept(share.transaction_id)
    first = offer(0, 979, "CHE01", 0)
    verdict = await gbr.propose(first)
    assert verdict.state == VALID, failed(verdict)
    assert list(failed(await gbr.propose(offer(980, 980, "CHE01", 0)))) == ["KP_SOP_CP2"]
    assert (await che.accept(first.transaction_id)).state == DONE
    assert list(failed(await gbr.propose(offer(980, 980, "CHE01", 0)))) == ["KP_SOP_CP2"]
    plain = await gbr.propose(offer(980, 980, "XCD01", 0))
    assert list(failed(plain)) == ["KP_SOP_CP2", "KP_SOP_ACCOUNT"]
    astray = offer(9_960, 9_979, "XCD01", 47)
    astray.to_account = other  # a holding account of the same registry that is not the fund's
    told = failed(await gbr.propose(astray))
    assert list(told) == ["KP_SOP_ACCOUNT"]
    assert "expected the Adaptation Fund's account" in told["KP_SOP_ACCOUNT"]

    convert = kyoto(world, "CONVERSION", begin + 2_000, begin + 2_979)
    assert list(failed(await gbr.propose(of_second(convert, 57)))) == ["KP_SOP_CP2"]
    await done(gbr, of_second(kyoto(world, "CONVERSION", begin + 3_000, begin + 3_019), 56))
    kept = await gbr.propose(offer(3_000, 3_019, "CHE01", 0))
    assert list(failed(kept)) == ["KP_SOP_ACCOUNT"]
    given = offer(3_000, 3_019, "XCD01", 49)
    assert (await gbr.propose(given)).state == VALID
    await cdm.accept(given.transaction_id)
    convert = kyoto(world, "CONVERSION", begin + 2_000, begin + 2_979)
    await done(gbr, of_second(convert, 57))
    assert tally(world, "share-conversions:GBR:2") == (20, 0)
    assert tally(world, "converted-after:GBR:2") == (980, 0)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


# -- issuance and cancellation ------------------------------------------------------------------------


FOREST = attributes_pb2.LULUCF_ACTIVITY_FOREST_MANAGEMENT
CLEARED = attributes_pb2.LULUCF_ACTIVITY_DEFORESTATION


def rmus(
    world: ClearingWorld, first: int, last: int, activity: attributes_pb2.LulucfActivity.ValueType
) -> proposal_pb2.ProposedTransaction:
    wanted = kyoto(world, "ISSUANCE", first, last)
    said = wanted.blocks[0].attributes.kyoto
    said.unit_type = attributes_pb2.UNIT_TYPE_RMU
    said.lulucf_activity = activity
    return wanted


async def test_rmus_are_issued_by_activity_up_to_the_allowance_or_the_activity_is_cancelled_for() -> (
    None
):
    world, gbr = await britain()
    for activity, quantity in ((FOREST, 6_783_333), (CLEARED, 5)):
        allowed = kyoto_pb2.RemovalAllowance(
            party="GBR", period=1, activity=activity, quantity=quantity
        )
        await state(world, removal_allowance=allowed)
    notices = {FOREST: 1, CLEARED: 2}
    for activity, number in notices.items():
        notice = kyoto_pb2.LogNotice(
            number=number,
            type=kyoto_pb2.LOG_NOTICE_TYPE_NET_SOURCE,
            registry="GBR01",
            activity=activity,
            quantity=10,
        )
        await state(world, log_notice=notice)
    base = 500_000_000
    over = await gbr.propose(rmus(world, base, base + 6_783_333, FOREST))
    assert list(failed(over)) == ["KP_ISSUE_ALLOWANCE"]
    await done(gbr, rmus(world, base, base + 6_783_332, FOREST))

    def net_source(
        first: int, last: int, activity: attributes_pb2.LulucfActivity.ValueType
    ) -> proposal_pb2.ProposedTransaction:
        wanted = kyoto(world, "CANCELLATION", first, last, to_type=210)
        wanted.terms.kyoto.net_source_activity = activity
        wanted.terms.kyoto.log_notice = notices[activity]
        return wanted

    both = await gbr.propose(net_source(1, 10, FOREST))
    assert list(failed(both)) == ["KP_ISS_NOT_BOTH"]
    verdict = await gbr.propose(waiting(net_source(1, 10, CLEARED)))
    assert verdict.state == VALID, failed(verdict)
    assert tally(world, "net-source:GBR:1:2") == (0, 10)
    late = await gbr.propose(rmus(world, base * 2, base * 2, CLEARED))
    assert list(failed(late)) == ["KP_ISS_NOT_BOTH"]


@pytest.mark.parametrize(
    ("registry", "kind", "opens"),
    [
        ("GBR01", 240, False),
        ("GBR01", 110, False),
        ("XCD01", 210, False),
        ("XCD01", 300, False),
        ("XCD01", 240, True),
        ("GBR01", 220, True),
    ],
)
async def test_an_account_is_opened_where_its_type_exists(
    registry: str, kind: int, opens: bool
) -> None:
    world = await kyoto_world()
    sender = world.senders["gbr"]
    if registry == "XCD01":
        sender = await world.admit("cdm", "XCD01")
        await take_part(world, "XCD01", "kyoto")
    period = 0 if kind < 200 else 1
    with nullcontext() if opens else pytest.raises(AssertionError):
        await open_kyoto(sender, registry, kind, period=period)
