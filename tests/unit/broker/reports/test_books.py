# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holdings, adjustments, balances and averages of a house in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from broker.app import memory_database
from broker.regime.paris.adjustments.booked import total
from broker.regime.paris.adjustments.methods import cumulative
from broker.reports.adjustments import adjustments, net_adjustments
from broker.reports.holdings import accounts, holdings
from broker.reports.paris.balances import average_steps, averages, balance
from broker.reports.paris.parties import party_facts
from broker.reports.paris.tracing import entries_of, traced
from broker.reports.paris.unit_views import unit_at, units
from broker.reports.snapshot import snapshot
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.years import AdjustmentMethod, YearSpan
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.paris.v1 import parties_pb2, terms_pb2
from itmo.payloads import PayloadKind
from itmo.serials import MAX_SERIAL
from tests.kit.clearing import START, ClearingWorld, transfer, use
from tests.kit.effort import effort
from tests.kit.world_again import trading_again

THA_HOLDING = make_account_id(RegistryId("THA01"), 100, 1)
CHE_HOLDING = make_account_id(RegistryId("CHE01"), 100, 1)
CHE_NDC = make_account_id(RegistryId("CHE01"), 200, 1)


async def traded(world: ClearingWorld) -> str:
    """Thailand transfers 1 916 units, Switzerland uses 916 of them for 2024."""
    tha, che = world.senders["tha"], world.senders["che"]
    first = transfer(world, 1, 1_916)
    await tha.propose(first)
    await che.accept(first.transaction_id)
    await che.propose(use(world, 1, 916, 2024))
    return first.transaction_id


async def state_inventory(world: ClearingWorld, node: str, party: str, year: int, t: int) -> None:
    statement = parties_pb2.InventoryStatement(party=party)
    statement.years.add(year=year, tonnes=t)
    await world.senders[node].say(PayloadKind.INVENTORY_STATEMENT, statement)


async def state_averaging(world: ClearingWorld, party: str) -> None:
    await world.operator.state(
        PayloadKind.PARTY_STATEMENT,
        parties_pb2.PartyStatement(
            party=party,
            ndc_periods=[
                parties_pb2.NdcPeriod(
                    years=terms_pb2.YearSpan(first=2031, last=2035),
                    target=parties_pb2.NDC_TARGET_SINGLE_YEAR,
                    method=parties_pb2.ADJUSTMENT_METHOD_AVERAGING,
                )
            ],
        ),
    )


async def test_holdings_count_every_account() -> None:
    world = await trading_again()
    assert holdings(world.connection) == {THA_HOLDING: 100_000, CHE_HOLDING: 0, CHE_NDC: 0}
    await traded(world)
    assert holdings(world.connection) == {THA_HOLDING: 98_084, CHE_HOLDING: 1_000, CHE_NDC: 916}


async def test_accounts_and_units_of_one_registry() -> None:
    world = await trading_again()
    await traded(world)
    assert {each.account_id for each in accounts(world.connection, "CHE01")} == {
        CHE_HOLDING,
        CHE_NDC,
    }
    assert [(each.first, each.last) for each in units(world.connection, "CHE01")] == [
        (1, 916),
        (917, 1_916),
    ]
    assert sum(each.quantity for each in units(world.connection)) == 100_000


async def test_accounts_of_one_registry_cost_nothing_for_units_of_others() -> None:
    world = await trading_again()
    connection = world.connection
    with effort(connection) as before:
        few = accounts(connection, "CHE01")
    for number in range(300):
        connection.execute(
            "INSERT INTO account SELECT ?, registry, rulebook, account_type, final, listed, closed, terms"
            " FROM account WHERE account_id = ?",
            (f"{number}", THA_HOLDING),
        )
        connection.executemany(
            "INSERT INTO unit_block VALUES ('AAA01', ?, ?, 1, 1, ?, '{}', NULL, '', 'THA01')",
            [(first, first, f"{number}") for first in range(number + 1, 3_000, 600)],
        )
    with effort(connection) as after:
        assert accounts(connection, "CHE01") == few
    assert after.taken <= before.taken
    assert sum(holdings(connection).values()) == 101_500


async def test_sums_do_not_overflow() -> None:
    world = await trading_again()
    biggest = MAX_SERIAL
    for registry in ("AAA01", "AAB01", "AAC01"):
        world.connection.execute(
            "INSERT INTO unit_block VALUES (?, 1, ?, ?, 1, ?, '{}', NULL, '', 'CHE01')",
            (registry, biggest, biggest, CHE_HOLDING),
        )
    assert holdings(world.connection)[CHE_HOLDING] == 3 * biggest


@pytest.mark.parametrize(
    ("serial", "account", "first_transferred"),
    [
        (1, CHE_NDC, True),
        (916, CHE_NDC, True),
        (917, CHE_HOLDING, True),
        (1_917, THA_HOLDING, False),
    ],
)
async def test_unit_at(serial: int, account: str, first_transferred: bool) -> None:
    world = await trading_again()
    await traded(world)
    found = unit_at(world.connection, "THA01", serial)
    assert found is not None
    assert (found.account_id, found.first_transferred) == (account, first_transferred)
    assert found.attributes.cooperative_approach == "CA000003"


@pytest.mark.parametrize(("registry", "serial"), [("THA01", 100_001), ("CHE01", 1), ("THA01", 0)])
async def test_no_such_unit(registry: str, serial: int) -> None:
    world = await trading_again()
    assert unit_at(world.connection, registry, serial) is None


