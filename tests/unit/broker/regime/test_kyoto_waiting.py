# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated anew while a Kyoto transaction waits holds for it, in a broker that starts anew in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from itmo.core.v1 import proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.payloads import PayloadKind
from tests.kit.auditing import broken_invariants
from tests.kit.cdm import out_of_pending
from tests.kit.clearing import ClearingWorld, answer_to, failed, locked, restarted
from tests.kit.forest import BASE, acquire, forest_world, give_notice, issue, under
from tests.kit.kyoto import kyoto, state
from tests.unit.broker.regime.test_kyoto_law import (
    ASSIGNED,
    CLEARED,
    DONE,
    FOREST,
    VALID,
    britain,
    carry_over,
    done,
    rmus,
    settled,
    waiting,
)
from tests.unit.broker.regime.test_kyoto_replacement import whole

Made = tuple[ClearingWorld, proposal_pb2.ProposedTransaction]


def amount(quantity: int, **said: int) -> dict[str, Any]:
    return {
        "assigned_amount": kyoto_pb2.AssignedAmount(
            party="GBR", period=1, quantity=quantity, **said
        )
    }


def allowance(quantity: int) -> dict[str, Any]:
    return {
        "removal_allowance": kyoto_pb2.RemovalAllowance(
            party="GBR", period=1, activity=FOREST, quantity=quantity
        )
    }


def verified(*, final: bool) -> dict[str, Any]:
    return {
        "verification": kyoto_pb2.Verification(
            project="GBR22",
            verification_number=1,
            from_day="2010-01-01",
            to_day="2010-12-31",
            quantity=100,
            final=final,
        )
    }


def project(track: int) -> dict[str, Any]:
    return {"project": kyoto_pb2.Project(project="GBR22", track=track)}  # type: ignore[arg-type]  # a number of the enum


async def issuance() -> Made:
    world, _ = await britain()
    return world, kyoto(world, "ISSUANCE", 400_000_000, 400_000_999)


async def removals() -> Made:
    world, _ = await britain()
    await state(world, **allowance(100))
    return world, rmus(world, 500_000_000, 500_000_099, FOREST)


async def conversion() -> Made:
    world, _ = await britain()
    await state(world, **verified(final=True))
    wanted = kyoto(world, "CONVERSION", 1, 100)
    wanted.terms.kyoto.become.track = 2  # type: ignore[assignment]  # a number of the enum
    return world, wanted


async def carried() -> Made:
    world, gbr = await britain()
    await settled(world)
    await done(gbr, kyoto(world, "CONVERSION", 1, 1000))
    return world, carry_over(world, 1, 1000)


async def expiry_change() -> Made:
    world = await forest_world()
    await acquire(world, "lCER", 1, 20)
    await give_notice(world, 9, 9, target_date="2028-06-30", project="IND7", quantity=20)
    wanted = kyoto(world, "EXPIRY_DATE_CHANGE", 1, 10, giver="GBR01", units="IND01")
    wanted.terms.kyoto.become.expiry_date = "2028-06-30"
    return world, under(wanted, 9)


async def net_source() -> Made:
    world, _ = await britain()
    await give_notice(world, 1, 1, activity=CLEARED, quantity=10)
    wanted = kyoto(world, "CANCELLATION", 1, 10, to_type=210)
    wanted.terms.kyoto.net_source_activity = CLEARED
    return world, under(wanted, 1)


def update(number: int, **said: Any) -> dict[str, Any]:  # noqa: ANN401  # fields
    notice = kyoto_pb2.LogNotice(
        number=number, type=kyoto_pb2.LOG_NOTICE_TYPE_UPDATE, registry="GBR01", **said
    )
    return {"log_notice": notice}


@pytest.mark.parametrize(
    ("made", "lowered", "before", "check"),
    [
        (issuance, amount(300_000_001), amount(ASSIGNED), "KP_ISSUE_CAP"),
        (
            issuance,
            amount(ASSIGNED, base_emissions=1, base_year=1990, per_myriad=1),
            amount(ASSIGNED),
            "KP_ISSUE_AMOUNT",
        ),
        (removals, allowance(10), allowance(100), "KP_ISSUE_ALLOWANCE"),
        (conversion, verified(final=False), verified(final=True), "KP_CONV_TRACK2"),
        (conversion, project(1), project(2), "KP_CONV_PROJECT"),
        (carried, amount(1000), amount(ASSIGNED), "KP_CO_LIMIT"),
        (
            expiry_change,
            update(9, target_date="2029-06-30"),
            update(9, target_date="2028-06-30"),
            "KP_EXP_NOTICE",
        ),
        (net_source, update(1, activity=FOREST), update(1, activity=CLEARED), "KP_NOTICE_FITS"),
    ],
)
async def test_what_was_lowered_or_changed_stops_what_waits_until_it_fits_again(
    made: Callable[[], Awaitable[Made]],
    lowered: dict[str, Any],
    before: dict[str, Any],
    check: str,
) -> None:
    world, wanted = await made()
    gbr = world.senders["gbr"]
    verdict = await gbr.propose(waiting(wanted))
    assert verdict.state == VALID, failed(verdict)
    await state(world, **lowered)
    await restarted(world).start()
    told = await answer_to(gbr, PayloadKind.COMPLETION, wanted.transaction_id)
    assert (told.effective, told.refusal.code) == (False, check), told
    await state(world, **before)
    told = await answer_to(gbr, PayloadKind.COMPLETION, wanted.transaction_id)
    assert told.state == DONE, told.refusal
    assert locked(world) == 0
    assert broken_invariants(world.connection) == []
    whole(world)


async def test_of_two_that_wait_the_one_that_still_fits_a_lowered_amount_completes() -> None:
    world, gbr = await britain()
    both = [waiting(kyoto(world, "ISSUANCE", first, first + 99)) for first in (10**9, 2 * 10**9)]
    for each in both:
        assert (await gbr.propose(each)).state == VALID
    await state(world, **amount(300_000_150))
    told = [await answer_to(gbr, PayloadKind.COMPLETION, each.transaction_id) for each in both]
    assert [each.state == DONE for each in told] == [True, False]
    assert told[1].refusal.code == "KP_ISSUE_CAP"
    assert "50 of its assigned amount of 300000150 are left" in told[1].refusal.found
    whole(world)


async def test_a_base_that_was_lowered_stops_forest_units_that_are_offered() -> None:
    world = await forest_world()
    await issue(world, "tCER", 1, 100)
    holding = make_account_id(RegistryId("GBR01"), 100, 1)
    offered = out_of_pending(world, "TRANSFER", 1, 100, holding)
    assert (await world.senders["cdm"].propose(offered)).state == VALID
    for base, completes in ((1_900, False), (BASE[1], True)):
        said = amount(10_000, base_emissions=base, base_year=1990, per_myriad=100)
        await state(world, **said)
        told = await world.senders["gbr"].accept(offered.transaction_id)
        assert (told.state == DONE) == completes, told.refusal
        assert told.refusal.code == ("" if completes else "KP_TRF_LULUCF_CER")
    whole(world)
