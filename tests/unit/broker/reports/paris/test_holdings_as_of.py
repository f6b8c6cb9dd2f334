# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holdings as they stood at the end of a year, at a place in the log, and now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from broker.reports.holdings import holdings
from broker.reports.paris.actions import end_of
from broker.reports.paris.as_of import holdings_as_of
from itmo.identifiers import RegistryId, make_account_id
from tests.kit.clearing import ClearingWorld, trading_world, transfer, use
from tests.kit.notices import notify

THA = make_account_id(RegistryId("THA01"), 100, 1)
CHE = make_account_id(RegistryId("CHE01"), 100, 1)
CHE_NDC = make_account_id(RegistryId("CHE01"), 200, 1)


async def new_year(world: ClearingWorld) -> None:
    """1 000 units go to Switzerland just before the year ends; 100 are used just as it has ended."""
    tha, che = world.senders["tha"], world.senders["che"]
    world.clock.set(datetime(2023, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC))
    offered = transfer(world, 1, 1_000)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)
    world.clock.advance(timedelta(milliseconds=1))
    await che.propose(use(world, 1, 100, 2024))


def totals(world: ClearingWorld, before: datetime | None = None) -> dict[str, int]:
    found: dict[str, int] = {}
    for held in holdings_as_of(world.connection, before=before):
        account = held.side.account_id
        found[account] = found.get(account, 0) + held.units.quantity
    return found


async def test_a_year_ends_at_midnight_utc() -> None:
    world = await trading_world()
    await new_year(world)
    assert totals(world, end_of(2022)) == {}
    assert totals(world, end_of(2023)) == {THA: 99_000, CHE: 1_000}
    assert totals(world, end_of(2024)) == {THA: 99_000, CHE: 900, CHE_NDC: 100}


async def test_now_is_what_the_ledger_holds() -> None:
    world = await trading_world()
    await new_year(world)
    assert totals(world) == holdings(world.connection)


async def test_of_one_account_or_party() -> None:
    world = await trading_world()
    await new_year(world)
    found = holdings_as_of(world.connection, party="CHE")
    assert [(held.side.account_id, held.units.first, held.units.last) for held in found] == [
        (CHE_NDC, 1, 100),
        (CHE, 101, 1_000),
    ]
    assert {held.units.first_transferred for held in found} == {True}
    assert holdings_as_of(world.connection, account=CHE) == found[1:]
    assert holdings_as_of(world.connection, party="GHA") == []


async def test_ranges_that_differ_in_nothing_are_one() -> None:
    world = await trading_world()
    await new_year(world)
    first, second = holdings_as_of(world.connection, before=end_of(2023))
    assert (first.units.first, first.units.last) == (1, 1_000)
    assert (second.units.first, second.units.last) == (1_001, 100_000)


async def test_a_notice_counts_from_its_place_in_the_log() -> None:
    """The vintage changes with the notice; before it, and for other units, it stays."""
    world = await trading_world()
    world.clock.set(datetime(2024, 2, 1, tzinfo=UTC))
    receipt = await notify(world.senders["tha"], 11, 20, vintage=2023)
    assert receipt.effective, receipt.refusal

    def vintages(before: datetime | None = None) -> list[tuple[int, int, int]]:
        found = holdings_as_of(world.connection, before=before)
        return [(held.units.first, held.units.last, held.units.vintage) for held in found]

    assert vintages(end_of(2023)) == [(1, 100_000, 2022)]
    assert vintages() == [(1, 10, 2022), (11, 20, 2023), (21, 100_000, 2022)]