async def test_adjustments() -> None:
    world = await trading_again()
    transaction_id = await traded(world)
    assert net_adjustments(world.connection) == {"THA": {2022: 1_916}, "CHE": {2024: -916}}
    assert net_adjustments(world.connection, "MWh") == {}
    first, second = adjustments(world.connection)
    assert (first.kind, first.quantity, first.booked_at) == (EntryKind.FIRST_TRANSFER, 1_916, START)
    assert adjustments(world.connection, after=first.entry_id) == [second]
    assert adjustments(world.connection, limit=1) == [first]
    assert adjustments(world.connection, "CHE", 2024) == [second]
    assert adjustments(world.connection, "CHE", 2023) == []
    assert adjustments(world.connection, transaction_id=transaction_id) == [first]


async def test_a_trajectory_balance() -> None:
    world = await trading_again()
    await traded(world)
    await state_inventory(world, "che", "CHE", 2024, 40_000_000)
    found = balance(world.connection, "CHE", 2024)
    assert (found.inventory, found.first_transferred, found.used) == (40_000_000, 0, 916)
    assert (found.method, found.effective) == (AdjustmentMethod.TRAJECTORY, True)
    assert (found.exact, found.balance) == (Fraction(39_999_084), 39_999_084)


async def test_what_is_not_known_gives_no_balance() -> None:
    world = await trading_again()
    await traded(world)
    assert balance(world.connection, "CHE", 2024).balance is None  # no inventory
    await state_inventory(world, "che", "CHE", 2050, 1)
    assert balance(world.connection, "CHE", 2050).balance is None  # no NDC period
    assert balance(world.connection, "GHA", 2024).method is None
    assert party_facts(world.connection, "GHA") is None


async def test_a_balance_as_of_an_earlier_time() -> None:
    world = await trading_again()
    await traded(world)
    early = START - timedelta(milliseconds=1)
    assert balance(world.connection, "CHE", 2024, early).used == 0
    assert balance(world.connection, "CHE", 2024, START).used == 916


async def test_averages_divide_by_elapsed_years() -> None:
    world = await trading_again()
    await state_averaging(world, "THA")
    world.connection.executemany(
        "INSERT INTO adjustment_entry VALUES (?, 'FIRST_TRANSFER', 'outstanding', 'THA', ?, 'GHG',"
        " 'THA', ?, 'x', 'THA09', ?, ?, 0, ?, 0)",
        [
            (1, 1_916, 2031, 1, 1_916, int(datetime(2032, 5, 1, tzinfo=UTC).timestamp() * 1000)),
            (2, 84, 2032, 2_001, 2_084, int(datetime(2033, 5, 1, tzinfo=UTC).timestamp() * 1000)),
        ],
    )
    found = averages(world.connection, "THA")
    assert found == {
        2031: 0,
        2032: Fraction(1_916, 2),
        2033: Fraction(2_000, 3),
        2034: 500,
        2035: 400,
    }
    assert [step.elapsed for step in average_steps(world.connection, "THA")] == [1, 2, 3, 4, 5]
    await state_inventory(world, "tha", "THA", 2033, 10)
    shown = balance(world.connection, "THA", 2033)
    assert (shown.exact, shown.balance) == (10 + Fraction(2_000, 3), 677)
    assert not shown.effective
    assert balance(world.connection, "THA", 2035).effective


async def test_entries_added_up_come_to_what_they_come_to_one_by_one() -> None:
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    moved = proposal_pb2.ProposedTransaction()
    for day in range(3):
        for begin in (1, 301, 601):
            moved = transfer(world, 1_000 * day + begin, 1_000 * day + begin + 99)
            await tha.propose(moved)
            await che.accept(moved.transaction_id)
        await che.propose(use(world, 1_000 * day + 1, 1_000 * day + 10, 2024))
        world.clock.advance(timedelta(days=200))
    agreement = statements_pb2.ReversalStatement(
        transaction_id=moved.transaction_id, reason="wrong"
    )
    await world.operator.state(PayloadKind.REVERSAL_STATEMENT, agreement)
    back = transfer(
        world, 2_601, 2_700, giver="CHE01", taker="THA01",
        kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
    )  # fmt: skip
    back.reverses = moved.transaction_id
    await che.propose(back)
    assert (await tha.accept(back.transaction_id)).adjustments
    for party in ("THA", "CHE"):
        for as_of in (None, START + timedelta(days=210)):
            single = [each.entry for each in traced(world.connection, party, as_of)]
            added = entries_of(world.connection, party, as_of)
            assert 0 < len(added) < len(single) or party == "CHE"
            for year in range(2020, 2027):
                kinds = (EntryKind.FIRST_TRANSFER, EntryKind.USE)
                assert [total(added, party, year, kind) for kind in kinds] == [
                    total(single, party, year, kind) for kind in kinds
                ]
                span = YearSpan(2021, 2026)
                for upto in range(2021, 2027):
                    assert cumulative(span, added, party, upto) == cumulative(
                        span, single, party, upto
                    )


async def test_other_methods_have_no_averages() -> None:
    world = await trading_again()
    assert averages(world.connection, "CHE") == {}


def test_a_snapshot_inside_a_transaction_leaves_it_open() -> None:
    connection = memory_database()
    connection.execute("BEGIN")
    with snapshot(connection):
        pass
    assert connection.in_transaction
