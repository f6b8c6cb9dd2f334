# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A hundred thousand live ranges cost a decision, a list and a start no more than ten thousand, on either engine.

On SQLite steps of the engine are counted, on a server the rows that it looks at.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from broker.app import memory_database
from broker.known_regimes import REGIMES
from broker.reports.newest import newest_faults
from broker.reports.paris import timeline_pages
from broker.reports.paris.balances import balance
from broker.reports.paris.chosen_movements import ChosenMovements
from broker.reports.paris.held_then import HeldThen
from broker.reports.paris.meta_answers import (
    Cut,
    first_transferred,
    list_actions,
    list_units,
    unit_history,
)
from broker.reports.paris.structured_summary import structured_summary
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_pages import Concern
from broker.reports.paris.timeline_tables import FOR_EVER
from broker.rulebook.paris.years import YearSpan
from broker.store import log_head, mailboxes, transaction_record
from broker.store.engines import Books
from broker.store.transaction_record import TransactionFilter
from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection
from tests.bench import grown
from tests.bench.grown_decided import compare
from tests.bench.grown_on_server import copy_to
from tests.bench.grown_served import measure
from tests.kit.postgres import shared_server

pytestmark = pytest.mark.slow
SMALL, LARGE = 1_000, 10_000
"""Transfers, each of which leaves ten live ranges."""
MORE = 1.1
"""How much more the larger may cost: a level of a tree here and there."""
ROWS_OF_A_TRANSFER = 4_000
"""That a server may look at: those of small tables, several times. Of one that grows it is to read none through."""
Counted = Callable[..., AbstractContextManager["Steps"]]
_LOOKED_AT = (
    "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_user_tables"
)


@dataclass
class Steps:
    """Steps of the engine, in tens."""

    taken: int = 0


@contextmanager
def counted(*connections: sqlite3.Connection) -> Iterator[Steps]:
    steps = Steps()

    def step() -> int:
        steps.taken += 1
        return 0

    for each in connections:
        each.set_progress_handler(step, 10)
    try:
        yield steps
    finally:
        for each in connections:
            each.set_progress_handler(None, 0)


@contextmanager
def looked_at(server: psycopg.Connection[TupleRow], *connections: Connection) -> Iterator[Steps]:
    """Rows that a server looks at for what is asked through its first connection; the others are files."""

    def so_far() -> int:
        assert connections[0].execute("SELECT pg_stat_force_next_flush()").fetchone()
        (rows,) = server.execute(_LOOKED_AT).fetchall()[0]
        return int(rows)

    steps = Steps()
    before = so_far()
    yield steps
    steps.taken = so_far() - before


async def deciding(ledger: sqlite3.Connection, counted: Counted = counted) -> dict[str, int]:
    """Steps for a transfer that is proposed and accepted."""
    world = await grown.world_of(ledger)
    giver, taker = ledger.execute(
        "SELECT from_registry, to_registry FROM transaction_record WHERE type = 'TRANSFER' LIMIT 1"
    ).fetchone()
    with counted(ledger) as steps:
        offered = grown.proposed(world, giver, taker, [(900_000_001, 900_000_100)])
        await world.senders[giver.lower()].propose(offered)
        await world.senders[taker.lower()].accept(offered.transaction_id)
    await world.house.stop()
    return {"a transfer": steps.taken}


