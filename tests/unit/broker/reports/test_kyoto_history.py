# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The history of Kyoto played again, against what the ledger holds."""

from __future__ import annotations

import json
from datetime import timedelta

from broker.regime.postings import Units
from broker.reports.kyoto.held_units import held_units, in_words, trail
from broker.reports.kyoto.history import History
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.codes import UnitType
from itmo.serials import SerialRange
from tests.kit.kyoto import AAUS, kyoto, kyoto_world


async def test_every_event_in_order_and_what_is_held_at_each_moment() -> None:
    world = await kyoto_world()
    gbr, che = world.senders["gbr"], world.senders["che"]
    await gbr.propose(kyoto(world, "ISSUANCE", 1, AAUS))
    issued_at = world.clock.now()
    world.clock.advance(timedelta(days=400))
    await gbr.propose(kyoto(world, "CONVERSION", 101, 200))
    moved = kyoto(world, "TRANSFER", 51, 150, taker="CHE01")
    await gbr.propose(moved)
    await che.accept(moved.transaction_id)
    await che.propose(kyoto(world, "RETIREMENT", 101, 150, giver="CHE01", to_type=300))

    early = History(world.connection)
    assert [each.type for each in early.events(issued_at + timedelta(days=1))] == [
        TransactionType.ISSUANCE
    ]
    assert [(holder.party, lot.quantity) for holder, lot in early.held()] == [("GBR", AAUS)]

    history = History(world.connection)
    events = list(history.events())
    told = [
        (each.type.value, each.units.range.first, each.units.range.last, each.giver.party,
         each.taker.party, each.units.attributes.unit_type, each.after.unit_type)
        for each in events
    ]  # fmt: skip
    aau, eru = UnitType.AAU, UnitType.ERU_FROM_AAU
    assert told == [
        ("ISSUANCE", 1, AAUS, "GBR", "GBR", aau, aau),
        ("CONVERSION", 101, 200, "GBR", "GBR", aau, eru),
        ("TRANSFER", 51, 100, "GBR", "CHE", aau, aau),
        ("TRANSFER", 101, 150, "GBR", "CHE", eru, eru),
        ("RETIREMENT", 101, 150, "CHE", "CHE", eru, eru),
    ]
    assert history.proposed(events[1]).project == 22
    held = [
        (lot.range.first, lot.range.last, holder.account_id, int(lot.attributes.unit_type or 0))
        for holder, lot in history.held()
    ]
    rows = world.connection.execute(
        "SELECT first, last, account_id, state FROM unit_block ORDER BY first"
    ).fetchall()
    assert held == [(*row, json.loads(state)["type"]) for *row, state in rows]


async def test_units_and_the_trail_of_a_range_as_of_any_moment() -> None:
    world = await kyoto_world()
    gbr = world.senders["gbr"]
    await gbr.propose(kyoto(world, "ISSUANCE", 1, AAUS))
    early = world.clock.now()
    world.clock.advance(timedelta(days=400))
    await gbr.propose(kyoto(world, "CONVERSION", 101, 200))
    await gbr.propose(kyoto(world, "RETIREMENT", 151, 300, to_type=300))

    then = held_units(world.connection, as_of=early)
    assert [(each.holder.account_type, each.units.quantity) for each in then] == [(100, AAUS)]
    now = held_units(world.connection, party="GBR")
    told = [
        (each.holder.account_type, each.units.range.first, each.units.range.last,
         in_words(each.units.attributes))
        for each in now
    ]  # fmt: skip
    eru = "ERU from AAU of period 1, project 22, track 1"
    assert told == [
        (100, 1, 100, "AAU of period 1"),
        (100, 101, 150, eru),
        (100, 301, AAUS, "AAU of period 1"),
        (300, 151, 200, eru),
        (300, 201, 300, "AAU of period 1"),
    ]
    assert held_units(world.connection, party="CHE") == []
    (first, *_) = now
    assert held_units(world.connection, account=first.holder.account_id) == now[:3]

    wanted = Units("GBR01", SerialRange(190, 210))
    happened = [
        (each.type.value, each.units.range.first, each.units.range.last)
        for each in trail(world.connection, wanted)
    ]
    assert happened == [
        ("ISSUANCE", 190, 210),
        ("CONVERSION", 190, 200),
        ("RETIREMENT", 190, 200),
        ("RETIREMENT", 201, 210),
    ]
    assert [each.type.value for each in trail(world.connection, wanted, early)] == ["ISSUANCE"]
    assert list(trail(world.connection, Units("CHE01", SerialRange(1, 9)))) == []
