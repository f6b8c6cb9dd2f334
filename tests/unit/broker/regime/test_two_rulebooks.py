# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both rulebooks in one clearing-house, and a registry that takes part in both."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from itertools import pairwise

import pytest

from broker.app import invariants_of, memory_database
from broker.known_regimes import ALL_REGIMES
from broker.reports.audit import broken_invariants
from broker.verifying.replay import Replay
from broker.verifying.verify import COMPARED, verify
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.payloads import PayloadKind
from itmo.runtime.db.comparison import differences
from tests.kit.clearing import ClearingWorld, failed, transfer, verdict_of
from tests.kit.kyoto import kyoto, swiss, world_of_both


async def _traded() -> ClearingWorld:
    """A Paris transfer and a Kyoto conversion at one moment, then what follows from both."""
    world = await world_of_both()
    tha, che = world.senders["tha"], world.senders["che"]
    moved, converted = transfer(world, 1, 100), swiss(world, "CONVERSION", 11, 20)
    offered, done = await asyncio.gather(
        tha.say(PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=moved)),
        che.say(PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=converted)),
    )
    assert verdict_of(offered).results[0].state == decision_pb2.STATE_VALIDATED
    assert verdict_of(done).results[0].state == decision_pb2.STATE_COMPLETED
    assert verdict_of(offered).rulebook_digest == ALL_REGIMES["paris"].digest
    assert verdict_of(done).rulebook_digest == ALL_REGIMES["kyoto"].digest
    assert (await che.accept(moved.transaction_id)).state == decision_pb2.STATE_COMPLETED
    retired = await che.propose(swiss(world, "RETIREMENT", 16, 30, to_type=300))
    assert retired.state == decision_pb2.STATE_COMPLETED, failed(retired)
    return world


def _differing(told: sqlite3.Connection, together: int) -> tuple[list[str], int]:
    """What differs when messages are played in groups of a size, and the size of the largest."""
    sizes = [0]
    fresh = memory_database()
    fault = Replay(told, fresh, ALL_REGIMES).run(sizes.append, together=together)
    found = [str(fault)] if fault else []
    for table in COMPARED:
        names = [column.name for column in table.c]
        keys = [column.name for column in table.primary_key]
        found += differences(told, fresh, table.name, names, keys)
    fresh.close()
    return found, max(b - a for a, b in pairwise(sizes))


async def test_both_side_by_side_come_to_the_same_bytes_singly_and_in_groups() -> None:
    world = await _traded()
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()
    assert list(broken_invariants(world.connection, invariants_of(ALL_REGIMES))) == []
    assert _differing(world.connection, 1) == ([], 1)
    found, largest = _differing(world.connection, 64)
    assert (found, largest > 1) == ([], True)


def _into_the_other_account(world: ClearingWorld) -> proposal_pb2.ProposedTransaction:
    wanted = transfer(world, 1, 10)
    wanted.to_account = make_account_id(RegistryId("CHE01"), 100, 2)
    return wanted


def _units_of_the_other(world: ClearingWorld) -> proposal_pb2.ProposedTransaction:
    wanted = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    wanted.blocks[0].registry = "CHE01"
    return wanted


def _all_of_the_other(world: ClearingWorld) -> proposal_pb2.ProposedTransaction:
    wanted = _units_of_the_other(world)
    wanted.from_account = make_account_id(RegistryId("CHE01"), 100, 2)
    return wanted


def _kyoto_of_paris_units(world: ClearingWorld) -> proposal_pb2.ProposedTransaction:
    wanted = kyoto(world, "TRANSFER", 1, 10, giver="CHE01", taker="THA01", units="THA01")
    wanted.from_account = make_account_id(RegistryId("CHE01"), 100, 2)
    return wanted


def _issued_over_the_other(world: ClearingWorld) -> proposal_pb2.ProposedTransaction:
    return swiss(world, "ISSUANCE", 91, 110)


@pytest.mark.parametrize(
    ("sender", "proposed", "checks"),
    [
        ("tha", _into_the_other_account, {"TX_ONE_RULEBOOK"}),
        ("che", _units_of_the_other, {"ID_KNOWN_AND_HELD"}),
        ("che", _all_of_the_other, {"ID_KNOWN_AND_HELD", "TX_ONE_RULEBOOK"}),
        ("che", _kyoto_of_paris_units, {"ID_KNOWN_AND_HELD", "TX_ONE_RULEBOOK"}),
        ("che", _issued_over_the_other, {"ID_NO_OVERLAP_ISSUE"}),
    ],
)
async def test_what_is_of_two_rulebooks_is_refused(
    sender: str,
    proposed: Callable[[ClearingWorld], proposal_pb2.ProposedTransaction],
    checks: set[str],
) -> None:
    world = await world_of_both()
    verdict = await world.senders[sender].propose(proposed(world))
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert "MESSAGE_FAULT" not in failed(verdict)
    assert checks <= failed(verdict).keys(), failed(verdict)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


async def test_a_reversal_knows_no_transaction_of_the_other() -> None:
    world = await _traded()
    che = world.senders["che"]
    row = world.connection.execute(
        "SELECT transaction_id FROM transaction_record WHERE type = 'CONVERSION'"
    ).fetchone()
    wanted = transfer(world, 1, 10, giver="CHE01", taker="THA01")
    wanted.type = proposal_pb2.TRANSACTION_TYPE_REVERSAL
    wanted.reverses = row[0]
    verdict = await che.propose(wanted)
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert "REV_FITS_TRANSFER" in failed(verdict)
