# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Postings: written and read in one form, read once, and what they keep while they wait."""

from __future__ import annotations

import json

import pytest

from broker.clearing.transactions import postings
from broker.clearing.transactions.postings import from_text, locked_by, parsed, to_text
from broker.regime.postings import Booking, Issue, Lookup, Move, Postings, Restate, Units
from itmo.core.v1 import decision_pb2
from itmo.serials import SerialRange
from tests.kit.clearing import trading_world, transfer


def units(first: int, last: int, registry: str = "THA01") -> Units:
    return Units(registry, SerialRange(first, last))


EVERYTHING = Postings(
    issues=(Issue(units(1, 9), "a", b"\xff\x00", '{"x":1}', (Lookup("s", "n", 1, 9),)),),
    moves=(Move(units(8, 9), "a", "b"), Move(units(20, 30), "c", "d")),
    restates=(Restate(units(1, 9), '{"x":1}', '{"x":2}'), Restate(units(31, 40), "e", "f")),
    tallies=(("many", -3),),
    reserves=(("few", 4),),
    bookings=(Booking("THA", 2022, -9, "WHY", "GHG", units(1, 9), 2),),
    reverses="t",
    notice_id="n",
    terms='{"y":"\u00e9"}',
)


def test_what_is_written_is_read() -> None:
    for each in (EVERYTHING, Postings()):
        assert from_text(to_text(each)) == each
        assert parsed(to_text(each)) == each


def test_units_that_move_or_are_restated_are_kept_and_those_to_be_issued_are_not() -> None:
    assert list(locked_by(EVERYTHING)) == [units(20, 40)]
    elsewhere = Postings(issues=EVERYTHING.issues, moves=(Move(units(1, 9, "CHE01"), "a", "b"),))
    assert list(locked_by(elsewhere)) == [units(1, 9, "CHE01")]


async def test_a_transfer_reads_its_postings_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    read: list[str] = []
    loads = json.loads

    def counted(text: str) -> object:
        tree = loads(text)
        if isinstance(tree, dict) and "bookings" in tree:
            read.append(text)
        return tree

    monkeypatch.setattr(json, "loads", counted)
    proposed = transfer(world, 1, 1_000)
    verdict = await tha.propose(proposed)
    assert verdict.state == decision_pb2.STATE_VALIDATED
    assert read == []  # made here: nothing was stored yet to be read
    monkeypatch.setattr(postings, "_read", {})  # as after a start, or by another process
    receipt = await che.accept(proposed.transaction_id)
    assert receipt.state == decision_pb2.STATE_COMPLETED
    assert len(read) == 1
    proposed = transfer(world, 1_001, 2_000)
    await tha.propose(proposed)
    receipt = await che.accept(proposed.transaction_id)
    assert receipt.state == decision_pb2.STATE_COMPLETED
    assert len(read) == 1  # what was written here is not read again
