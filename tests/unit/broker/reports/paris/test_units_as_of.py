# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where units were at any moment, and what had happened to them by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from broker.reports.paris.as_of import units_as_of
from broker.reports.paris.meta_registry import positions, unit_deeds, unit_positions
from broker.reports.paris.unit_views import units
from broker.reports.sharing import reported_later
from tests.kit.clearing import ClearingWorld, trading_world, transfer, use
from tests.kit.sharing import VIEW, holding, report, share

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


async def lived_in() -> ClearingWorld:
    """1 000 units go to Switzerland at the new year, 100 are used an hour later; Vanuatu reports."""
    world = await trading_world()
    vut = await world.admit("vut", "VUT01")
    assert (await share(vut, "VUT01", VIEW)).effective
    assert (await report(vut, "VUT01", holdings=[holding("VUT01", 1, 50)])).effective
    tha, che = world.senders["tha"], world.senders["che"]
    world.clock.set(NEW_YEAR)
    offered = transfer(world, 1, 1_000)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)
    world.clock.advance(timedelta(hours=1))
    await che.propose(use(world, 1, 100, 2024))
    return world


def whereabouts(world: ClearingWorld, at: datetime | None) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for each in positions(world.connection, "CA000003", at):
        place = (each.holder, each.account_type)
        found[place] = found.get(place, 0) + each.quantity
    return found


async def test_where_the_units_of_an_approach_were() -> None:
    world = await lived_in()
    before, at = NEW_YEAR - MOMENT, NEW_YEAR
    assert whereabouts(world, before) == {("THA01", 100): 100_000, ("VUT01", 100): 50}
    assert whereabouts(world, at) == {
        ("THA01", 100): 99_000,
        ("CHE01", 100): 1_000,
        ("VUT01", 100): 50,
    }
    assert whereabouts(world, world.clock.now()) == whereabouts(world, None)


async def test_what_a_registry_reported_later_is_not_taken_for_what_it_held() -> None:
    world = await lived_in()
    vut = world.senders["vut"]
    assert (await report(vut, "VUT01", holdings=[holding("VUT01", 1, 40)])).effective
    assert ("VUT01", 100) not in whereabouts(world, NEW_YEAR)
    assert reported_later(world.connection, NEW_YEAR) == ["VUT01"]
    assert reported_later(world.connection, world.clock.now()) == []


async def test_what_had_happened_to_a_unit_by_then() -> None:
    world = await lived_in()

    def told(at: datetime | None) -> tuple[list[str], list[tuple[str, int, bool]]]:
        deeds = unit_deeds(world.connection, "THA01", 5, at)
        places = unit_positions(world.connection, "THA01", 5, at)
        return (
            [each.type for each in deeds],
            [(each.holder, each.account_type, each.first_transferred) for each in places],
        )

    assert told(NEW_YEAR - timedelta(days=2_000)) == ([], [])
    assert told(NEW_YEAR - MOMENT) == (["ISSUANCE"], [("THA01", 100, False)])
    assert told(NEW_YEAR) == (["ISSUANCE", "TRANSFER"], [("CHE01", 100, True)])
    assert told(None) == (["ISSUANCE", "TRANSFER", "USE"], [("CHE01", 200, True)])


async def test_holdings_as_of_now_are_the_ledger_but_for_locks() -> None:
    world = await lived_in()
    now = units_as_of(world.connection, world.clock.now())
    assert now == units(world.connection)
    (of_che,) = units_as_of(world.connection, NEW_YEAR, "CHE01")
    assert (of_che.first, of_che.last, of_che.vintage) == (1, 1_000, 2022)
