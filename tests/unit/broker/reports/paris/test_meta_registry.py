# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One view over the ledger and the reports of registries, each figure with its source."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from broker.reports.paris import fates
from broker.reports.paris import meta_registry as report
from broker.reports.paris.meta_answers import (
    first_transferred,
    list_actions,
    list_units,
    unit_history,
)
from itmo.reasons import ProtocolError
from tests.kit.clearing import ClearingWorld, transfer, use
from tests.kit.sharing import NOTIFY, action, holding, sharing_world
from tests.kit.sharing import report as say

APPROACH = "CA000003"


async def shared_world() -> ClearingWorld:
    """Switzerland holds 1 to 100 and used ten of them; Vanuatu and Ghana report what they have."""
    world = await sharing_world(NOTIFY)
    tha, che, vut, gha = (world.senders[name] for name in ("tha", "che", "vut", "gha"))
    moved = transfer(world, 1, 100)
    await tha.propose(moved)
    await che.accept(moved.transaction_id)
    await che.propose(use(world, 1, 10, 2022))
    await tha.propose(transfer(world, 201, 300))  # waits for its receiver
    issued = action("i1", "ISSUANCE", "VUT01", 1, 50, world.clock.now())
    sold = action("s1", "TRANSFER", "VUT01", 41, 50, world.clock.now(), counterparty="GHA01")
    await say(vut, "VUT01", actions=[issued, sold])
    got = holding("VUT01", 41, 50)
    bought = action(
        "b1", "ACQUISITION", "VUT01", 41, 50,
        world.clock.now() + timedelta(seconds=1), counterparty="VUT01",
    )  # fmt: skip
    await say(gha, "GHA01", holdings=[got, holding("THA01", 500, 509)], actions=[bought])
    await world.house.stop()
    return world


@pytest.fixture(scope="module")
def world() -> Iterator[ClearingWorld]:
    made = asyncio.run(shared_world())
    yield made
    made.connection.close()


def test_where_the_units_of_an_approach_are(world: ClearingWorld) -> None:
    found = report.positions(world.connection, APPROACH)
    listed = [
        (each.registry, each.first, each.last, each.holder, each.source.reported_by)
        for each in found
    ]
    assert listed == [
        ("THA01", 1, 10, "CHE01", ""),
        ("THA01", 11, 100, "CHE01", ""),
        ("THA01", 101, 200, "THA01", ""),
        ("THA01", 201, 300, "THA01", ""),
        ("THA01", 301, 100_000, "THA01", ""),
        ("THA01", 500, 509, "GHA01", "GHA01"),
        ("VUT01", 1, 40, "VUT01", "VUT01"),
        ("VUT01", 41, 50, "GHA01", "GHA01"),
    ]
    assert all((each.source.as_of is None) == (each.account_id != "") for each in found)
    summed = fates.totals(APPROACH, found)
    assert (summed.issued, summed.held, summed.used) == (100_050, 100_040, 10), "each unit once"
    assert summed.first_transferred == 100
    told = list_units(world.connection, "che", APPROACH).totals
    assert (told.issued, told.held, told.used) == (summed.issued, summed.held, 10), "either way"
    assert told.first_transferred == 100
    by_registry = {(each.registry, each.source.reported_by): each for each in fates.holders(found)}
    assert by_registry["CHE01", ""].used == 10
    assert by_registry["CHE01", ""].held == 90
    assert by_registry["GHA01", "GHA01"].units == 20
    assert report.positions(world.connection, "CA000009") == []


def test_the_history_of_a_unit(world: ClearingWorld) -> None:
    told = [
        (each.type, each.from_registry, each.to_registry, each.source.reported_by)
        for each in report.unit_deeds(world.connection, "VUT01", 45)
    ]
    assert told == [
        ("ISSUANCE", "", "VUT01", "VUT01"),
        ("TRANSFER", "VUT01", "GHA01", "VUT01"),
        ("ACQUISITION", "VUT01", "GHA01", "GHA01"),
    ]
    ledger = report.unit_deeds(world.connection, "THA01", 5)
    assert [each.type for each in ledger] == ["ISSUANCE", "TRANSFER", "USE"]
    assert [each.first_transfer for each in ledger] == [False, True, False]
    assert report.unit_deeds(world.connection, "THA01", 250)[-1].type == "ISSUANCE", "not open ones"


def test_what_a_party_did_in_a_year(world: ClearingWorld) -> None:
    done = list_actions(world.connection, "che", "CHE", 2023).actions
    assert [(each.type, each.first, each.last) for each in done] == [
        ("TRANSFER", 1, 100),
        ("USE", 1, 10),
    ]
    assert not list_actions(world.connection, "che", "CHE", 2022).actions
    of_ghana = list_actions(world.connection, "gha", "GHA", 2023).actions
    assert [each.action_id for each in of_ghana] == ["s1", "b1"]


def test_a_node_sees_what_is_its_business(world: ClearingWorld) -> None:
    connection = world.connection
    swiss = list_units(connection, "che", APPROACH)
    assert {each.holder for each in swiss.units} == {"CHE01"}
    assert swiss.totals.participant
    assert (swiss.totals.issued, swiss.totals.held) == (100_050, 100_040)
    ghana = list_units(connection, "gha", APPROACH)
    assert {each.source.reported_by for each in ghana.units} == {"GHA01"}
    assert (ghana.totals.participant, ghana.totals.held) == (False, 0)
    assert [each.type for each in unit_history(connection, "tha", "THA01", 5).actions] == [
        "ISSUANCE",
        "TRANSFER",
    ]
    assert not unit_history(connection, "gha", "THA01", 5).actions
    claimed = unit_history(connection, "gha", "THA01", 505)
    assert [each.holder for each in claimed.positions] == ["GHA01"]
    assert [each.type for each in list_actions(connection, "gha", "VUT", 2023).actions] == [
        "TRANSFER",
        "ACQUISITION",
    ]
    assert not list_actions(connection, "vut", "CHE", 2023).actions


def test_a_host_lists_its_first_transferred_units(world: ClearingWorld) -> None:
    (ids,) = first_transferred(world.connection, "tha", "THA").units
    assert (ids.registry, ids.first, ids.last) == ("THA01", 1, 100), "used or not"
    with pytest.raises(ProtocolError, match="has not designated che"):
        first_transferred(world.connection, "che", "THA")


def test_an_unknown_approach_is_named(world: ClearingWorld) -> None:
    with pytest.raises(ProtocolError, match="CA000009"):
        list_units(world.connection, "che", "CA000009")
