# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Counts of Kyoto that are not what units and record say are found, each by a sentence of its own."""

from __future__ import annotations

import pytest

from broker.app import invariants_of
from broker.known_regimes import ALL_REGIMES
from broker.reports.audit import broken_invariants
from itmo.core.v1 import proposal_pb2
from tests.kit.clearing import ClearingWorld, failed
from tests.kit.kyoto import kyoto, kyoto_world


async def lived_in() -> ClearingWorld:
    """Units issued, converted, transferred and retired; a conversion and a transfer wait."""
    world = await kyoto_world()
    gbr, che = world.senders["gbr"], world.senders["che"]
    for wanted in (kyoto(world, "ISSUANCE", 1, 1000), kyoto(world, "CONVERSION", 1, 100)):
        assert not failed(await gbr.propose(wanted))
    moved = kyoto(world, "TRANSFER", 51, 150, taker="CHE01")
    assert not failed(await gbr.propose(moved))
    await che.accept(moved.transaction_id)
    retired = kyoto(world, "RETIREMENT", 101, 120, giver="CHE01", to_type=300)
    assert not failed(await che.propose(retired))
    waiting = kyoto(world, "CONVERSION", 201, 300)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    assert not failed(await gbr.propose(waiting))
    assert not failed(await gbr.propose(kyoto(world, "TRANSFER", 301, 310, taker="CHE01")))
    return world


def broken(world: ClearingWorld) -> list[str]:
    return broken_invariants(world.connection, invariants_of(ALL_REGIMES))


async def test_the_counts_of_a_world_that_lived_are_true() -> None:
    assert broken(await lived_in()) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            "UPDATE tally SET quantity = quantity + 1 WHERE name = 'kyoto-held:GBR:1'",
            ["units make 900 of kyoto-held:GBR:1", "transactions added 900 to kyoto-held:GBR:1"],
        ),
        (
            "UPDATE tally SET reserved = 0 WHERE name = 'kyoto-reserve:GBR:1'",
            ["10 of kyoto-reserve:GBR:1 wait; its tally says 0"],
        ),
        (
            "UPDATE tally SET quantity = 0 WHERE name = 'kyoto-converted:GBR:22:1'",
            ["transactions added 100 to kyoto-converted:GBR:22:1"],
        ),
        (
            """UPDATE unit_block SET state = replace(state, '"period":1', '"period":2')
            WHERE first = 101""",
            ["units make 20 of kyoto-retired:CHE:2; its tally says 0"],
        ),
        (
            "DELETE FROM tally WHERE name = 'kyoto-issued:GBR:1'",
            ["units make 1000 of kyoto-issued:GBR:1; its tally says 0"],
        ),
    ],
)
async def test_a_count_that_is_not_true_is_named(damage: str, told: list[str]) -> None:
    world = await lived_in()
    assert world.connection.execute(damage).rowcount == 1
    found = "\n".join(broken(world))
    for each in told:
        assert each in found
