# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Kyoto from an assigned amount to retirement, in a real clearing-house."""

from __future__ import annotations

import json
from typing import cast

import pytest

from broker.known_regimes import ALL_REGIMES
from broker.regime.kyoto import regime
from broker.rulebook.check import Shared
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.rulebook import KyotoJudgement, judge_proposal
from broker.verifying.verify import verify
from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import ClearingWorld, failed
from tests.kit.kyoto import AAUS, kyoto, kyoto_world, state


def tallies(world: ClearingWorld) -> dict[str, tuple[int, int]]:
    rows = world.connection.execute("SELECT name, quantity, reserved FROM tally")
    return {name: (quantity, reserved) for name, quantity, reserved in rows if quantity or reserved}


def states(world: ClearingWorld) -> list[tuple[int, int, str, int]]:
    rows = world.connection.execute("SELECT first, last, account_id, state FROM unit_block")
    return [(first, last, account[4:9], json.loads(s)["type"]) for first, last, account, s in rows]


def last_receipt(world: ClearingWorld) -> decision_pb2.Receipt:
    payload = world.connection.execute(
        "SELECT payload FROM statement WHERE kind = 'receipt' ORDER BY log_index DESC LIMIT 1"
    ).fetchone()[0]
    return cast("decision_pb2.Receipt", decode(PayloadKind.RECEIPT, payload))


async def test_issued_transferred_converted_and_retired() -> None:
    world = await kyoto_world()
    gbr, che = world.senders["gbr"], world.senders["che"]
    issued = await gbr.propose(kyoto(world, "ISSUANCE", 1, AAUS))
    assert issued.state == decision_pb2.STATE_COMPLETED, failed(issued)
    assert issued.units[0].attributes.kyoto.unit_type == attributes_pb2.UNIT_TYPE_AAU

    over = await gbr.propose(kyoto(world, "ISSUANCE", AAUS + 1, AAUS + 1))
    assert over.state == decision_pb2.STATE_INVALIDATED
    assert list(failed(over)) == ["KP_ISSUE_CAP"]

    converted = await gbr.propose(kyoto(world, "CONVERSION", 101, 200))
    assert converted.state == decision_pb2.STATE_COMPLETED, failed(converted)
    # As they stood before; what they are now, the receipt says.
    assert converted.units[0].attributes.kyoto.unit_type == attributes_pb2.UNIT_TYPE_AAU
    (now,) = last_receipt(world).restated
    assert (now.registry, now.first, now.last) == ("GBR01", 101, 200)
    assert now.attributes.kyoto.unit_type == attributes_pb2.UNIT_TYPE_ERU_FROM_AAU
    assert now.attributes.kyoto.project == "GBR22"

    moved = kyoto(world, "TRANSFER", 51, 150, taker="CHE01")
    offered = await gbr.propose(moved)
    assert offered.state == decision_pb2.STATE_VALIDATED, failed(offered)
    assert (await che.accept(moved.transaction_id)).state == decision_pb2.STATE_COMPLETED

    retired = await che.propose(kyoto(world, "RETIREMENT", 101, 150, giver="CHE01", to_type=300))
    assert retired.state == decision_pb2.STATE_COMPLETED, failed(retired)
    assert tallies(world) == {
        "kyoto-converted:GBR:22:1": (100, 0),
        "kyoto-issued:GBR:1": (AAUS, 0),
        "kyoto-held:GBR:1": (AAUS - 100, 0),
        "kyoto-held:CHE:1": (50, 0),
        "kyoto-reserve:CHE:1": (100, 0),
        "kyoto-reserve:GBR:1": (AAUS - 100, 0),
        "kyoto-retired:CHE:1": (50, 0),
    }
    found = verify(world.connection, lambda _: None, ALL_REGIMES)
    assert found.problems == ()


async def test_an_issuance_that_waits_keeps_what_it_will_issue() -> None:
    world = await kyoto_world()
    waiting = kyoto(world, "ISSUANCE", 1, AAUS)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    gbr = world.senders["gbr"]
    first = await gbr.propose(waiting)
    assert first.state == decision_pb2.STATE_VALIDATED, failed(first)
    second = await gbr.propose(kyoto(world, "ISSUANCE", AAUS + 1, AAUS + 1))
    assert list(failed(second)) == ["KP_ISSUE_CAP"]
    row, _ = await world.house.transaction(gbr.node, waiting.transaction_id)
    completion = proposal_pb2.Completion(
        transaction_id=waiting.transaction_id, proposal_hash=row.proposal_hash
    )
    await gbr.say(PayloadKind.COMPLETION, completion)
    assert tallies(world)["kyoto-issued:GBR:1"] == (AAUS, 0)


