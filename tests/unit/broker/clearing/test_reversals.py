# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A completed transfer is undone by both sides and the operator, and then may happen again."""

from __future__ import annotations

import json

import pytest

from broker.reports.adjustments import net_adjustments
from broker.reports.paris.balances import balance
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    failed,
    held,
    locked,
    receipt_of,
    state_of,
    transfer,
    use,
)
from tests.kit.world_again import trading_again


@pytest.fixture
async def world() -> ClearingWorld:
    return await trading_again()


async def sold(world: ClearingWorld, first: int, last: int) -> str:
    proposed = transfer(world, first, last)
    verdict = await world.senders["tha"].propose(proposed)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    receipt = await world.senders["che"].accept(proposed.transaction_id)
    assert receipt.state == decision_pb2.STATE_COMPLETED
    return proposed.transaction_id


async def agreed(world: ClearingWorld, transaction_id: str) -> None:
    await world.operator.state(
        PayloadKind.REVERSAL_STATEMENT,
        statements_pb2.ReversalStatement(
            transaction_id=transaction_id, reason="both Parties sent the wrong units"
        ),
    )


def back(
    world: ClearingWorld, transaction_id: str, first: int, last: int
) -> proposal_pb2.ProposedTransaction:
    proposed = transfer(
        world,
        first,
        last,
        giver="CHE01",
        taker="THA01",
        kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
    )
    proposed.reverses = transaction_id
    return proposed


async def reversed_one(world: ClearingWorld, transaction_id: str, first: int, last: int) -> str:
    await agreed(world, transaction_id)
    proposed = back(world, transaction_id, first, last)
    verdict = await world.senders["che"].propose(proposed)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    receipt = await world.senders["tha"].accept(proposed.transaction_id)
    assert receipt.state == decision_pb2.STATE_COMPLETED, receipt.refusal
    assert [(e.party, e.year, e.quantity) for e in receipt.adjustments] == [
        ("THA", 2022, -(last - first + 1))
    ]
    return proposed.transaction_id


async def test_units_and_adjustment_go_back(world: ClearingWorld) -> None:
    one = await sold(world, 1, 1916)
    assert net_adjustments(world.connection) == {"THA": {2022: 1916}}
    await reversed_one(world, one, 1, 1916)
    assert net_adjustments(world.connection) == {"THA": {2022: 0}}
    assert balance(world.connection, "THA", 2022).first_transferred == 0
    assert held(world, transfer(world, 1, 1).to_account) == 0
    assert locked(world) == 0
    states = world.connection.execute("SELECT state FROM unit_block").fetchall()
    assert states
    assert sum(json.loads(state)["first_transferred"] for (state,) in states) == 0
    assert state_of(world, one) == "COMPLETED"  # nothing is edited
    assert broken_invariants(world.connection) == []


async def test_what_was_reversed_is_first_transferred_anew(world: ClearingWorld) -> None:
    for _ in range(3):
        one = await sold(world, 101, 300)
        await reversed_one(world, one, 101, 300)
    await sold(world, 151, 250)  # in other parts than before
    await sold(world, 101, 150)
    assert net_adjustments(world.connection) == {"THA": {2022: 150}}
    assert broken_invariants(world.connection) == []


async def test_without_agreement_nothing_is_reversed(world: ClearingWorld) -> None:
    one = await sold(world, 1, 100)
    verdict = await world.senders["che"].propose(back(world, one, 1, 100))
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert set(failed(verdict)) == {"STATE_REVERSAL_AGREED"}


async def test_a_transaction_is_reversed_once(world: ClearingWorld) -> None:
    one = await sold(world, 1, 100)
    first = await reversed_one(world, one, 1, 100)
    await sold(world, 1, 100)  # the same units are there again
    verdict = await world.senders["che"].propose(back(world, one, 1, 100))
    assert set(failed(verdict)) == {"STATE_REVERSAL_AGREED", "REV_FITS_TRANSFER"}
    assert first in {f.conflicting_transaction_id for f in verdict.findings}
    with pytest.raises(ProtocolError, match="agreed to before"):
        await agreed(world, one)


