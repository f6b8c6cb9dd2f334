# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline says what the record says, however it came to be where it stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.app import memory_database
from broker.known_regimes import REGIMES
from broker.regime.paris.stated_keys import RULEBOOK
from broker.reports.completed import LOG_INDEX, completed, completions, nth_completion
from broker.reports.paris import fates, timeline, timeline_file, timeline_pages
from broker.reports.paris.as_of import units_as_of
from broker.reports.paris.held_then import units_then
from broker.reports.paris.meta_answers import (
    Cut,
    first_transferred,
    list_actions,
    list_units,
    unit_history,
)
from broker.reports.paris.meta_registry import positions, unit_deeds, unit_positions
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_tables import COLUMNS, read, size_class
from broker.store.decoding import Row
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import attributes_pb2, unit_notices_pb2
from itmo.payloads import PayloadKind
from itmo.runtime.db.passing import Passing
from tests.kit.clearing import ClearingWorld, Sender, authorize, batch, receipt_of, transfer, use
from tests.kit.effort import effort
from tests.kit.world_again import trading_again

APPROACH = "CA000003"
Answer = pb.ListUnitsResponse | pb.ListActionsResponse | pb.ListFirstTransferredIdsResponse


async def busy_world() -> tuple[ClearingWorld, list[datetime]]:
    """Transfers in ranges, uses, a batch within one registry, notices, a transfer back; and moments.

    Several proposals are accepted by one message, too.
    """
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    await world.open_account(tha, "THA01", 100, 2)
    assert (await authorize(tha, authorization_id="other")).effective
    moments = [world.clock.now() - timedelta(days=1), world.clock.now()]
    for number in range(4):
        world.clock.advance(timedelta(days=1))
        first = 2_001 + number * 100
        await _notice(tha, first, first + 9)
        moments.append(world.clock.now())
        world.clock.advance(timedelta(hours=1))
        await _pass(world, tha, che, first, first + 49)
        await che.propose(use(world, first + 5, first + 20, 2023))
        moments.append(world.clock.now())
    within = [transfer(world, 50_001 + n * 10, 50_005 + n * 10, taker="THA01") for n in range(3)]
    for each in within:
        each.to_account = _second_account(world)
    await batch(tha, within)
    moments.append(world.clock.now())
    world.clock.advance(timedelta(minutes=1))
    await _pass(world, tha, che, 2_451, 2_460)
    moments.append(world.clock.now())
    offered = [transfer(world, 60_021 - n * 10, 60_028 - n * 10) for n in range(3)]
    for each in offered:
        await tha.propose(each)
    await che.accept_together([each.transaction_id for each in reversed(offered)])
    moments.append(world.clock.now())
    return world, moments


def _second_account(world: ClearingWorld) -> str:
    (found,) = world.connection.execute(
        "SELECT account_id FROM account WHERE registry = 'THA01'"
        " ORDER BY substr(account_id, 11) DESC LIMIT 1"  # by its number
    ).fetchone()
    return str(found)


async def _notice(tha: Sender, first: int, last: int) -> None:
    noticed = unit_notices_pb2.UnitNotice(
        party="THA",
        units=[ranges_pb2.UnitRange(registry="THA01", first=first, last=last)],
        authorization=attributes_pb2.AuthorizationReference(id="other", version=1),
        reason="replaced",
    )
    said = receipt_of(await tha.say(PayloadKind.UNIT_NOTICE, noticed))
    assert said.effective, said.refusal


async def _pass(world: ClearingWorld, tha: Sender, che: Sender, first: int, last: int) -> None:
    offered = transfer(world, first, last)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)


def then(tables: sqlite3.Connection, at: datetime) -> list[tuple[object, ...]]:
    """What the timeline says of a moment."""
    place = timeline_pages.place_of(tables, at)
    rows = map(read, tables.execute(f"SELECT {COLUMNS} FROM lived"))
    return sorted(
        (
            each.registry, each.first, each.last, each.account_id, each.vintage,
            bool(each.first_transferred), each.holder, each.party,
        )
        for each in rows
        if each.since <= place < each.until
    )  # fmt: skip


