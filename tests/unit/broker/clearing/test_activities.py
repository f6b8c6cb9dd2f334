# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The registration of an activity: recorded by the operator or the mechanism, once it happened."""

from __future__ import annotations

import pytest

from broker.reports.paris.activities import activities
from itmo.core.v1 import decision_pb2
from itmo.paris.v1 import approaches_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.clearing import APPROACH, ClearingWorld, failed, issuance, receipt_of, state_approach
from tests.kit.world_again import trading_again

TODAY = "2023-08-01"


async def register(world: ClearingWorld, **changes: str) -> decision_pb2.Receipt:
    stated = approaches_pb2.ActivityStatement(
        cooperative_approach=APPROACH, activity="Buses", registration_date=TODAY
    )
    stated.MergeFrom(approaches_pb2.ActivityStatement(**changes))  # type: ignore[arg-type]  # fields
    if changes.get("activity") == "":
        stated.activity = ""
    return await world.operator.state(PayloadKind.ACTIVITY_STATEMENT, stated)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"activity": ""}, "PAYLOAD_INVALID"),
        ({"activity": "x" * 1_000}, "PAYLOAD_INVALID"),
        ({"cooperative_approach": "CA0099"}, "NOT_FOUND"),
        ({"cooperative_approach": "buses"}, "IDENTIFIER_INVALID"),
        ({"registration_date": "2023-08-02"}, "PAYLOAD_INVALID"),
        ({"registration_date": "yesterday"}, "PAYLOAD_INVALID"),
    ],
)
async def test_what_is_no_registration(changes: dict[str, str], code: str) -> None:
    world = await trading_again()
    with pytest.raises(ProtocolError) as refused:
        await register(world, **changes)
    assert refused.value.metadata["code"] == code
    assert activities(world.connection) == []


@pytest.mark.parametrize(
    ("node", "approach"),
    [("tha", APPROACH), ("tha", "CA000001"), ("mr", APPROACH)],
)
async def test_no_other_node_registers_an_activity(node: str, approach: str) -> None:
    """Not a Party's own, nor the mechanism registry's one of a bilateral approach."""
    world = await trading_again()
    await world.admit("mr", "XMR01")
    await state_approach(world, "CA000001", ("THA", "CHE"))
    stated = approaches_pb2.ActivityStatement(
        cooperative_approach=approach, activity="Buses", registration_date=TODAY
    )
    receipt = receipt_of(await world.senders[node].say(PayloadKind.ACTIVITY_STATEMENT, stated))
    assert not receipt.effective
    assert receipt.refusal.code == "PERMISSION_DENIED"
    assert f"{node} signed" in receipt.refusal.found
    assert activities(world.connection) == []


async def test_the_mechanism_registry_registers_activities_of_the_mechanism() -> None:
    """And corrects what it registered."""
    world = await trading_again()
    sender = await world.admit("mr", "XMR01")
    await state_approach(world, "CA000001", ("THA", "CHE"))
    for named, day in (("CA0001", TODAY), ("CA000001", "2023-07-31")):
        stated = approaches_pb2.ActivityStatement(
            cooperative_approach=named, activity="PoA 10471", registration_date=day
        )
        receipt = receipt_of(await sender.say(PayloadKind.ACTIVITY_STATEMENT, stated))
        assert receipt.effective, receipt.refusal
    (known,) = activities(world.connection)
    assert (known.cooperative_approach, known.registered.isoformat()) == ("CA000001", "2023-07-31")


async def test_the_mechanism_registry_registers_nothing_before_it_happened() -> None:
    world = await trading_again()
    sender = await world.admit("mr", "XMR01")
    await state_approach(world, "CA000001", ("THA", "CHE"))
    stated = approaches_pb2.ActivityStatement(
        cooperative_approach="CA000001", activity="PoA 10471", registration_date="2023-08-02"
    )
    receipt = receipt_of(await sender.say(PayloadKind.ACTIVITY_STATEMENT, stated))
    assert receipt.refusal.code == "PAYLOAD_INVALID"


async def test_a_corrected_date_takes_the_place_of_the_first() -> None:
    """The letter is of the very day: in time by the first date, too late by the corrected one."""
    world = await trading_again()
    timing = approaches_pb2.AUTHORIZATION_TIMING_UP_TO_REGISTRATION
    await state_approach(world, APPROACH, ("THA", "CHE"), timing)
    tha = world.senders["tha"]

    async def issued(first: int) -> dict[str, str]:
        wanted = issuance(world, "THA01", first, first + 9)
        wanted.blocks[0].attributes.paris.activity = "Buses"
        return failed(await tha.propose(wanted))

    assert list(await issued(200_001)) == ["AUTH_TIMING"]
    await register(world)
    assert await issued(200_001) == {}
    await register(world, registration_date="2023-07-31")
    assert list(await issued(200_011)) == ["AUTH_TIMING"]
    (known,) = activities(world.connection)
    assert (known.activity, known.registered.isoformat()) == ("Buses", "2023-07-31")
