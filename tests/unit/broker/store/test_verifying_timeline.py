# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a timeline says that the ledger does not is found by a verification, wherever it was put."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from broker.reports.paris import timeline
from broker.reports.paris.booked_sums import sums
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_file import beside
from broker.store import log_head
from broker.verifying.timeline_held import REMEDY, Compared, verify_timeline
from tests.kit.clearing import ClearingWorld
from tests.kit.many import many
from tests.kit.world_again import trading_again
from tests.unit.broker.cli.kit import broker, fill, set_up, where
from tests.unit.broker.store.test_verifying_since import trade


def read(world: ClearingWorld, folder: Path) -> None:
    """What is asked of the timeline brings it to the end of the record."""
    with closing(Timeline(folder / "served")) as served:
        sums(served.read_all(world.connection), world.connection, "THA", None)


def verified(world: ClearingWorld, folder: Path, *, everything: bool = False) -> Compared | None:
    return verify_timeline(
        world.connection, folder / "served", folder / "kept", lambda *_: None, anew=everything
    )


def plant(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "served", isolation_level=None)) as served:
        for each in statements:
            assert served.execute(each).rowcount != 0, "nothing was planted"


_LAST = "(likeness, at) = (SELECT likeness, at FROM booked ORDER BY at DESC, likeness LIMIT 1)"
PLANTED = {
    "a wrong sum": (f"UPDATE booked SET amount = amount + 1 WHERE {_LAST}", "amount is"),
    "a sum missing": (f"DELETE FROM booked WHERE {_LAST}", "only by the ledger"),
    "a sum too many": (
        "INSERT INTO booked SELECT likeness, at + 1, '7' FROM booked ORDER BY at DESC LIMIT 1",
        "only in the timeline",
    ),
    "sums of another Party": (
        "UPDATE likeness SET party = 'BRA' WHERE id = (SELECT max(id) FROM likeness)",
        "party is BRA in the timeline",
    ),
    "a kind of sum missing": (
        "DELETE FROM likeness WHERE id = (SELECT max(id) FROM likeness)",
        "only by the ledger",
    ),
    "an entry skipped": ("UPDATE place SET entry_id = entry_id + 1", "place: entries up to"),
    "units of an approach": (
        "UPDATE summed SET held = held + 1 WHERE since = (SELECT max(since) FROM summed)",
        "held is",
    ),
    "who held a unit": (
        "UPDATE lived SET party = 'BRA' WHERE since = (SELECT max(since) FROM lived)",
        "party is BRA",
    ),
    "a range missing": (
        "DELETE FROM lived WHERE since = (SELECT max(since) FROM lived)",
        "only by the ledger",
    ),
    "a deed missing": (
        "DELETE FROM done WHERE log_index = (SELECT max(log_index) FROM done)",
        "only by the ledger",
    ),
    "a time of a decision": (
        "UPDATE step SET latest = latest + 1 WHERE place = (SELECT max(place) FROM step)",
        "latest is",
    ),
    "an index": ("DROP INDEX lived_party", "index lived_party was dropped"),
}  # fmt: skip
SOON = {"a wrong sum", "a range missing", "an index"}
"""Of the fast tests: a value, a row and the schema."""


@pytest.mark.parametrize("planted", many(PLANTED, SOON))
@pytest.mark.parametrize("since", [False, True], ids=["whole", "since the last time"])
async def test_what_the_ledger_does_not_say_is_found(
    tmp_path: Path, planted: str, *, since: bool
) -> None:
    world = await trading_again()
    await trade(world, 1)
    read(world, tmp_path)
    if since:
        assert verified(world, tmp_path) == Compared(log_head.log_size(world.connection), 0, ())
    await trade(world, 1_001)
    read(world, tmp_path)
    statement, told = PLANTED[planted]
    plant(tmp_path, statement)
    found = verified(world, tmp_path)
    assert found is not None
    assert (found.before > 0) == since
    assert told in "\n".join(found.problems)
    assert all(
        each.startswith("the timeline: ") and each.endswith(REMEDY) for each in found.problems
    )
    again = verified(world, tmp_path)
    assert again is not None
    assert again.before == 0, "what did not hold is compared whole the next time"
    assert again.problems
    with closing(Timeline(tmp_path / "served")) as served:
        served.make_anew(world.connection)
    read(world, tmp_path)
    assert verified(world, tmp_path) == Compared(log_head.log_size(world.connection), 0, ())


