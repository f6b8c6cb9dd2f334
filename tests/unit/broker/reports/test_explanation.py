# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One transaction explained from what was signed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from broker.known_regimes import REGIMES
from broker.reports.explanation import Explanation, explain
from broker.reports.transactions import transactions
from broker.rulebook.check import Outcome
from itmo.core.v1 import proposal_pb2
from itmo.forms import as_json
from itmo.lifecycle import Actor, Event, State, TerminationCause
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, transfer, use
from tests.kit.world_again import trading_again


def explained(world: ClearingWorld, transaction_id: str) -> Explanation:
    found = explain(world.connection, transaction_id, REGIMES.checks)
    assert found is not None
    return found


async def test_a_completed_transfer() -> None:
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    proposed = transfer(world, 1, 1_916)
    proposed.note = "e-buses"
    await tha.propose(proposed)
    world.clock.advance(timedelta(hours=1))
    await che.accept(proposed.transaction_id)
    found = explained(world, proposed.transaction_id)
    assert [(m.event, m.actor, m.node, m.in_advance) for m in found.moves] == [
        (Event.VALIDATE, Actor.BROKER, "broker", False),
        (Event.ACCEPT, Actor.RECEIVER, "che", False),
        (Event.COMPLETE, Actor.PROPOSER, "tha", True),
    ]
    assert found.moves[1].at - found.moves[0].at == timedelta(hours=1)
    assert found.content.note == "e-buses"
    assert [(b.first, b.last) for b in found.content.blocks] == [(1, 1_916)]
    assert [(a.party, a.quantity) for a in found.adjustments] == [("THA", 1_916)]
    assert [said.kind for said in found.said] == ["proposal", "verdict", "acceptance", "receipt"]
    assert found.verdict is not None
    assert all(finding.holds for finding in found.verdict.findings)
    json.dumps(as_json(found))


async def test_a_refusal_names_the_rule_the_winner_and_what_to_do() -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    winner, loser = transfer(world, 1, 100), transfer(world, 50, 60)
    await tha.propose(winner)
    await tha.propose(loser)
    found = explained(world, loser.transaction_id)
    assert found.transaction.state is State.INVALIDATED
    assert found.verdict is not None
    failed = [finding for finding in found.verdict.findings if not finding.holds]
    assert [finding.check_id for finding in failed] == ["ID_LOCKED"]
    assert failed[0].outcome is Outcome.FAILED
    assert failed[0].title
    assert failed[0].citation
    assert "propose again" in failed[0].remedy
    standing = found.winners[winner.transaction_id]
    assert standing is not None
    assert standing.state is State.VALIDATED


async def test_each_transaction_of_a_batch_has_its_own_findings() -> None:
    world = await trading_again()
    batch = [transfer(world, 1, 10), transfer(world, 11, 20), transfer(world, 5, 15)]
    await world.senders["tha"].say(
        PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=batch)
    )
    first, second, third = (explained(world, each.transaction_id) for each in batch)
    assert first.verdict is not None
    assert second.verdict is not None
    assert third.verdict is not None
    assert second.verdict.findings == first.verdict.findings
    assert second.content.blocks[0].first == 11
    assert not all(finding.holds for finding in third.verdict.findings)


async def test_reasons_and_messages_without_effect_are_told() -> None:
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    proposed = transfer(world, 1, 10)
    await tha.propose(proposed)
    name = proposed.transaction_id
    row, _ = await world.house.transaction(che.node, name)
    await tha.say(
        PayloadKind.ACCEPTANCE,
        proposal_pb2.Acceptance(transaction_id=name, proposal_hash=row.proposal_hash),
    )
    await che.say(
        PayloadKind.REJECTION,
        proposal_pb2.Rejection(
            transaction_id=name, proposal_hash=row.proposal_hash, reason="wrong account"
        ),
    )
    said = explained(world, name).said
    assert [(each.reason, each.effective) for each in said if each.reason][-1] == (
        "wrong account",
        True,
    )
    assert any("MSG_SENDER_IS_FROM_REGISTRY" in each.reason for each in said if not each.effective)


async def test_a_time_out_is_the_brokers() -> None:
    world = await trading_again()
    proposed = transfer(world, 1, 10)
    await world.senders["tha"].propose(proposed)
    world.clock.advance(timedelta(hours=24))
    await world.house.expire_due()
    found = explained(world, proposed.transaction_id)
    assert found.transaction.termination_cause is TerminationCause.TIMED_OUT
    assert (found.moves[-1].event, found.moves[-1].node) == (Event.TIME_OUT, "broker")


async def test_the_content_of_a_use_and_of_an_issuance() -> None:
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    proposed = transfer(world, 1, 10)
    await tha.propose(proposed)
    await che.accept(proposed.transaction_id)
    used = use(world, 1, 10, 2024)
    await che.propose(used)
    assert explained(world, used.transaction_id).content.terms["year_of_use"] == 2024
    issued = transactions(world.connection, 10)[-1]
    block = explained(world, issued.transaction_id).content.blocks[0]
    assert block.attributes["vintage"] == 2022
    assert block.attributes["authorization"] == {"id": "1006.4/2810", "version": 1}


async def test_no_such_transaction() -> None:
    world = await trading_again()
    assert explain(world.connection, world.transaction_id(), REGIMES.checks) is None


@pytest.mark.parametrize(
    ("registry", "state", "count"),
    [(None, None, 3), ("CHE01", None, 2), ("GHA01", None, 0), (None, "INVALIDATED", 1)],
)
async def test_transactions_are_listed_newest_first(
    registry: str | None, state: str | None, count: int
) -> None:
    world = await trading_again()
    for first in (1, 5):
        world.clock.advance(timedelta(seconds=1))
        await world.senders["tha"].propose(transfer(world, first, 10))
    found = transactions(world.connection, 10, registry=registry, state=state)
    assert len(found) == count
    assert found == sorted(found, key=lambda each: each.transaction_id, reverse=True)
    assert len(transactions(world.connection, 1)) == 1
