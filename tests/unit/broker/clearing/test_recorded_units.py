# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A verdict states every attribute of the units, for whoever proposed nothing but serial numbers."""

from __future__ import annotations

import pytest

from broker.clearing.decision.statements import _FOUND_BYTES
from broker.regime.paris.recorded import _written
from broker.rulebook.paris.attributes import Attributes, AuthorizationRef, Underlying
from broker.rulebook.paris.catalogue import CHECKS
from broker.verifying.verify import verify
from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2
from itmo.identifiers import NodeId
from itmo.paris.v1 import attributes_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, attributes, transfer, verdict_of
from tests.kit.notices import notify
from tests.kit.world_again import trading_again


@pytest.fixture
async def world() -> ClearingWorld:
    return await trading_again()


def bare(world: ClearingWorld, first: int, last: int) -> proposal_pb2.ProposedTransaction:
    wanted = transfer(world, first, last)
    for block in wanted.blocks:
        block.ClearField("attributes")
    return wanted


async def delivered_verdict(world: ClearingWorld, node: str) -> decision_pb2.Verdict:
    entries = await world.house.deliveries(NodeId(node), 0, 1000)
    verdicts = [
        each.payload
        for entry in entries
        for each in entry.envelopes
        if each.payload_type == PayloadKind.VERDICT.label
    ]
    return decision_pb2.Verdict.FromString(verdicts[-1])


def canonical() -> attributes_pb2.UnitAttributes:
    stated = attributes()
    stated.cooperative_approach = "CA000003"
    return stated


async def test_the_receiver_is_told_what_a_proposal_leaves_out(world: ClearingWorld) -> None:
    wanted = bare(world, 11, 20)
    assert (await world.senders["tha"].propose(wanted)).state == decision_pb2.STATE_VALIDATED
    (units,) = (await delivered_verdict(world, "che")).results[0].units
    assert (units.registry, units.first, units.last) == ("THA01", 11, 20)
    assert units.attributes.paris == canonical()
    assert units.marks == ["FIRST_TRANSFERRED"]


async def test_an_issuance_is_recorded_like_everything_else(world: ClearingWorld) -> None:
    verdict = await delivered_verdict(world, "tha")
    (units,) = verdict.results[0].units
    assert (units.first, units.last, list(units.marks)) == (1, 100_000, [])
    assert units.attributes.paris == canonical()


async def test_what_a_notice_changed_is_stated_as_it_is_now(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    assert (await notify(tha, 15, 30, vintage=2023)).effective
    found = (await tha.propose(bare(world, 11, 20))).units
    assert [(each.first, each.last, each.attributes.paris.vintage) for each in found] == [
        (11, 14, 2022),
        (15, 20, 2023),
    ]


async def test_an_invalidated_proposal_tells_nothing(world: ClearingWorld) -> None:
    wanted = bare(world, 100_000, 100_001)
    found = await world.senders["tha"].propose(wanted)
    assert (found.state, len(found.units)) == (decision_pb2.STATE_INVALIDATED, 0)
    stranger = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    assert not (await world.senders["che"].propose(stranger)).units


async def test_a_reversal_takes_the_mark_off(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = bare(world, 1, 10)
    await tha.propose(wanted)
    await tha.propose(bare(world, 21, 30))
    await che.accept(wanted.transaction_id)
    await world.operator.state(
        PayloadKind.REVERSAL_STATEMENT,
        statements_pb2.ReversalStatement(transaction_id=wanted.transaction_id, reason="an error"),
    )
    kind = proposal_pb2.TRANSACTION_TYPE_REVERSAL
    back = transfer(world, 1, 10, giver="CHE01", taker="THA01", kind=kind)
    back.reverses = wanted.transaction_id
    (units,) = (await che.propose(back)).units
    assert (units.first, units.last, list(units.marks)) == (1, 10, [])


async def test_a_replay_comes_to_the_same_bytes(world: ClearingWorld) -> None:
    answer = await world.senders["tha"].say(
        PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=bare(world, 1, 10))
    )
    assert verdict_of(answer).results[0].units
    assert verify(world.connection, lambda _: None).problems == ()


def test_the_longest_statement_fits() -> None:
    """A thousand pieces, no two alike, in characters of four bytes where ids may have such."""
    wide = "\U0001d7ce"  # a digit to the normal form of ids
    long = Attributes(
        cooperative_approach="CA000003",
        first_transferring_party="THA",
        vintage=9999,
        authorization=AuthorizationRef("x" * limits.MAX_IDENTIFIER, 200),
        non_ghg_metric=wide * limits.MAX_IDENTIFIER,
        sector="x" * limits.MAX_IDENTIFIER,
        activity_type="x" * limits.MAX_IDENTIFIER,
        underlying=Underlying("Cercarbono", wide * limits.MAX_UNIT_ID, wide * limits.MAX_UNIT_ID),
        activity=wide * limits.MAX_IDENTIFIER,
        outside_ndc_scope=True,
    )
    unit = decision_pb2.RecordedUnits(
        registry="THA01",
        first=limits.MAX_UNITS,
        last=limits.MAX_UNITS,
        attributes=rulebooks_pb2.UnitAttributes(paris=_written(long)),
        marks=["FIRST_TRANSFERRED"],
    )
    units = limits.MAX_PIECES_PER_MESSAGE * decision_pb2.TransactionVerdict(units=[unit]).ByteSize()
    remedies = sum(len(each.id) + len(each.remedy) + 10 for each in CHECKS)
    most = limits.MAX_PROPOSALS_PER_BATCH
    lists = (
        most
        * decision_pb2.TransactionVerdict(
            transaction_id="0" * 36,
            state=decision_pb2.STATE_INVALIDATED,
            quantity=limits.MAX_SEQUENCE,
            marks=["FIRST_TRANSFER"],
            outcomes=[decision_pb2.OUTCOME_INCONCLUSIVE for _ in CHECKS],
        ).ByteSize()
    )
    assert units + remedies + lists + _FOUND_BYTES < limits.MAX_STATEMENT_BYTES
    assert limits.MAX_PAYLOAD_BYTES + limits.MAX_STATEMENT_BYTES < 4 * limits.MAX_MESSAGE_BYTES
