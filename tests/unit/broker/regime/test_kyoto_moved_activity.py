# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An activity that moved to Article 6.4 issues here only for what was monitored before."""

from __future__ import annotations

import pytest

from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.cdm import cdm_world, cers
from tests.kit.clearing import ClearingWorld, failed, receipt_of
from tests.kit.kyoto import kyoto, state


async def moved(world: ClearingWorld, day: str) -> None:
    said = kyoto_pb2.ActivityMove(project="IND9876", from_day=day, moved_to="A64-17")
    await state(world, activity_move=said)


def monitored(
    world: ClearingWorld, first: int, from_day: str, to_day: str
) -> proposal_pb2.ProposedTransaction:
    proposed = cers(world, first, first + 9)
    proposed.terms.kyoto.monitored_from, proposed.terms.kyoto.monitored_to = from_day, to_day
    return proposed


async def test_it_issues_for_monitoring_periods_before_the_move_only() -> None:
    world = await cdm_world()
    cdm = world.senders["cdm"]
    assert (await cdm.propose(cers(world, 1, 10))).state == decision_pb2.STATE_COMPLETED
    await moved(world, "2021-01-01")
    told = await cdm.propose(cers(world, 11, 20))
    assert list(failed(told)) == ["KP_CDM_MOVED"]
    told = await cdm.propose(monitored(world, 11, "2020-07-01", "2021-01-01"))
    assert list(failed(told)) == ["KP_CDM_MOVED"]
    assert "2020-07-01 to 2021-01-01" in failed(told)["KP_CDM_MOVED"]
    told = await cdm.propose(monitored(world, 11, "2020-07-01", "2020-12-31"))
    assert told.state == decision_pb2.STATE_COMPLETED, failed(told)
    await moved(world, "")
    told = await cdm.propose(monitored(world, 21, "2021-01-01", "2021-06-30"))
    assert told.state == decision_pb2.STATE_COMPLETED, failed(told)


async def test_an_issuance_that_waits_is_stopped_by_a_move() -> None:
    world = await cdm_world()
    cdm = world.senders["cdm"]
    waiting = [
        monitored(world, 1, "2020-01-01", "2020-12-31"),
        monitored(world, 11, "2021-01-01", "2021-06-30"),
    ]
    outcomes = []
    for each in waiting:
        each.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
        assert (await cdm.propose(each)).state == decision_pb2.STATE_VALIDATED
    await moved(world, "2021-01-01")
    for each in waiting:
        row, _ = await world.house.transaction(cdm.node, each.transaction_id)
        completion = proposal_pb2.Completion(
            transaction_id=each.transaction_id, proposal_hash=row.proposal_hash
        )
        told = receipt_of(await cdm.say(PayloadKind.COMPLETION, completion))
        outcomes.append((told.effective, told.refusal.code))
    assert outcomes == [(True, ""), (False, "KP_CDM_MOVED")]


async def test_only_an_issuance_states_a_monitoring_period_and_one_that_is_one() -> None:
    world = await cdm_world()
    transfer = kyoto(world, "TRANSFER", 1, 2, taker="CHE01")
    transfer.terms.kyoto.monitored_from = "2020-01-01"
    for wrong, who in (
        (transfer, "gbr"),
        (monitored(world, 1, "2020-01-02", "2020-01-01"), "cdm"),
        (monitored(world, 1, "2020-01-02", ""), "cdm"),
        (monitored(world, 1, "2020-13-02", "2021-01-01"), "cdm"),
    ):
        with pytest.raises(ProtocolError, match=r"monitored_(from|to)"):
            await world.senders[who].propose(wrong)