@pytest.mark.parametrize(
    ("turn", "window"), [(1, 1), (1, timeline.WINDOW), (timeline.TURN, timeline.WINDOW)]
)
async def test_it_says_what_the_record_played_again_says(
    monkeypatch: pytest.MonkeyPatch, turn: int, window: int
) -> None:
    monkeypatch.setattr(timeline, "TURN", turn)
    monkeypatch.setattr(timeline, "WINDOW", window)
    world, moments = await busy_world()
    ledger, made = world.connection, Timeline()
    tables = made.read_all(ledger)
    assert made.read_on(ledger), "there is nothing more"
    for at in moments:
        found = units_as_of(ledger, at)
        assert units_then(ledger, tables, at, None, 1_000) == found
        assert units_then(ledger, tables, at, "CHE01", 1_000) == units_as_of(ledger, at, "CHE01")
        assert then(tables, at) == sorted(
            (
                each.registry, each.first, each.last, each.account_id, each.vintage,
                each.first_transferred, each.holder_registry, each.holder_party,
            )
            for each in found
        )  # fmt: skip
        in_ledger = timeline_pages.totals(tables, APPROACH, timeline_pages.place_of(tables, at))
        assert in_ledger == fates.totals(APPROACH, positions(ledger, APPROACH, at))
    wanted: list[datetime | None] = [*moments, None]
    for serial in (1, 2_001, 2_010, 2_011, 2_015, 2_455, 50_003, 50_006, 60_011, 99_999):
        for when in wanted:
            by = timeline_pages.touched(tables, "THA01", serial)
            now = timeline_pages.lives(tables, "THA01", serial)
            deeds = unit_deeds(ledger, "THA01", serial, when, by)
            assert deeds == unit_deeds(ledger, "THA01", serial, when)
            one, other = (
                [(each.account_id, each.vintage) for each in found]
                for found in (
                    unit_positions(ledger, "THA01", serial, when, by, now),
                    unit_positions(ledger, "THA01", serial, when),
                )
            )
            assert one == other


async def test_a_turn_asks_for_no_more_than_it_takes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server hands over all that it is asked for: of a true-up a few hundred decisions were a hundred thousand rows."""
    world, _ = await busy_world()
    asked = list[list[Row]]()

    def noted(*wanted: Any, **named: Any) -> Iterator[Row]:  # noqa: ANN401  # as it is asked
        asked.append(list(completed(*wanted, **named)))
        return iter(asked[-1])

    monkeypatch.setattr(timeline, "completed", noted)
    with closing(Timeline()) as made:
        while not made.read_on(world.connection, most=1):
            pass
    record = list(completed(world.connection, RULEBOOK, -1))
    assert {row[0] for found in asked for row in found} == {row[0] for row in record}
    whole = [row[LOG_INDEX] for row in record]
    assert all(len({row[LOG_INDEX] for row in found}) <= 1 for found in asked)
    for after in range(-1, max(whole) + 1):
        behind = [place for place in whole if place > after]
        for number in (1, 2, 3):
            assert nth_completion(world.connection, after, number) == (
                behind[number - 1] if len(behind) >= number else None
            )
            assert completions(world.connection, after, number) == min(number, len(behind))


async def test_what_is_thrown_away_is_not_written_over(tmp_path: Path) -> None:
    """Debian's SQLite does, unless it is told: making one of 3.6 GB anew wrote 3.6 GB before it began."""
    world, _ = await busy_world()
    file = tmp_path / "timeline"
    with closing(Timeline(file)) as made, closing(sqlite3.connect(file)) as beside:
        tables = made.read_all(world.connection)
        sums = ((APPROACH, place, "1", "1", "1", "1") for place in range(10**6, 10**6 + 20_000))
        tables.executemany("INSERT INTO summed VALUES (?, ?, ?, ?, ?, ?)", sums)
        tables.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        size = file.stat().st_size
        made.connection.execute("BEGIN")
        made.make_anew(world.connection)
        made.connection.execute("COMMIT")
        assert beside.execute("SELECT count(*) FROM summed").fetchone() == (0,)
        log = file.with_name(f"{file.name}-wal").stat().st_size
    assert log < size // 2


async def test_pages_together_are_the_whole_list() -> None:
    world, moments = await busy_world()
    ledger = world.connection

    def pages(
        kind: str, size: int
    ) -> Iterator[
        pb.ListUnitsResponse | pb.ListActionsResponse | pb.ListFirstTransferredIdsResponse
    ]:
        key, kept = "", Timeline()
        while True:
            at, cut = moments[5] if kind == "units then" else None, Cut(key, size)
            answer: Answer
            if kind == "first transferred":
                answer = first_transferred(ledger, "tha", "THA", kept, cut)
            elif kind == "actions":
                answer = list_actions(ledger, "che", "THA", 2023, kept, cut)
            else:
                answer = list_units(ledger, "che", APPROACH, at, kept, cut)
            yield answer
            key = answer.next_page_token
            if not key:
                return

    for kind, rows in (
        ("units", "units"),
        ("units then", "units"),
        ("actions", "actions"),
        ("first transferred", "units"),
    ):
        (whole,) = pages(kind, 1_000)
        assert len(getattr(whole, rows)) > 3
        for size in (1, 2, 3):
            cut = [each for page in pages(kind, size) for each in getattr(page, rows)]
            assert cut == list(getattr(whole, rows)), kind


async def test_pages_of_one_list_show_one_place_in_the_log() -> None:
    world, _ = await busy_world()
    kept = Timeline()
    first = list_units(world.connection, "tha", APPROACH, None, kept, Cut("", 1))
    whole = list_units(world.connection, "tha", APPROACH, None, kept)
    tha, che = world.senders["tha"], world.senders["che"]
    await _pass(world, tha, che, 90_001, 90_500)
    rest = list_units(world.connection, "tha", APPROACH, None, kept, Cut(first.next_page_token))
    assert [*first.units, *rest.units] == list(whole.units)
    assert rest.log_size == first.log_size
    assert len(list_units(world.connection, "tha", APPROACH, None, kept).units) > len(whole.units)