async def test_units_used_meanwhile_stay(world: ClearingWorld) -> None:
    one = await sold(world, 1, 100)
    await agreed(world, one)
    verdict = await world.senders["che"].propose(use(world, 100, 100, 2024))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    verdict = await world.senders["che"].propose(back(world, one, 1, 100))
    assert {"USE_ONCE", "ID_KNOWN_AND_HELD"} <= set(failed(verdict))
    assert net_adjustments(world.connection) == {"THA": {2022: 100}, "CHE": {2024: -1}}


async def test_other_units_or_ends_are_refused(world: ClearingWorld) -> None:
    one, other = await sold(world, 1, 100), await sold(world, 101, 200)
    await agreed(world, one)
    assert other
    for proposed in (back(world, one, 1, 99), back(world, one, 1, 101), back(world, one, 101, 200)):
        verdict = await world.senders["che"].propose(proposed)
        assert "REV_FITS_TRANSFER" in failed(verdict)
    forward = back(world, one, 1, 100)
    forward.to_account, forward.to_registry = forward.from_account, forward.from_registry
    assert "REV_FITS_TRANSFER" in failed(await world.senders["che"].propose(forward))


async def test_a_transfer_names_nothing_to_reverse(world: ClearingWorld) -> None:
    one = await sold(world, 1, 100)
    await agreed(world, one)
    proposed = transfer(world, 1, 100, giver="CHE01", taker="THA01")
    proposed.reverses = one
    assert "STATE_REVERSAL_AGREED" in failed(await world.senders["che"].propose(proposed))


async def test_the_other_side_may_refuse(world: ClearingWorld) -> None:
    one = await sold(world, 1, 100)
    await agreed(world, one)
    proposed = back(world, one, 1, 100)
    await world.senders["che"].propose(proposed)
    row = world.connection.execute(
        "SELECT proposal_hash FROM transaction_record WHERE transaction_id = ?",
        (proposed.transaction_id,),
    ).fetchone()
    receipt = receipt_of(
        await world.senders["tha"].say(
            PayloadKind.REJECTION,
            proposal_pb2.Rejection(
                transaction_id=proposed.transaction_id, proposal_hash=row[0], reason="not agreed"
            ),
        )
    )
    assert receipt.state == decision_pb2.STATE_REJECTED
    assert net_adjustments(world.connection) == {"THA": {2022: 100}}


@pytest.mark.parametrize("what", ["unknown", "open", "issuance"])
async def test_only_completed_transfers_are_agreed_to(world: ClearingWorld, what: str) -> None:
    name = world.transaction_id()
    if what == "open":
        proposed = transfer(world, 1, 10)
        await world.senders["tha"].propose(proposed)
        name = proposed.transaction_id
    elif what == "issuance":
        name = world.connection.execute(
            "SELECT transaction_id FROM transaction_record WHERE type = 'ISSUANCE'"
        ).fetchone()[0]
    with pytest.raises(ProtocolError):
        await agreed(world, name)


async def test_no_unit_leaves_its_host_by_the_reversal_of_a_way_back(world: ClearingWorld) -> None:
    one = await sold(world, 1, 10)
    home = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    await world.senders["che"].propose(home)
    await world.senders["tha"].accept(home.transaction_id)
    again = await sold(world, 1, 10)
    await agreed(world, one)
    await agreed(world, home.transaction_id)
    # The first sale is not the last thing that happened to the units, so it stands.
    verdict = await world.senders["che"].propose(back(world, one, 1, 10))
    assert set(failed(verdict)) == {"REV_FITS_TRANSFER"}
    await agreed(world, again)
    proposed = back(world, again, 1, 10)
    verdict = await world.senders["che"].propose(proposed)
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    await world.senders["tha"].accept(proposed.transaction_id)
    assert net_adjustments(world.connection) == {"THA": {2022: 10}}
    outwards = transfer(world, 1, 10, kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL)
    outwards.reverses = home.transaction_id
    assert "REV_FITS_TRANSFER" in failed(await world.senders["tha"].propose(outwards))
