# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A start looks at the newest part of a long record, and at where everything stands."""

from __future__ import annotations

import pytest

from broker.known_regimes import REGIMES
from broker.reports import newest
from broker.reports.newest import newest_faults
from broker.serving import _start_faults
from broker.store import log_head
from broker.store.signatures import sign_again
from tests.kit.clearing import ClearingWorld, transfer
from tests.kit.effort import effort
from tests.kit.guards import behind_guards
from tests.kit.world_again import trading_again


async def world_with_history() -> ClearingWorld:
    """Some completed transfers, and one that is open."""
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    for number in range(4):
        offered = transfer(world, number * 100 + 1, number * 100 + 50)
        await tha.propose(offered)
        await che.accept(offered.transaction_id)
    await tha.propose(transfer(world, 1_001, 1_100))
    return world


DAMAGE = {
    "message": ("UPDATE message SET payload = x'00' WHERE log_index = :last", "another one"),
    "statement": (
        "UPDATE statement SET payload = x'00' WHERE sequence = (SELECT max(sequence) FROM statement)",
        "not what was decided",
    ),
    "leaf": ("UPDATE log_leaf SET leaf_hash = x'00' WHERE log_index = :last", "leaf of decision"),
    "gap": ("DELETE FROM log_leaf WHERE log_index = :last - 1", "has no decision"),
    "chain": (
        "UPDATE sender SET next_sequence = next_sequence + 1 WHERE node = 'tha'",
        "chain of tha",
    ),
    "own chain": (
        "UPDATE sender SET previous_payload_hash = x'00' WHERE node = 'broker'",
        "chain of broker",
    ),
    "mailbox": (
        "UPDATE mailbox SET last_sequence = last_sequence + 1 WHERE node = 'che'",
        "mailbox of che",
    ),
    "lock": (
        "UPDATE unit_block SET locked_by = NULL WHERE locked_by IS NOT NULL",
        "is not locked for it",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
async def test_damage_at_the_end_is_found(name: str) -> None:
    world = await world_with_history()
    connection, (damage, told) = world.connection, DAMAGE[name]
    last = log_head.log_size(connection) - 1
    assert list(newest_faults(connection, last - 3)) == []
    behind_guards(connection, damage, {"last": last})
    assert any(told in each for each in newest_faults(connection, last - 3))


async def test_a_short_record_is_audited_whole_and_a_long_one_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await world_with_history()
    connection = world.connection
    behind_guards(connection, "UPDATE message SET payload = x'00' WHERE log_index = 3")
    assert any("another one" in each for each in _start_faults(connection, REGIMES))
    monkeypatch.setattr(newest, "MOST_WHOLE", 4)
    assert list(_start_faults(connection, REGIMES)) == [], "`broker verify` finds it"


async def test_a_record_of_few_decisions_on_many_transactions_is_a_long_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = (await world_with_history()).connection
    ((transactions,),) = connection.execute("SELECT count(*) FROM transaction_record").fetchall()
    monkeypatch.setattr(newest, "MOST_WHOLE", transactions)
    assert newest.newest_since(connection, 2) is None
    monkeypatch.setattr(newest, "MOST_WHOLE", transactions - 1)
    assert newest.newest_since(connection, 2) == 1
    assert newest.newest_since(connection, 10 * transactions) == 9 * transactions + 1
    assert newest.newest_since(connection, 1) == 0


async def test_signatures_are_not_looked_for_twice() -> None:
    world = await world_with_history()
    await world.house.stop()
    connection, signer = world.connection, world.parts.signer
    sign_again(connection, signer)
    with effort(connection) as seen:
        assert sign_again(connection, signer) == 0
    assert 0 < seen.taken < 200, "not the whole record again"