@pytest.mark.on_sqlite("a timeline is kept beside a file only: on a server it is in memory")
async def test_a_timeline_beside_the_ledger_is_kept_and_made_anew_where_it_does_not_fit(
    tmp_path: Path,
) -> None:
    world, moments = await busy_world()
    older, newer = tmp_path / "older.sqlite", tmp_path / "broker.sqlite"
    with closing(sqlite3.connect(newer)) as copy, copy:
        world.connection.backup(copy)
    ledger = sqlite3.connect(newer, factory=Passing)
    made = Timeline()
    expected = then(made.read_all(ledger), moments[-1])
    made.close()
    file = tmp_path / "broker.sqlite.timeline"
    assert file.stat().st_mode & 0o777 == 0o600, "it says who holds what"
    again = Timeline()
    assert again.read_on(ledger), "it goes on where it stood"
    assert then(again.connection, moments[-1]) == expected
    again.close()
    # Another history under the same name: what it stands at is not there.
    with closing(sqlite3.connect(older)) as copy, copy:
        other = memory_database(REGIMES)
        other.backup(copy)
    empty = sqlite3.connect(older, factory=Passing)
    file.rename(tmp_path / "older.sqlite.timeline")
    moved = Timeline()
    moved.read_all(empty)
    assert then(moved.connection, moments[-1]) == []
    moved.close()
    file.write_bytes(b"no database at all, whatever its name says" * 100)
    mended = Timeline()
    assert then(mended.read_all(ledger), moments[-1]) == expected
    mended.close()


@pytest.mark.on_sqlite("a timeline is kept beside a file only: on a server it is in memory")
async def test_one_that_is_ahead_of_an_older_snapshot_is_left_as_it_is(tmp_path: Path) -> None:
    """Another process of the broker takes in what was decided after the first look of whoever asks."""
    world, moments = await busy_world()
    file = tmp_path / "broker.sqlite"
    with closing(sqlite3.connect(file)) as copy, copy:
        world.connection.backup(copy)
    older, newer = (sqlite3.connect(file, isolation_level=None, factory=Passing) for _ in range(2))
    newer.execute("PRAGMA journal_mode = WAL").fetchall()
    asks, other = Timeline(), Timeline()
    asks.read_all(older)
    older.execute("BEGIN")
    older.execute("SELECT * FROM log_leaf").fetchone()
    newer.execute(
        "INSERT INTO log_leaf SELECT log_index + 1, x'00', message_id, transaction_id, decided_at"
        " FROM log_leaf ORDER BY log_index DESC LIMIT 1"
    )
    expected = then(other.read_all(newer), moments[-1])
    came_to = other.decisions(newer)
    assert asks.read_on(older)
    assert asks.decisions(older) == came_to, "it was not thrown away"
    assert then(asks.connection, moments[-1]) == expected != []
    asks.close()
    other.close()


async def test_whoever_has_its_turn_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(timeline_file, "_WAIT_SECONDS", 0)
    world, moments = await busy_world()
    file = tmp_path / "timeline"
    one, other = Timeline(file), Timeline(file)
    expected = then(one.read_all(world.connection), moments[-1])
    one.connection.execute("BEGIN IMMEDIATE")
    assert not other.read_on(world.connection)
    one.connection.execute("ROLLBACK")
    assert other.read_on(world.connection)
    assert then(other.connection, moments[-1]) == expected != []
    one.close()
    other.close()


async def test_it_is_made_anew_as_soon_as_the_turn_of_another_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(timeline_file, "_WAIT_SECONDS", 0)
    world, _ = await busy_world()
    one, other = Timeline(tmp_path / "timeline"), Timeline(tmp_path / "timeline")
    one.read_all(world.connection)
    other.open(world.connection)
    one.connection.execute("BEGIN IMMEDIATE")
    found = timeline_file.in_use
    waited: list[bool] = []

    def in_use(error: sqlite3.OperationalError) -> bool:
        one.connection.execute("ROLLBACK")
        waited.append(found(error))
        return waited[-1]

    monkeypatch.setattr(timeline_file, "in_use", in_use)
    other.make_anew(world.connection)
    assert (waited, one.decisions(world.connection)) == ([True], 0)
    one.close()
    other.close()


async def test_it_takes_no_longer_however_much_was_taken_in_before() -> None:
    """What one more transaction costs is counted in rows of the record that are looked at."""
    world, _ = await busy_world()
    made = Timeline()
    made.read_all(world.connection)
    await _pass(world, world.senders["tha"], world.senders["che"], 80_001, 80_010)
    with effort(world.connection) as seen:
        made.read_all(world.connection)
    assert 0 < seen.taken < 500


def test_ranges_are_found_by_their_size() -> None:
    assert [size_class(1, last) for last in (1, 2, 3, 4, 5, 8, 9)] == [0, 1, 2, 2, 3, 3, 4]


async def test_the_history_of_a_unit_nobody_issued_is_empty() -> None:
    world, _ = await busy_world()
    assert not unit_history(world.connection, "tha", "THA01", 10**6).ListFields()