def asking(ledger: sqlite3.Connection, counted: Counted = counted) -> dict[str, int]:
    """Steps for each kind of list and history, and for the look of a start."""
    giver, taker = ledger.execute(
        "SELECT from_registry, to_registry FROM transaction_record WHERE type = 'TRANSFER' LIMIT 1"
    ).fetchone()
    (last,) = ledger.execute(
        "SELECT max(first) FROM unit_block WHERE registry = ? AND quantity = ?",
        (giver, grown.WIDTH),
    ).fetchone()
    timeline, cut = Timeline(), Cut("", 20)
    tables = timeline.read_all(ledger)
    approach, node = "CA005000", taker.lower()
    (first,) = ledger.execute(
        "SELECT min(log_index) FROM transaction_event WHERE event = 'COMPLETE'"
    ).fetchone()
    soon = from_ms(
        tables.execute("SELECT latest FROM step WHERE place > ?", (first,)).fetchone()[0]
    )
    concerned = timeline_pages.concerns(
        tables, giver[:3], Concern(0, -1, 0, ""), FOR_EVER, FOR_EVER, FOR_EVER
    )
    moved = concerned[2 * grown.OF_A_PARTY :]
    asked: dict[str, Callable[[], object]] = {
        "units": lambda: list_units(ledger, node, approach, None, timeline, cut),
        "history": lambda: unit_history(ledger, node, giver, 101, None, timeline),
        # From the block that this unit was in, all others were cut off before.
        "the last history": lambda: unit_history(ledger, node, giver, last, None, timeline),
        "the last history then": lambda: unit_history(ledger, node, giver, last, soon, timeline),
        # Of an issuance, what named any unit of its block is looked through: every other of the first ones.
        "movements": lambda: list(ChosenMovements(ledger, tables, moved[:5]).some()),
        "the last movements": lambda: list(ChosenMovements(ledger, tables, concerned[-5:]).some()),
        "held": lambda: HeldThen(giver[:3], FOR_EVER - 1, FOR_EVER).page(ledger, tables, 20),
        "actions": lambda: list_actions(ledger, node, giver[:3], 2024, timeline, cut),
        "ids": lambda: first_transferred(ledger, giver.lower(), giver[:3], timeline, cut),
        "balance": lambda: balance(ledger, giver[:3], 2022, timeline=timeline),
        "summary": lambda: structured_summary(
            ledger, giver[:3], YearSpan(2021, 2030), timeline=timeline
        ),
        "transactions": lambda: transaction_record.transactions(
            ledger, TransactionFilter(node=node), "", 20
        ),
        "deliveries": lambda: mailboxes.deliveries(ledger, node, 0, 20),
        "a start": lambda: list(newest_faults(ledger, log_head.log_size(ledger) - 1_000)),
    }
    found = {}
    for name, ask in asked.items():
        with counted(ledger, tables) as steps:
            ask()
        found[name] = steps.taken
    timeline.close()
    return found


def test_more_costs_no_more() -> None:
    found = []
    for transfers in (SMALL, LARGE):
        with closing(memory_database(REGIMES)) as ledger:
            grown.grow_in(ledger, grown.Size(40, transfers))
            (live,) = ledger.execute("SELECT count(*) FROM unit_block").fetchone()
            assert live > transfers * 9
            asked = asking(ledger)
            found.append({**asked, **asyncio.run(deciding(ledger))})
    assert dearer(*found) == {}


def test_more_costs_no_more_on_a_server(tmp_path: Path) -> None:
    found = []
    for transfers in (SMALL, LARGE):
        file, url = tmp_path / f"{transfers}.sqlite", shared_server().fresh()
        grown.grow(file, grown.Size(40, transfers))
        copy_to(file, url)
        with (
            closing(Books(tmp_path / "head", url).open_writer()) as opened,
            psycopg.connect(url, autocommit=True) as server,
        ):
            ledger: Any = opened
            counted = partial(looked_at, server)
            asked = asking(ledger, counted)
            found.append({**asked, **asyncio.run(deciding(ledger, counted))})
            assert 0 < found[-1]["a transfer"] < ROWS_OF_A_TRANSFER
    assert dearer(*found) == {}


def dearer(small: dict[str, int], large: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What costs more in the larger one."""
    return {
        name: (small[name], steps)
        for name, steps in large.items()
        if steps > small[name] * MORE + 20
    }


def test_it_is_served_and_a_node_that_was_away_reads_its_whole_mailbox(tmp_path: Path) -> None:
    file = tmp_path / "grown.sqlite"
    grown.grow(file, grown.Size(40, 2_000))
    made = asyncio.run(measure(file, 25, 10_000))
    assert made.start_s < 10
    assert made.fetched == made.waiting > 200


def test_registries_all_over_it_are_compared_in_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "grown.sqlite"
    grown.grow(file, grown.Size(40, 400))
    asyncio.run(compare([Books(file)], 36, 2, 1))
    *rounds, median = map(json.loads, capsys.readouterr().out.splitlines()[-3:])
    assert median["least"] == min(each["processor"] for each in rounds)
    with pytest.raises(RuntimeError, match="make it anew"):
        asyncio.run(compare([Books(file)], 3_600, 1, 1))
