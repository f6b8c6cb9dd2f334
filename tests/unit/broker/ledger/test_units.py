# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Edges of the unit ledger that chance would seldom find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from broker.ledger.units import LedgerInvariantBroken, UnitChanges, UnitLedger, UnitRow
from itmo.serials import MAX_SERIAL, SerialRange


def row(first: int, last: int, account: str = "a", locked_by: str | None = None) -> UnitRow:
    return UnitRow("THA01", first, last, first, account, "new", locked_by)


def spans(ledger: UnitLedger) -> list[tuple[int, int, str | None]]:
    whole = SerialRange(1, MAX_SERIAL)
    return [(r.first, r.last, r.locked_by) for r in ledger.overlapping("THA01", whole)]


def test_a_part_in_the_middle_makes_three() -> None:
    ledger = UnitLedger([row(1, 100)])
    ledger.lock("THA01", SerialRange(40, 60), "t")
    assert spans(ledger) == [(1, 39, None), (40, 60, "t"), (61, 100, None)]
    changes = ledger.changes()
    assert [(r.first, r.last) for r in changes.resized] == [(1, 39)]
    assert [(r.first, r.last) for r in changes.inserted] == [(40, 60), (61, 100)]
    assert {r.issued_first for r in (*changes.resized, *changes.inserted)} == {1}


@pytest.mark.parametrize("span", [SerialRange(1, 1), SerialRange(100, 100), SerialRange(1, 100)])
def test_parts_at_the_ends(span: SerialRange) -> None:
    ledger = UnitLedger([row(1, 100)])
    ledger.move("THA01", span, "a", "b")
    moved = [r for r in ledger.overlapping("THA01", SerialRange(1, 100)) if r.account_id == "b"]
    assert [(r.first, r.last) for r in moved] == [(span.first, span.last)]


def test_the_greatest_serial() -> None:
    ledger = UnitLedger([row(MAX_SERIAL - 1, MAX_SERIAL)])
    ledger.lock("THA01", SerialRange(MAX_SERIAL, MAX_SERIAL), "t")
    assert spans(ledger) == [(MAX_SERIAL - 1, MAX_SERIAL - 1, None), (MAX_SERIAL, MAX_SERIAL, "t")]


def test_a_lock_that_came_and_went_changes_nothing() -> None:
    ledger = UnitLedger([row(1, 100)])
    ledger.lock("THA01", SerialRange(1, 100), "t")
    ledger.release("THA01", SerialRange(1, 100), "t")
    assert ledger.changes() == UnitChanges()


def test_rows_are_told_apart_by_what_changed() -> None:
    ledger = UnitLedger([row(at, at + 99) for at in range(1, 800, 200)])
    ledger.lock("THA01", SerialRange(1, 100), "t")
    ledger.lock("THA01", SerialRange(201, 250), "t")
    ledger.move("THA01", SerialRange(401, 500), "a", "b")
    ledger.move("THA01", SerialRange(601, 650), "a", "b")
    changes = ledger.changes()
    assert [(r.first, r.last, r.locked_by) for r in changes.marked] == [(1, 100, "t")]
    assert [(r.first, r.last, r.locked_by) for r in changes.resized] == [(201, 250, "t")]
    assert [(r.first, r.last, r.account_id) for r in changes.moved] == [(401, 500, "b")]
    assert [(r.first, r.last, r.account_id) for r in changes.updated] == [(601, 650, "b")]
    assert [(r.first, r.last) for r in changes.inserted] == [(251, 300), (651, 700)]


@pytest.mark.parametrize(
    "wanted", [SerialRange(90, 101), SerialRange(101, 101), SerialRange(140, 160)]
)
def test_what_does_not_live_cannot_be_posted(wanted: SerialRange) -> None:
    posts: list[Callable[[UnitLedger], None]] = [
        lambda ledger: ledger.lock("THA01", wanted, "t"),
        lambda ledger: ledger.move("THA01", wanted, "a", "b"),
        lambda ledger: ledger.restate("THA01", wanted, "new", "marked"),
        lambda ledger: ledger.release("THA01", wanted, "t"),
        lambda ledger: ledger.hand_over("THA01", wanted, ("a", "b"), "t", "t", None),
    ]
    for post in posts:
        with pytest.raises(LedgerInvariantBroken):
            post(UnitLedger([row(1, 100), row(150, 200)]))


