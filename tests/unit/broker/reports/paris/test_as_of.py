# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Figures as they stood at any time, and the transactions behind them."""

from __future__ import annotations

from datetime import timedelta

from broker.reports.adjustments import adjustments, net_adjustments
from broker.reports.log_position import log_position
from broker.reports.paris.balances import balance
from broker.reports.paris.parties import levels, party_facts
from broker.reports.paris.structured_summary import structured_summary
from broker.reports.paris.summary_rows import ROWS, as_data, explained, page, rows
from broker.reports.paris.tracing import traced
from broker.rulebook.paris.years import LevelKind, YearSpan
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import Reason
from tests.kit.clearing import START, ClearingWorld, receipt_of, transfer, use
from tests.kit.entries import account_balances
from tests.kit.guards import without_references
from tests.kit.world_again import trading_again

DECADE = YearSpan(2021, 2030)


async def state(world: ClearingWorld, amount: int, **more: object) -> str:
    statement = parties_pb2.InventoryStatement(party="CHE", **more)  # type: ignore[arg-type]  # by name
    statement.years.add(year=2024, tonnes=amount)
    said = await world.senders["che"].say(PayloadKind.INVENTORY_STATEMENT, statement)
    return receipt_of(said).refusal.code


async def lived() -> ClearingWorld:
    """Inventory of 2024: 40 000 000, from the second day 39 000 000; use on the second day."""
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    await state(world, 40_000_000)
    await state(world, 38_000_000, level=parties_pb2.LEVEL_KIND_TARGET)
    first = transfer(world, 1, 1_916)
    await tha.propose(first)
    await che.accept(first.transaction_id)
    world.clock.set(START + timedelta(days=1))
    await state(world, 39_000_000)
    await che.propose(use(world, 1, 916, 2024))
    return world


async def test_inventory_and_entries_as_they_stood() -> None:
    world = await lived()
    connection = world.connection
    now, first_day = START + timedelta(days=1), START + timedelta(hours=1)
    assert balance(connection, "CHE", 2024, first_day).exact == 40_000_000
    assert balance(connection, "CHE", 2024).exact == 38_999_084
    assert balance(connection, "CHE", 2024, now) == balance(connection, "CHE", 2024)
    assert net_adjustments(connection, as_of=first_day) == {"THA": {2022: 1_916}}
    assert [e.party for e in adjustments(connection, as_of=first_day)] == ["THA"]
    assert party_facts(connection, "CHE", START - timedelta(days=1)) is None
    assert balance(connection, "CHE", 2024, START - timedelta(days=1)).method is None


async def test_a_damaged_ledger_still_counts_every_entry() -> None:
    world = await lived()
    without_references(world.connection)
    world.connection.execute("DELETE FROM transaction_record")
    assert len(traced(world.connection)) == 2


async def test_figures_of_different_kinds_do_not_mix() -> None:
    world = await lived()
    read = world.connection
    assert levels(read, "CHE") == {2024: 39_000_000}
    assert levels(read, "CHE", LevelKind.TARGET) == {2024: 38_000_000}
    assert await state(world, 2_000, metric="MWh") == ""
    assert levels(read, "CHE", metric="MWh") == {2024: 2_000}
    assert levels(read, "CHE") == {2024: 39_000_000}


async def test_a_metric_that_cannot_be_is_refused() -> None:
    world = await trading_again()
    part = parties_pb2.LEVEL_KIND_INVENTORY_PART
    assert await state(world, 1, metric="GHG") == Reason.PAYLOAD_INVALID
    assert await state(world, 1, metric="MWh", level=part) == Reason.PAYLOAD_INVALID
    assert await state(world, 1, level=9) == Reason.PAYLOAD_INVALID
    assert await state(world, 1, level=part) == ""


async def test_entries_and_outstanding_sum_to_zero_after_every_decision() -> None:
    world = await lived()
    moments = [START - timedelta(days=1), START, START + timedelta(days=1)]
    counts = []
    for moment in moments:
        entries = [each.entry for each in traced(world.connection, None, moment)]
        assert sum(account_balances(entries).values()) == 0
        counts.append(len(entries))
    assert counts == [0, 1, 2]


async def test_each_figure_is_traced_to_its_transactions() -> None:
    world = await lived()
    found = structured_summary(world.connection, "CHE", DECADE)
    (entry,) = found.made_of("used", 2024)
    assert (entry.quantity, entry.type, entry.from_registry, entry.to_registry) == (
        -916, "USE", "CHE01", "CHE01",
    )  # fmt: skip
    assert entry.authorization == "1006.4/2810"
    told = explained(found)
    assert [(each["row"], each["year"], each["figure"]) for each in told] == [  # type: ignore[index,call-overload]  # Json
        ("used", 2024, 916),
        ("net", 2024, -916),
        ("total_adjustment", 2024, -916),
    ]
    thailand = structured_summary(world.connection, "THA", DECADE)
    assert [e.kind for e in thailand.made_of("first_transferred", 2023)] == ["FIRST_TRANSFER"]
    assert thailand.made_of("first_transferred", 2022) == []


async def test_the_summary_as_table_data_and_page() -> None:
    world = await lived()
    found = structured_summary(world.connection, "CHE", YearSpan(2024, 2024))
    table = {name: figures for name, _, figures in rows(found)}
    assert table["emissions_balance"] == ["38 999 084"]
    assert table["trajectory_multi_year"] == ["38 000 000"]
    assert table["average"] == ["-"]
    data = as_data(found)
    assert next(iter(ROWS)) in str(data["years"])
    assert (data["final"], data["as_of"]) == (False, None)
    text = page(found, START, log_position(world.connection))
    assert text.count("<tr>") == len(ROWS) + 2
    assert "<script" not in text


async def test_the_place_in_the_log_is_that_of_the_day_asked_for() -> None:
    world = await lived()
    now = log_position(world.connection)
    first_day = log_position(world.connection, START + timedelta(hours=1))
    (leaves,) = world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()
    assert (now.decisions, first_day.decisions < now.decisions) == (leaves, True)
    assert first_day.last_leaf != now.last_leaf
    assert log_position(world.connection, START - timedelta(days=999)).decisions == 0


async def test_a_period_is_final_from_its_date_on() -> None:
    world = await lived()
    statement = parties_pb2.PartyStatement(party="CHE")
    period = statement.ndc_periods.add(
        target=parties_pb2.NDC_TARGET_MULTI_YEAR,
        method=parties_pb2.ADJUSTMENT_METHOD_TRAJECTORY,
        finality_date="2033-01-01",
    )
    period.years.first, period.years.last = 2021, 2030
    await world.operator.state(PayloadKind.PARTY_STATEMENT, statement)
    early, late = START.replace(year=2032, month=12, day=31), START.replace(year=2033)
    for moment, final in ((None, False), (early, False), (late, True)):
        assert structured_summary(world.connection, "CHE", DECADE, as_of=moment).final is final
        assert balance(world.connection, "CHE", 2024, moment).final is final
