# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""When the true-ups of both periods are over, units of the first are moved within a registry or cancelled."""

from __future__ import annotations

from typing import Final

import pytest

from broker.known_regimes import ALL_REGIMES
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from tests.kit.clearing import ClearingWorld, failed
from tests.kit.kyoto import kyoto, open_kyoto, state
from tests.unit.broker.regime.test_kyoto_opening import brought_in, world_after_the_true_up

AAUS: Final = ("GBR01", 1, {"unit_type": attributes_pb2.UNIT_TYPE_AAU})
ERUS: Final = (
    "GBR01",
    201,
    {
        "unit_type": attributes_pb2.UNIT_TYPE_ERU_FROM_AAU,
        "project": "GBR22",
        "track": attributes_pb2.TRACK_PARTY_VERIFIED,
    },
)
CERS: Final = ("IND01", 1, {"unit_type": attributes_pb2.UNIT_TYPE_CER, "project": "IND9876"})
HELD: Final = 100


async def world_after_both() -> ClearingWorld:
    """Great Britain has a hundred AAUs, ERUs and CERs of the first period, and a second account."""
    world = await world_after_the_true_up({(100, 1): HELD, (100, 3): HELD, (100, 5): HELD})
    ended = kyoto_pb2.CommitmentPeriod(
        period=1,
        first_day="2008-01-01",
        last_day="2012-12-31",
        true_up_ends="2015-11-18",
        carry_over_from="2015-11-19",
        carry_over_until="2018-12-31",
    )
    second = kyoto_pb2.CommitmentPeriod(
        period=2, first_day="2013-01-01", last_day="2020-12-31", true_up_ends="2023-01-31"
    )
    await state(world, period=ended)
    await state(world, period=second)
    gbr = world.senders["gbr"]
    await open_kyoto(gbr, "GBR01", 100, number=2)
    await open_kyoto(gbr, "GBR01", 121)
    for registry, start, said in (AAUS, ERUS, CERS):
        told = await gbr.propose(brought_in(world, start, start + HELD - 1, units=registry, **said))
        assert told.state == decision_pb2.STATE_COMPLETED, failed(told)
    return world


@pytest.mark.parametrize(("registry", "first", "said"), [AAUS, ERUS, CERS])
async def test_they_are_moved_within_the_registry_and_cancelled_and_nothing_else(
    registry: str, first: int, said: dict[str, object]
) -> None:
    world = await world_after_both()
    gbr = world.senders["gbr"]

    def of(kind: str, to_type: int = 100, taker: str = "") -> proposal_pb2.ProposedTransaction:
        return kyoto(world, kind, first, first + 9, units=registry, to_type=to_type, taker=taker)

    # To another account of the registry, of either type, and back again.
    moved = of("TRANSFER", to_type=121)
    back = of("TRANSFER")
    back.from_account, back.to_account = moved.to_account, moved.from_account
    onwards = of("TRANSFER")
    onwards.to_account = make_account_id(RegistryId("GBR01"), 100, 2)
    for each in (moved, back, onwards):
        told = await gbr.propose(each)
        assert told.state == decision_pb2.STATE_COMPLETED, failed(told)

    first += 10
    cancelled = of("CANCELLATION", to_type=230)
    cancelled.terms.kyoto.purpose, cancelled.terms.kyoto.beneficiary = "a flight", "A. Traveller"
    told = await gbr.propose(cancelled)
    assert told.state == decision_pb2.STATE_COMPLETED, failed(told)

    first += 10
    carried = of("CARRY_OVER")
    carried.terms.kyoto.CopyFrom(
        terms_pb2.TransactionTerms(become=attributes_pb2.UnitAttributes(applicable_period=2))
    )
    for wanted, check in (
        (of("RETIREMENT", to_type=300), "KP_PERIOD_OPEN"),
        (of("TRANSFER", taker="CHE01"), "KP_TRF_PERIOD_OVER"),
        (carried, "KP_CO_WINDOW"),
    ):
        told = await gbr.propose(wanted)
        assert told.state == decision_pb2.STATE_INVALIDATED
        assert check in failed(told)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


async def test_nothing_is_issued_converted_or_replaced() -> None:
    world = await world_after_both()
    gbr = world.senders["gbr"]
    issued = kyoto(world, "ISSUANCE", 5_001, 5_010)
    converted = kyoto(world, "CONVERSION", 1, 10)
    await open_kyoto(gbr, "GBR01", 411, period=1)
    replacing = kyoto(world, "REPLACEMENT", 1, 10, to_type=411)
    replacing.blocks.append(
        units_pb2.UnitBlock(registry="IND01", first=1, last=10, role=units_pb2.UNIT_ROLE_NAMED)
    )
    for wanted in (issued, converted, replacing):
        told = await gbr.propose(wanted)
        assert told.state == decision_pb2.STATE_INVALIDATED
        assert "KP_PERIOD_OPEN" in failed(told)
