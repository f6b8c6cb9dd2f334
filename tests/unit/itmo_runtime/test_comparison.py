# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two databases side by side: each row and value that differs is told once, and not too many."""

from __future__ import annotations

import sqlite3
import tracemalloc

import pytest

from itmo.runtime.db.comparison import SIGNED, Words, differences
from itmo.runtime.db.passing import Passing

Rows = list[tuple[object, ...]]
GOOD: Rows = [(1, "a", b"\x00"), (2, "b", None)]


def database(rows: Rows) -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", factory=Passing)
    made.execute("CREATE TABLE t (k, name, content)")
    made.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    return made


def told(stored: Rows, fresh: Rows, where: str = "") -> list[str]:
    columns = ["k", "name", "content"]
    return list(
        differences(
            database(stored),
            database(fresh),
            "t",
            columns,
            ["k"],
            where=where,
            words=Words("store", SIGNED.said_by),
        )
    )


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (GOOD, []),
        (GOOD[::-1], []),
        ([(1, "x", b"\x00"), GOOD[1]], ["t (1): name is x in the store, a by the signed messages"]),
        (
            [(1, "a", b"\x01"), GOOD[1]],
            ["t (1): content is 01 in the store, 00 by the signed messages"],
        ),
        (GOOD[:1], ["t (2): there is such a row only by the signed messages"]),
        ([*GOOD, (3, "c", None)], ["t (3): there is such a row only in the store"]),
        # What SQLite calls equal is not the same: a text in place of a number.
        ([("1", "a", b"\x00"), GOOD[1]], ["only in the store", "only by the signed messages"]),
    ],
)
def test_what_differs_is_told(stored: Rows, expected: list[str]) -> None:
    found = told(stored, GOOD)
    assert len(found) == len(expected)
    assert all(any(each in line for line in found) for each in expected), found


def test_a_table_that_differs_in_much_is_told_in_part() -> None:
    found = told([(number, "x" * 100, None) for number in range(50)], [])
    assert len(found) == 21
    assert found[-1] == "t: there are more differences"


def test_rows_that_nothing_determines_are_left_out() -> None:
    assert told([*GOOD, (0, "a draft", None)], GOOD, "k > 0") == []
    assert told([*GOOD, (4, "no draft", None)], GOOD, "k > 0") != []


def test_a_long_value_is_told_in_part() -> None:
    assert f"name is {'x' * 60}... (100) in the store" in told([(1, "x" * 100, b"\x00")], GOOD)[0]


def test_rows_that_only_one_has_are_told_wherever_they_lie() -> None:
    rows: Rows = [
        (k, name, b"") for k in (None, -1, 0, 7, "", "a", "b", b"", b"z") for name in "xy"
    ]
    columns = ["k", "name", "content"]
    for gone in range(len(rows)):
        fewer = rows[:gone] + rows[gone + 1 :]
        for mine, made in ((fewer, rows), (rows, fewer)):
            found = list(differences(database(mine), database(made), "t", columns, ["k", "name"]))
            assert len(found) == 1
            assert "there is such a row only" in found[0]
    assert (
        list(differences(database(rows[::-1]), database(rows), "t", columns, ["name", "k"])) == []
    )


def test_what_is_compared_is_not_held_in_memory() -> None:
    def peak(size: int) -> int:
        rows: Rows = [(k, str(k), bytes(200)) for k in range(size)]
        mine, made = database(rows), database(rows)
        tracemalloc.start()
        assert list(differences(mine, made, "t", ["k", "name", "content"], ["k"])) == []
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    assert peak(5_000) < 5_000 * 200 // 4
