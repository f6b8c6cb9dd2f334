# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The ledger against the most naive model there is: what is known of every single serial."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL, SerialRange
from registry_node.ledger.holdings import Block, Holding, Ledger

TOP = 24
ACCOUNTS = ("a", "b")
TRANSACTIONS = ("t1", "t2", "t3")


def held(first: int, last: int, account: str = "a", reserved_by: str | None = None) -> Holding:
    return Holding(
        registry="THA01",
        first=first,
        last=last,
        account_id=account,
        attributes=b"",
        marks="",
        reserved_by=reserved_by,
    )


def units(first: int, last: int) -> Block:
    return Block("THA01", SerialRange(first, last))


@dataclass(frozen=True)
class Step:
    action: str
    first: int
    last: int
    account: str
    transaction: str


@st.composite
def steps(draw: st.DrawFn) -> Step:
    first = draw(st.integers(1, TOP))
    return Step(
        draw(st.sampled_from(["reserve", "release", "debit", "credit"])),
        first,
        draw(st.integers(first, TOP)),
        draw(st.sampled_from(ACCOUNTS)),
        draw(st.sampled_from(TRANSACTIONS)),
    )


Model = dict[int, tuple[str, str | None]]


def play(model: Model, step: Step) -> None:
    serials = range(step.first, step.last + 1)
    if step.action == "reserve":
        if all(model.get(n) == (step.account, None) for n in serials):
            model.update(dict.fromkeys(serials, (step.account, step.transaction)))
    elif step.action == "release":
        model.update({n: (a, None) for n, (a, t) in model.items() if t == step.transaction})
    elif step.action == "debit":
        for n in serials:
            if n in model and model[n][0] == step.account:
                del model[n]
    else:
        model.update(dict.fromkeys(serials, (step.account, None)))


def apply(ledger: Ledger, step: Step) -> None:
    block = units(step.first, step.last)
    if step.action == "reserve":
        with suppress(ProtocolError):
            ledger.reserve([block], step.account, step.transaction)
    elif step.action == "release":
        ledger.release(step.transaction)
    elif step.action == "debit":
        ledger.debit(block, step.account, step.transaction)
    else:
        ledger.credit(held(step.first, step.last, step.account))


@given(st.lists(steps(), max_size=25))
def test_ledger_and_naive_model_agree(story: list[Step]) -> None:
    stored: set[Holding] = set()
    model: Model = {}
    for step in story:
        ledger = Ledger(stored)
        apply(ledger, step)
        changes = ledger.changes()
        assert set(changes.deleted) <= stored
        stored = (stored - set(changes.deleted)) | set(changes.inserted)
        play(model, step)
        found = {
            n: (h.account_id, h.reserved_by) for h in stored for n in range(h.first, h.last + 1)
        }
        assert found == model
        assert sum(h.quantity for h in stored) == len(model)
        # Joined as far as can be: no two neighbours say the same.
        rows = sorted(stored, key=lambda h: h.first)
        for before, after in pairwise(rows):
            same = (before.account_id, before.reserved_by) == (after.account_id, after.reserved_by)
            assert not (same and before.last + 1 == after.first)


def test_reservation_is_all_or_nothing() -> None:
    ledger = Ledger([held(1, 10), held(11, 20, "b")])
    with pytest.raises(ProtocolError) as caught:
        ledger.reserve([units(1, 5), units(9, 12)], "a", "t1")
    assert "11-12 are in b" in caught.value.message
    assert ledger.changes().inserted == ()


def test_units_are_not_offered_twice() -> None:
    ledger = Ledger([held(1, 10)])
    ledger.reserve([units(1, 5)], "a", "t1")
    with pytest.raises(ProtocolError) as caught:
        ledger.reserve([units(5, 5)], "a", "t2")
    assert "offered in transaction t1" in caught.value.message


def test_reserved_units_are_not_free() -> None:
    ledger = Ledger([held(1, 5), held(6, 10, reserved_by="t1")])
    assert ledger.free(units(1, 5), "a")
    assert not ledger.free(units(5, 6), "a")
    assert not ledger.free(units(6, 10), "a")


def test_debit_names_what_does_not_fit() -> None:
    ledger = Ledger([held(1, 4), held(5, 6, reserved_by="t9")])
    taken, odd = ledger.debit(units(1, 10), "a", "t1")
    assert sum(piece.quantity for piece in taken) == 6
    assert len(odd) == 2
    assert "reserved by t9" in odd[0]
    assert "7-10" in odd[1]


def test_credit_over_held_units_follows_the_broker() -> None:
    ledger = Ledger([held(1, 10, "b")])
    odd = ledger.credit(held(4, 5, "a"))
    assert "was held in b" in odd[0]
    assert [(h.first, h.last, h.account_id) for h in ledger.holdings()] == [
        (1, 3, "b"),
        (4, 5, "a"),
        (6, 10, "b"),
    ]


def test_overlapping_rows_are_never_worked_with() -> None:
    with pytest.raises(ProtocolError) as caught:
        Ledger([held(1, 10), held(10, 11, "b")])
    assert caught.value.reason is Reason.LEDGER_AUDIT_FAILED


def test_largest_serial() -> None:
    top = MAX_SERIAL
    ledger = Ledger([held(top - 1, top)])
    ledger.reserve([units(top, top)], "a", "t1")
    assert [h.reserved_by for h in ledger.holdings()] == [None, "t1"]
