# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whoever is refused by a check is told what to do: in the verdict, and at completion."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from broker.rulebook.check import Rule
from broker.rulebook.paris.catalogue import CHECKS
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    authorize,
    batch,
    failed,
    findings_of,
    trading_world,
    transfer,
    verdict_of,
)

REMEDIES = {check.id: check.remedy for check in CHECKS}


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_world()
    yield made
    await made.house.stop()


async def judged(
    world: ClearingWorld, wanted: proposal_pb2.ProposedTransaction
) -> decision_pb2.Verdict:
    said = proposal_pb2.Proposal(transaction=wanted)
    return verdict_of(await world.senders["tha"].say(PayloadKind.PROPOSAL, said))


async def test_a_verdict_says_what_to_do_about_each_check_that_did_not_pass(
    world: ClearingWorld,
) -> None:
    wanted = transfer(world, 1, 10)
    wanted.blocks[0].first, wanted.blocks[0].last = 500_000, 400_000
    verdict = await judged(world, wanted)
    broken = failed(verdict.results[0])
    assert "ID_RANGE_ORDER" in broken
    assert {each.check_id: each.remedy for each in verdict.remedies} == {
        name: REMEDIES[name] for name in broken
    }


async def test_a_verdict_on_what_is_valid_says_nothing_to_do(world: ClearingWorld) -> None:
    verdict = await judged(world, transfer(world, 1, 10))
    assert not failed(verdict.results[0])
    assert not verdict.remedies


async def test_a_batch_says_it_once(world: ClearingWorld) -> None:
    wanted = [transfer(world, at * 10 + 1, at * 10 + 10) for at in range(100)]
    for each in wanted:
        each.blocks[0].first, each.blocks[0].last = each.blocks[0].last, each.blocks[0].first
        each.from_account = "THA"
    verdict = await batch(world.senders["tha"], wanted)
    fine = {decision_pb2.OUTCOME_PASSED, decision_pb2.OUTCOME_NOT_APPLICABLE}
    broken = {
        name
        for place in range(100)
        for name, each in findings_of(verdict, place).items()
        if each.outcome not in fine
    }
    named = [each.check_id for each in verdict.remedies]
    assert len(named) == len(set(named))
    assert set(named) == broken


async def test_a_completion_without_effect_says_what_to_do_to_the_proposer(
    world: ClearingWorld,
) -> None:
    """A receiver has the sentence that depends on nothing else."""
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = transfer(world, 1, 10)
    wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await tha.propose(wanted)
    await che.accept(wanted.transaction_id)
    waiting = transfer(world, 11, 20)
    await tha.propose(waiting)
    assert (await authorize(tha, version=2, revoked=True)).effective
    refused = await answer_to(tha, PayloadKind.COMPLETION, wanted.transaction_id)
    assert refused.refusal.code in {"AUTH_NOT_REVOKED", "AUTH_CHANGE_AFTER_FT"}
    assert refused.refusal.remedy == REMEDIES[refused.refusal.code]
    refused = await answer_to(che, PayloadKind.ACCEPTANCE, waiting.transaction_id)
    assert refused.refusal.code
    assert refused.refusal.remedy == ""
    assert "ask the proposer" in refused.refusal.found


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_remedy_names_no_command_that_a_node_has_not(check: Rule) -> None:
    """Whoever is refused sits at a node and has no access to the clearing-house's program."""
    assert "`broker " not in check.remedy
