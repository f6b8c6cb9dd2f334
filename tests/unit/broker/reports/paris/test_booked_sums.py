# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Sums of entries in the timeline are what the entries come to, one by one, as of any moment."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from broker.regime.paris.adjustments.summary import Counted, Role
from broker.reports.paris import booked_sums, timeline
from broker.reports.paris.balances import average_steps, balance
from broker.reports.paris.structured_summary import structured_summary
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_tables import TABLES
from broker.reports.paris.tracing import TracedEntry, traced
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.years import YearSpan
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.payloads import PayloadKind
from itmo.runtime.db.passing import Passing
from tests.kit.clearing import START, ClearingWorld, trading_world, transfer, use

YEARS = YearSpan(2021, 2026)


def added(found: Iterable[Counted]) -> Counter[tuple[object, ...]]:
    """What entries come to, of each likeness."""
    sums: Counter[tuple[object, ...]] = Counter()
    for each in found:
        booked = each.entry
        sums[
            booked.kind, booked.debit, booked.credit, booked.metric, booked.year,
            booked.transaction_year, each.role, each.outside_scope, each.cer,
        ] += booked.amount  # fmt: skip
    return sums


async def reversed_world() -> tuple[ClearingWorld, list[datetime | None]]:
    """Transfers and uses of several years, one of which is reversed in another; and moments."""
    world, moved = await trading_world(), proposal_pb2.ProposedTransaction()
    tha, che = world.senders["tha"], world.senders["che"]
    moments: list[datetime | None] = [None, START - timedelta(days=1)]
    for day in range(4):
        moved = transfer(world, 1_000 * day + 1, 1_000 * day + 100)
        await tha.propose(moved)
        await che.accept(moved.transaction_id)
        await che.propose(use(world, 1_000 * day + 1, 1_000 * day + 10, 2024))
        moments.append(world.clock.now())
        world.clock.advance(timedelta(days=100))
    moved = transfer(world, 9_001, 9_100)
    await tha.propose(moved)
    await che.accept(moved.transaction_id)
    world.clock.advance(timedelta(days=120))
    await world.operator.state(
        PayloadKind.REVERSAL_STATEMENT,
        statements_pb2.ReversalStatement(transaction_id=moved.transaction_id, reason="wrong"),
    )
    back = transfer(
        world, 9_001, 9_100, giver="CHE01", taker="THA01",
        kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
    )  # fmt: skip
    back.reverses = moved.transaction_id
    await che.propose(back)
    moments.append(world.clock.now() - timedelta(milliseconds=1))
    assert (await tha.accept(back.transaction_id)).adjustments
    return world, moments


@pytest.mark.parametrize("turn", [1, timeline.TURN])
async def test_they_are_what_the_entries_come_to(
    monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    monkeypatch.setattr(timeline, "TURN", turn)
    monkeypatch.setattr(booked_sums, "_TOGETHER", 2)
    world, moments = await reversed_world()
    ledger, kept = world.connection, Timeline()
    tables = kept.read_all(ledger)
    for party in ("THA", "CHE"):
        for at in moments:
            single = traced(ledger, party, at)
            assert added(booked_sums.sums(tables, ledger, party, at)) == added(
                each.counted for each in single
            )
            for year in range(YEARS.first, YEARS.last + 1):
                assert balance(ledger, party, year, at, timeline=kept) == balance(
                    ledger, party, year, at
                )
            assert average_steps(ledger, party, at, timeline=kept) == average_steps(
                ledger, party, at
            )
            summed = structured_summary(ledger, party, YEARS, as_of=at, timeline=kept)
            whole = structured_summary(ledger, party, YEARS, as_of=at)
            assert summed == replace(whole, entries=())
    kept.close()


async def test_what_is_behind_a_place_is_taken_in_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booked_sums, "_TOGETHER", 2)
    world, _ = await reversed_world()
    tables = sqlite3.connect(":memory:", factory=Passing)
    for text in TABLES:
        tables.execute(text)
    tables.execute("INSERT INTO place VALUES (-1, x'', 0)")
    entries = traced(world.connection)
    places = sorted({each.log_index for each in entries})
    assert len(places) > 3
    for place in (places[0] - 1, *places):
        booked_sums.take_entries(tables, world.connection, place)
        rows = [
            booked_sums._counted(*row)
            for party in ("THA", "CHE")
            for row in tables.execute(booked_sums.SUMS, {"party": party, "until": 2**62})
        ]
        assert added(rows) == added(each.counted for each in entries if each.log_index <= place)


async def test_one_that_got_further_than_the_asking_ledger_is_not_used() -> None:
    """Another process of the broker may take in what was decided behind the snapshot."""
    world, _ = await reversed_world()
    ledger, kept = world.connection, Timeline()
    tables = kept.read_all(ledger)
    expected = added(booked_sums.sums(tables, ledger, "THA", None))
    tables.execute("UPDATE place SET entry_id = entry_id + 1")
    tables.execute("UPDATE booked SET amount = '1'")
    assert added(booked_sums.sums(tables, ledger, "THA", None)) == expected
    kept.close()


@pytest.mark.parametrize("seed", range(20))
def test_in_whatever_order_times_come(seed: int) -> None:
    """Times of decisions go back where the operator accepted a clock."""
    chance = random.Random(seed)  # no secret
    entries = list(_entries(chance))
    tables = sqlite3.connect(":memory:", factory=Passing)
    for text in TABLES:
        tables.execute(text)
    for each in entries:
        booked_sums._add(tables, each)
    for at in (*(each.booked_at for each in entries), START, START + timedelta(days=4_000)):
        rows = tables.execute(
            booked_sums.SUMS, {"party": "THA", "until": int(at.timestamp() * 1_000)}
        )
        found = [booked_sums._counted(*row) for row in rows if row[-1] is not None]
        assert added(found) == added(each.counted for each in entries if each.booked_at <= at)


def _entries(chance: random.Random) -> Iterator[TracedEntry]:
    for number in range(1, chance.randrange(2, 30)):
        kind = chance.choice((EntryKind.FIRST_TRANSFER, EntryKind.FIRST_TRANSFER_REVERSAL))
        quantity = chance.choice((1, 7, 10**14)) * (1 if kind == EntryKind.FIRST_TRANSFER else -1)
        year = chance.choice((2023, 2024))
        yield TracedEntry(
            entry_id=number, kind=kind, role=chance.choice(list(Role)), party="THA",
            year=year, counted_year=year + chance.choice((0, 1)), quantity=quantity, metric="GHG",
            registry="THA01", first=1, last=abs(quantity), cooperative_approach="CA000003",
            authorization="a", outside_ndc_scope=chance.random() < 0.5, cer=chance.random() < 0.5,
            transaction_id=f"t{number}", type=TransactionType.TRANSFER, from_account="",
            from_registry="", to_account="", to_registry="", log_index=number,
            booked_at=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(6)),
        )  # fmt: skip