async def test_a_party_that_lost_its_eligibility_takes_no_units_although_they_were_offered() -> (
    None
):
    world = await kyoto_world()
    gbr, che = world.senders["gbr"], world.senders["che"]
    await gbr.propose(kyoto(world, "ISSUANCE", 1, AAUS))
    moved = kyoto(world, "TRANSFER", 1, 10, taker="CHE01")
    await gbr.propose(moved)
    await state(world, eligibility=kyoto_pb2.Eligibility(party="CHE", eligible=False))
    told = await che.accept(moved.transaction_id)
    assert (told.effective, told.refusal.code) == (False, "KP_TRF_ELIGIBLE")


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("another type", "terms.kyoto.become"),
        ("a project of another Party", "become.project"),
        ("words of another rulebook", "terms"),
        ("a land-use activity that is none", "blocks[0].attributes.kyoto.lulucf_activity"),
        ("a transaction to be reversed", "reverses is stated"),
        ("a notice of another rulebook", "notice_id is stated"),
        ("a type that it has not", "type"),
    ],
)
async def test_what_cannot_be_meant_is_refused(kind: str, where: str) -> None:
    world = await kyoto_world()
    wanted = kyoto(world, "CONVERSION", 1, 10)
    if kind == "another type":
        wanted.terms.kyoto.become.unit_type = attributes_pb2.UNIT_TYPE_CER
    elif kind == "a project of another Party":
        wanted.terms.kyoto.become.project = "CHE22"
    elif kind == "words of another rulebook":
        wanted.terms.paris.year_of_use = 2025
    elif kind == "a land-use activity that is none":
        wanted.blocks[0].attributes.kyoto.lulucf_activity = 55  # type: ignore[assignment]  # none
    elif kind == "a transaction to be reversed":
        wanted.reverses = world.transaction_id()
    elif kind == "a notice of another rulebook":
        wanted.notice_id = world.transaction_id()
    else:
        wanted.type = proposal_pb2.TRANSACTION_TYPE_USE
    with pytest.raises(ProtocolError) as raised:
        await world.senders["gbr"].propose(wanted)
    assert raised.value.reason is Reason.PAYLOAD_INVALID
    assert where in raised.value.message


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"period": kyoto_pb2.CommitmentPeriod(period=2, first_day="2013-01-01")},
        {"assigned_amount": kyoto_pb2.AssignedAmount(party="GBR", period=0, quantity=1)},
        {"assigned_amount": kyoto_pb2.AssignedAmount(party="GBR", period=1)},
        {"project": kyoto_pb2.Project(project="22")},
        {
            "assigned_amount": kyoto_pb2.AssignedAmount(
                party="GBR",
                period=1,
                quantity=1,
                base_emissions=limits.MAX_UNITS + 1,
                base_year=1990,
                per_myriad=1,
            )
        },
        {"compliance": kyoto_pb2.Compliance(party="GBR", period=1, emissions=limits.MAX_UNITS + 1)},
    ],
)
async def test_a_broken_statement_takes_no_effect(said: dict[str, object]) -> None:
    world = await kyoto_world()
    with pytest.raises(ProtocolError) as raised:
        await state(world, **said)
    assert raised.value.reason is Reason.PAYLOAD_INVALID


async def test_verifications_of_a_project_are_known_to_whom_they_concern(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await kyoto_world()
    for number in (1, 2):
        verification = kyoto_pb2.Verification(
            project="GBR22", verification_number=number, from_day="2009-01-01",
            to_day="2009-12-31", quantity=10 * number, final=number == 1,
        )  # fmt: skip
        await state(world, verification=verification)
    cases: list[KyotoCase] = []

    def judge(case: KyotoCase, shared: Shared | None) -> KyotoJudgement:
        cases.append(case)
        return judge_proposal(case, shared)

    monkeypatch.setattr(regime, "judge_proposal", judge)
    await world.senders["gbr"].propose(kyoto(world, "CONVERSION", 1, 10))
    (case,) = cases
    told = [(each.number, each.quantity, each.final) for each in case.verifications["GBR", 22]]
    assert told == [(1, 10, True), (2, 20, False)]