def test_what_is_handed_over_is_held_and_locked() -> None:
    wanted, states = SerialRange(40, 60), ("new", "marked")
    held = [row(1, 39, locked_by="u"), row(40, 60, locked_by="t"), row(61, 100, "b")]
    together, apart = UnitLedger(held), UnitLedger(held)
    together.hand_over("THA01", wanted, ("a", "b"), "t", "mover", states)
    apart.release("THA01", wanted, "t")
    apart.move("THA01", wanted, "a", "b", "mover")
    apart.restate("THA01", wanted, *states)
    assert list(together.rows()) == list(apart.rows())
    assert together.changes() == apart.changes()
    for span, sides, locked_by, before in (
        (SerialRange(30, 60), ("a", "b"), "t", "new"),
        (wanted, ("c", "b"), "t", "new"),
        (wanted, ("a", "b"), "u", "new"),
        (wanted, ("a", "b"), "t", "marked"),
        (SerialRange(70, 80), ("b", "a"), "t", "new"),
    ):
        with pytest.raises(LedgerInvariantBroken):
            UnitLedger(held).hand_over("THA01", span, sides, locked_by, "", (before, "other"))


def test_neighbours_that_differ_stay_apart() -> None:
    one, two = row(1, 10), replace(row(11, 20), issued_first=1)
    assert one.continued_by(two)
    for each in fields(UnitRow):
        if each.name != "last":
            assert not one.continued_by(replace(two, **{each.name: 7})), each.name  # type: ignore[arg-type]  # any other value


def test_locks_are_exclusive() -> None:
    ledger = UnitLedger([row(1, 100, locked_by="one")])
    for name in ("one", "two"):
        with pytest.raises(LedgerInvariantBroken):
            ledger.lock("THA01", SerialRange(50, 50), name)
    with pytest.raises(LedgerInvariantBroken):
        ledger.release("THA01", SerialRange(50, 50), "two")
    with pytest.raises(LedgerInvariantBroken):
        ledger.move("THA01", SerialRange(50, 50), "a", "b")


def test_serials_are_issued_once() -> None:
    ledger = UnitLedger([row(1, 100)])
    for again in (row(100, 101), row(1, 1), row(1, 200)):
        with pytest.raises(LedgerInvariantBroken):
            ledger.issue(again)
    ledger.issue(row(101, 200))
    with pytest.raises(LedgerInvariantBroken):
        ledger.issue(row(150, 150))


def test_what_was_split_for_a_lock_is_one_again() -> None:
    ledger = UnitLedger([row(1, 100)])
    for first in range(1, 100, 2):
        ledger.lock("THA01", SerialRange(first, first), "t")
    assert len(spans(ledger)) == 100
    for first in range(1, 100, 2):
        ledger.release("THA01", SerialRange(first, first), "t")
    assert spans(ledger) == [(1, 100, None)]
    assert ledger.changes() == UnitChanges()


def test_rows_that_become_alike_are_joined_and_the_rest_deleted() -> None:
    stored = [row(1, 10), *(replace(row(n, n, "b"), issued_first=1) for n in range(11, 14))]
    ledger = UnitLedger(stored)
    ledger.move("THA01", SerialRange(11, 13), "b", "a")
    assert spans(ledger) == [(1, 13, None)]
    changes = ledger.changes()
    assert [(r.first, r.last) for r in changes.resized] == [(1, 13)]
    assert changes.inserted == ()
    assert [r.first for r in changes.deleted] == [13, 12, 11]


@pytest.mark.parametrize(
    "difference",
    [
        {"issued_first": 11},
        {"account_id": "b"},
        {"state": "marked"},
        {"locked_by": "t"},
        {"moved_by": "t"},
    ],
)
def test_nothing_that_differs_is_joined(difference: dict[str, Any]) -> None:
    other = replace(row(11, 20), **{"issued_first": 1, **difference})
    ledger = UnitLedger([row(1, 10), other])
    ledger.lock("THA01", SerialRange(1, 10), "u")
    ledger.release("THA01", SerialRange(1, 10), "u")
    assert ledger.changes() == UnitChanges()
    assert not row(1, 10).continued_by(other)
    assert row(1, 10).continued_by(replace(row(11, 20), issued_first=1))
