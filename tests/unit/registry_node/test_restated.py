# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units become something else: the node takes what the receipt states, and does not know what it is."""

from __future__ import annotations

from typing import Final

from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2 as kyoto
from itmo.lifecycle import State
from registry_node.store.rows import TransactionRow
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene, block

OTHER: Final = rulebooks_pb2.UnitAttributes(
    kyoto=kyoto.UnitAttributes(unit_type=kyoto.UNIT_TYPE_ERU_FROM_AAU, project="UA1000022")
)


def restated(first: int, last: int, *marks: str) -> decision_pb2.RecordedUnits:
    return decision_pb2.RecordedUnits(
        registry="THA01", first=first, last=last, attributes=OTHER, marks=marks
    )


async def held(scene: Scene) -> list[tuple[int, int, str, bool, str]]:
    """First and last of each range, its account, whether it is the other kind, and its marks."""
    rows = [
        *await scene.tha.holdings(),
        *await scene.che.holdings(),
    ]
    is_other = OTHER.SerializeToString(deterministic=True)
    return [
        (row.first, row.last, row.account_id, row.attributes == is_other, row.marks) for row in rows
    ]


async def known(scene: Scene, name: str) -> TransactionRow:
    return next(each for each in await scene.tha.transactions() if each.transaction_id == name)


async def test_a_conversion_is_applied_without_knowing_what_one_is(scene: Scene) -> None:
    """Part of the units that stay where they are become something else."""
    tha = scene.tha_account
    scene.broker.restated = [restated(101, 150, "CONVERTED")]
    wish = wishes.transfer(
        tha, tha, [block(101, 200)], type=proposal_pb2.TRANSACTION_TYPE_CONVERSION
    )
    sent = await scene.tha.propose(wish)
    await scene.network.settle()
    assert (await known(scene, sent.transaction_id)).state is State.COMPLETED
    assert await held(scene) == [
        (1, 100, tha, False, ""),
        (101, 150, tha, True, "CONVERTED"),
        (151, 200, tha, False, "FIRST_TRANSFERRED"),
        (201, 1000, tha, False, ""),
    ]


async def test_units_that_move_are_what_the_receipt_says(scene: Scene) -> None:
    """The taker has them as something else, and the giver, who had them, not at all."""
    scene.broker.restated = [restated(1, 60)]
    name = await scene.offer()
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()
    assert await held(scene) == [
        (101, 1000, scene.tha_account, False, ""),
        (1, 60, scene.che_account, True, ""),
        (61, 100, scene.che_account, False, "FIRST_TRANSFERRED"),
    ]


async def test_units_that_are_only_named_neither_move_nor_count(scene: Scene) -> None:
    tha = scene.tha_account
    named = block(901, 950)
    named.role = units_pb2.UNIT_ROLE_NAMED
    scene.broker.restated = [restated(901, 950, "REPLACED")]
    wish = wishes.transfer(
        tha,
        scene.che_account,
        [block(1, 50), named],
        type=proposal_pb2.TRANSACTION_TYPE_REPLACEMENT,
    )
    sent = await scene.tha.propose(wish)
    await scene.network.settle()
    await scene.che.accept(sent.transaction_id)
    await scene.network.settle()
    row = await known(scene, sent.transaction_id)
    assert (row.state, row.quantity) == (State.COMPLETED, 50)
    assert await held(scene) == [
        (51, 900, tha, False, ""),
        (901, 950, tha, True, "REPLACED"),
        (951, 1000, tha, False, ""),
        (1, 50, scene.che_account, False, "FIRST_TRANSFERRED"),
    ]
