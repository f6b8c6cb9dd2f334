# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Many proposals under one signature."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError, Reason
from itmo.receipts import receipts_in
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    batch,
    findings_of,
    locked,
    mail,
    sealed,
    send,
    stored,
    transfer,
    use,
)
from tests.kit.world_again import trading_again

FINE = decision_pb2.STATE_VALIDATED
BAD = decision_pb2.STATE_INVALIDATED


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


async def test_a_full_batch_with_mixed_outcomes(world: ClearingWorld) -> None:
    wanted = [transfer(world, at * 10 + 1, at * 10 + 10) for at in range(100)]
    for place in (3, 50, 99):
        wanted[place].blocks[0].first, wanted[place].blocks[0].last = 5, 1
    wanted[7].blocks[0].first, wanted[7].blocks[0].last = 1, 10  # locked by the first of the batch
    wanted[8].terms.paris.year_of_use = 2022
    verdict = await batch(world.senders["tha"], wanted)
    states = [result.state for result in verdict.results]
    assert [place for place, state in enumerate(states) if state == BAD] == [3, 7, 50, 99] or (
        [place for place, state in enumerate(states) if state == BAD] == [3, 7, 8, 50, 99]
    )
    assert [r.transaction_id for r in verdict.results] == [w.transaction_id for w in wanted]
    locks = findings_of(verdict, 7)["ID_LOCKED"]
    assert locks.conflicting_transaction_id == wanted[0].transaction_id
    assert findings_of(verdict, 50)["ID_RANGE_ORDER"].outcome == decision_pb2.OUTCOME_FAILED
    assert findings_of(verdict, 99).keys() == findings_of(verdict, 0).keys()
    assert locked(world) == sum(state == FINE for state in states) * 10
    assert (await mail(world, "che"))[-1] == ("", ["proposal-batch", "verdict"])
    assert (await mail(world, "tha"))[-1] == ("", ["verdict"])
    receipt = await world.senders["che"].accept(wanted[20].transaction_id)
    assert receipt.state == decision_pb2.STATE_COMPLETED


async def test_a_batch_of_which_nothing_is_valid_is_not_shown_to_the_receiver(
    world: ClearingWorld,
) -> None:
    before = await mail(world, "che")
    verdict = await batch(
        world.senders["tha"], [transfer(world, 100_000, 100_001) for _ in range(3)]
    )
    assert {result.state for result in verdict.results} == {BAD}
    assert await mail(world, "che") == before


async def test_a_transaction_id_twice_in_a_batch(world: ClearingWorld) -> None:
    one, two = transfer(world, 1, 10), transfer(world, 11, 20)
    two.transaction_id = one.transaction_id
    verdict = await batch(world.senders["tha"], [one, two])
    assert [result.state for result in verdict.results] == [FINE, BAD]
    known = findings_of(verdict, 1)["STATE_LEGAL"]
    assert known.outcome == decision_pb2.OUTCOME_FAILED
    assert known.conflicting_transaction_id == one.transaction_id
    assert locked(world) == 10
    row, _ = await world.house.transaction(world.senders["che"].node, one.transaction_id)
    assert row.quantity == 10
    assert (await world.senders["che"].accept(one.transaction_id)).quantity == 10


async def test_a_transaction_id_of_an_earlier_message(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    one, two = transfer(world, 1, 10), transfer(world, 11, 20)
    two.transaction_id = one.transaction_id
    await tha.propose(one)
    verdict = await tha.propose(two)
    assert verdict.state == BAD
    assert locked(world) == 10


async def test_later_results_may_refer_to_earlier_ones(world: ClearingWorld) -> None:
    verdict = await batch(
        world.senders["tha"], [transfer(world, at * 10 + 1, at * 10 + 10) for at in range(4)]
    )
    assert [result.findings_of for result in verdict.results] == [0, 1, 1, 1]
    assert all(not result.findings for result in verdict.results[1:])


async def test_uses_in_a_batch_each_have_a_receipt(world: ClearingWorld) -> None:
    che = world.senders["che"]
    wanted = transfer(world, 1, 100)
    await world.senders["tha"].propose(wanted)
    await che.accept(wanted.transaction_id)
    uses = [use(world, at * 10 + 1, at * 10 + 10, 2022) for at in range(3)]
    answer = await che.say(
        PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=uses)
    )
    _, together = answer.answers
    receipts = receipts_in(decode(PayloadKind.RECEIPT_BATCH, together.payload))
    assert [receipt.transaction_id for receipt in receipts] == [u.transaction_id for u in uses]
    assert all([e.quantity for e in receipt.adjustments] == [-10] for receipt in receipts)


@pytest.mark.parametrize("count", [0, 1001])
async def test_batches_that_are_empty_or_too_large(world: ClearingWorld, count: int) -> None:
    tha = world.senders["tha"]
    wanted = [transfer(world, 1, 10) for _ in range(count)]
    before = stored(world.connection, "refused_message", "statement_signature")
    with pytest.raises(ProtocolError) as refused:
        await batch(tha, wanted)
    assert refused.value.reason is (Reason.BATCH_TOO_LARGE if count else Reason.PAYLOAD_INVALID)
    assert stored(world.connection, "refused_message", "statement_signature") == before


async def test_a_batch_goes_from_one_registry_to_one_registry(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    inside = transfer(world, 11, 20, taker="THA01")
    payload = proposal_pb2.ProposalBatch(transactions=[transfer(world, 1, 10), inside])
    with pytest.raises(ProtocolError) as refused:
        await send(tha, sealed(tha, PayloadKind.PROPOSAL_BATCH, payload))
    assert refused.value.reason is Reason.PAYLOAD_INVALID
    assert "one registry to one registry" in refused.value.message
    assert locked(world) == 0