async def test_only_what_came_since_is_compared_and_all_of_it_on_demand(tmp_path: Path) -> None:
    world = await trading_again()
    assert verified(world, tmp_path) is None, "nobody has asked yet"
    await trade(world, 1)
    read(world, tmp_path)
    size = log_head.log_size(world.connection)
    assert verified(world, tmp_path) == Compared(size, 0, ())
    assert verified(world, tmp_path) == Compared(size, size, ())
    await trade(world, 1_001)
    assert verified(world, tmp_path) == Compared(size, size, ()), "what is in it, although behind"
    read(world, tmp_path)
    now = log_head.log_size(world.connection)
    assert verified(world, tmp_path) == Compared(now, size, ())
    plant(tmp_path, "UPDATE lived SET party = 'BRA' WHERE since = (SELECT min(since) FROM lived)")
    found = verified(world, tmp_path)
    assert found == Compared(now, now, ()), "an old row that nothing since has touched"
    whole = verified(world, tmp_path, everything=True)
    assert whole is not None
    assert whole.problems


async def test_it_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = await trading_again()
    await trade(world, 1)
    read(world, tmp_path)
    monkeypatch.setattr(timeline, "WINDOW", 3)
    told: list[tuple[str, int, int]] = []
    verify_timeline(
        world.connection, tmp_path / "served", tmp_path / "kept",
        lambda *each: told.append(each), anew=False,
    )  # fmt: skip
    size = log_head.log_size(world.connection)
    read_on = [done for step, done, of in told if step == "timeline" and of == size]
    assert read_on == [*range(3, size, 3), size]
    compared = [done for step, done, _ in told if step == "tables of the timeline"]
    assert compared == [*range(len(compared))]


async def test_an_old_sum_that_is_asked_for_now_is_found_each_time(tmp_path: Path) -> None:
    world = await trading_again()
    await trade(world, 1)
    read(world, tmp_path)
    assert verified(world, tmp_path) is not None
    plant(tmp_path, PLANTED["a wrong sum"][0])
    found = verified(world, tmp_path)
    assert found is not None
    assert "running sum of" in found.problems[0]
    assert "GHG" in found.problems[0]


async def test_one_made_anew_since_is_compared_whole(tmp_path: Path) -> None:
    world = await trading_again()
    await trade(world, 1)
    read(world, tmp_path)
    size = log_head.log_size(world.connection)
    assert verified(world, tmp_path) == Compared(size, 0, ())
    with closing(Timeline(tmp_path / "served")) as served:
        served.make_anew(world.connection)
        served.read_all(world.connection)
    plant(tmp_path, "UPDATE lived SET party = 'BRA' WHERE since = (SELECT min(since) FROM lived)")
    found = verified(world, tmp_path)
    assert found is not None
    assert (found.before, len(found.problems) > 0) == (0, True)


async def test_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    world = await trading_again()
    await trade(world, 1)
    (tmp_path / "served").write_bytes(b"no database" * 1_000)
    found = verified(world, tmp_path)
    assert found is not None
    assert REMEDY in found.problems[0]


async def test_the_commands_find_it_and_make_it_anew(tmp_path: Path) -> None:
    place = set_up(tmp_path / "broker")
    await fill(place)
    run = ("--dir", place, "--json")
    assert broker(*run, "verify").json["timeline"] is None
    made = broker(*run, "timeline").json
    assert made["taken_in"] == made["decisions"] > 0
    assert broker(*run, "timeline").json["taken_in"] == 0
    whole = broker(*run, "verify").json
    assert whole["timeline"] == {"decisions": made["decisions"], "verified_before": 0}
    since = broker(*run, "verify").json
    assert since["timeline"]["verified_before"] == made["decisions"]
    file = beside(where(place).file)
    with closing(sqlite3.connect(file, isolation_level=None)) as served:
        served.execute("UPDATE booked SET amount = amount + 1")
    wrong = broker(*run, "verify")
    assert wrong.exit_code == 1
    assert wrong.json["problems"]
    assert "broker timeline --anew" in broker("--dir", place, "verify").stdout
    anew = broker(*run, "timeline", "--anew").json
    assert anew["taken_in"] == made["decisions"]
    right = broker(*run, "verify")
    assert (right.exit_code, right.json["problems"]) == (0, [])
