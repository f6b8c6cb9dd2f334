# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Fifty proposers race for one block: one wins, and the others are told who."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from broker.clearing.path.house import Answer
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    held,
    locked,
    send,
    signed,
    state_approach,
    state_party,
    stored,
    transfer,
    use,
    verdict_of,
)
from tests.kit.world_again import trading_again

RACERS = 50
WON = {decision_pb2.STATE_VALIDATED, decision_pb2.STATE_COMPLETED}


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


def winner_and_conflicts(answers: Sequence[Answer]) -> tuple[str, list[str]]:
    results = [verdict_of(answer).results[0] for answer in answers]
    (won,) = [each.transaction_id for each in results if each.state in WON]
    conflicts = []
    for each in results:
        if each.state in WON:
            continue
        assert each.state == decision_pb2.STATE_INVALIDATED
        named = {
            finding.conflicting_transaction_id
            for finding in each.findings
            if finding.check_id in {"ID_LOCKED", "ID_KNOWN_AND_HELD"}
            and finding.outcome == decision_pb2.OUTCOME_FAILED
        }
        conflicts.append(next(iter(named - {""}), ""))
    return won, conflicts


async def race(
    world: ClearingWorld, name: str, wanted: Sequence[proposal_pb2.ProposedTransaction]
) -> list[Answer]:
    sender = world.senders[name]
    envelopes = [
        signed(sender, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=each))
        for each in wanted
    ]
    answers = await asyncio.gather(*(send(sender, each) for each in envelopes))
    assert all(each.answers[0].signatures for each in answers)
    return answers


async def test_fifty_transfers_of_the_same_units(world: ClearingWorld) -> None:
    answers = await race(world, "tha", [transfer(world, 1, 100) for _ in range(RACERS)])
    won, conflicts = winner_and_conflicts(answers)
    assert conflicts == [won] * (RACERS - 1)
    assert locked(world) == 100
    assert (await world.senders["che"].accept(won)).effective
    assert held(world, transfer(world, 1, 1).to_account) == 100


async def test_fifty_transfers_of_overlapping_units(world: ClearingWorld) -> None:
    answers = await race(world, "tha", [transfer(world, 51 + at, 150 - at) for at in range(RACERS)])
    won, conflicts = winner_and_conflicts(answers)
    assert conflicts == [won] * (RACERS - 1)


async def test_two_takers(world: ClearingWorld) -> None:
    bra = await world.admit("bra", "BRA01")
    await world.open_account(bra, "BRA01", 100)
    await state_party(world, "BRA")
    await state_approach(world, "CA0003", ("THA", "CHE", "BRA"))
    wanted = [transfer(world, 1, 100, taker="CHE01" if at % 2 else "BRA01") for at in range(RACERS)]
    won, conflicts = winner_and_conflicts(await race(world, "tha", wanted))
    assert conflicts == [won] * (RACERS - 1)
    seen = [
        name
        for name in ("bra", "che")
        for entry in await world.house.deliveries(world.senders[name].node, 0, 1000)
        if entry.transaction_id == won
    ]
    assert len(seen) == 1


async def test_fifty_uses_of_the_same_units(world: ClearingWorld) -> None:
    wanted = transfer(world, 1, 100)
    await world.senders["tha"].propose(wanted)
    await world.senders["che"].accept(wanted.transaction_id)
    answers = await race(world, "che", [use(world, 1, 100, 2022) for _ in range(RACERS)])
    states = [verdict_of(answer).results[0].state for answer in answers]
    assert states.count(decision_pb2.STATE_COMPLETED) == 1
    assert states.count(decision_pb2.STATE_INVALIDATED) == RACERS - 1
    entries = world.connection.execute(
        "SELECT sum(amount) FROM adjustment_entry WHERE kind = 'USE'"
    ).fetchone()
    assert entries == (100,)


async def test_fifty_copies_of_one_message(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    envelope = signed(
        tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 1, 100))
    )
    answers = await asyncio.gather(*(send(tha, envelope) for _ in range(RACERS)))
    assert sum(not answer.replayed for answer in answers) == 1
    assert len({answer.answers for answer in answers}) == 1
    assert locked(world) == 100


async def test_fifty_messages_under_one_number(world: ClearingWorld) -> None:
    """Two copies of a node sign with the same chain: one message wins, the others change nothing."""
    tha = world.senders["tha"]
    envelopes = []
    for at in range(RACERS):
        tha.chain.next_sequence, previous = tha.chain.next_sequence, tha.chain.previous_payload_hash
        number = tha.chain.next_sequence
        wanted = transfer(world, at * 10 + 1, at * 10 + 10)
        envelopes.append(
            signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted))
        )
        tha.chain.next_sequence, tha.chain.previous_payload_hash = number, previous
    before = len(stored(world.connection)["message"])
    answers = await asyncio.gather(*(send(tha, each) for each in envelopes), return_exceptions=True)
    reasons = {each.reason for each in answers if isinstance(each, ProtocolError)}
    assert reasons == {"SEQUENCE_USED"}
    assert len(stored(world.connection)["message"]) == before + 1
    assert locked(world) == 10


async def test_an_acceptance_races_a_withdrawal_and_the_deadline(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = transfer(world, 1, 100)
    await tha.propose(wanted)
    row, _ = await world.house.transaction(tha.node, wanted.transaction_id)
    names: dict[str, Any] = {
        "transaction_id": wanted.transaction_id,
        "proposal_hash": row.proposal_hash,
    }
    await asyncio.gather(
        *(
            send(che, signed(che, PayloadKind.ACCEPTANCE, proposal_pb2.Acceptance(**names)))
            for _ in range(10)
        ),
        *(
            send(tha, signed(tha, PayloadKind.WITHDRAWAL, proposal_pb2.Withdrawal(**names)))
            for _ in range(10)
        ),
        world.house.expire_due(),
    )
    events = world.connection.execute(
        "SELECT count(*) FROM transaction_event WHERE transaction_id = ?", (wanted.transaction_id,)
    ).fetchone()
    assert events == (3,)
