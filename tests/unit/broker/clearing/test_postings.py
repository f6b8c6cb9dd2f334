# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Postings: what was fixed at validation is read once, when its row is."""

from __future__ import annotations

import json

import pytest

from itmo.core.v1 import decision_pb2
from tests.kit.clearing import trading_world, transfer


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
    receipt = await che.accept(proposed.transaction_id)
    assert receipt.state == decision_pb2.STATE_COMPLETED
    assert len(read) == 1
