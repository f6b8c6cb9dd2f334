# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a Party holds in another registry is seen here, and moved there only."""

from __future__ import annotations

import pytest

from itmo.clearing.v1.meta_registry_service_pb2 import Source, UnitPosition
from itmo.core.v1 import units_pb2
from itmo.reasons import ProtocolError, Reason
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene, block


def position(
    first: int, last: int, *, holder: str = "XMR01", registry: str = "XMR01"
) -> UnitPosition:
    return UnitPosition(
        registry=registry,
        first=first,
        last=last,
        holder=holder,
        account_type=100,
        vintage=2022,
        cooperative_approach="CA000001",
        first_transferred=True,
    )


async def test_a_picture_is_kept_apart_from_the_ledger(scene: Scene) -> None:
    before = await scene.tha.holdings("")
    assert await scene.tha.mirror([position(701, 10_000), position(1, 500)], 9) == 9_800
    assert [(row.first, row.last, row.holder) for row in await scene.tha.mirrored()] == [
        (1, 500, "XMR01"),
        (701, 10_000, "XMR01"),
    ]
    assert await scene.tha.holdings("") == before


async def test_a_new_picture_replaces_the_old_one(scene: Scene) -> None:
    await scene.tha.mirror([position(1, 500)], 9)
    assert await scene.tha.mirror([position(1, 100)], 9) == 100
    assert [(row.first, row.last) for row in await scene.tha.mirrored()] == [(1, 100)]
    assert await scene.tha.mirror([], 9) == 0
    assert await scene.tha.mirrored() == []


async def test_mirrored_units_are_not_offered_from_here(scene: Scene) -> None:
    await scene.tha.mirror([position(1, 500)], 9)
    wish = wishes.transfer(
        scene.tha_account,
        scene.che_account,
        [units_pb2.UnitBlock(registry="XMR01", first=500, last=501)],
    )
    with pytest.raises(ProtocolError, match="only mirrored here") as refused:
        await scene.tha.propose(wish)
    assert refused.value.reason is Reason.INSUFFICIENT_HOLDINGS
    await scene.offer()  # what is in the ledger moves as before


async def test_own_units_and_reports_are_left_out(scene: Scene) -> None:
    reported = position(1, 5)
    reported.source.CopyFrom(Source(reported_by="VUT01"))
    own = position(1, 1000, holder="THA01", registry="THA01")
    assert await scene.tha.mirror([reported, own], 9) == 0
    await scene.tha.propose(wishes.transfer(scene.tha_account, scene.che_account, [block(1, 10)]))


async def test_a_unit_in_two_places_raises_an_alarm(scene: Scene) -> None:
    await scene.tha.mirror([position(1000, 1001, registry="THA01")], 9)
    (alarm,) = (await scene.tha.status()).alarms
    assert alarm.code == Reason.LEDGER_AUDIT_FAILED
    assert "THA01:1000-1000 are held here" in alarm.found
    assert "in XMR01 by the word of the clearing-house" in alarm.found
