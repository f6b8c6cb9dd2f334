# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A kind of transactions is found out when a second one comes, and what is never alike costs a key."""

from __future__ import annotations

import weakref
from typing import cast

import pytest

from broker.regime import seen
from broker.regime.regime import Known, Said
from broker.rulebook.check import Rules
from broker.rulebook.paris import broadly
from broker.rulebook.paris.rulebook import RULES, case_of
from tests.kit.clearing import batch, trading_world, transfer
from tests.unit.broker.rulebook.bases import BASES


def test_a_kind_is_known_once_it_is_kept() -> None:
    kinds = seen.Kinds[str]()
    assert not kinds.comes_again("one")
    assert kinds.get("one") is None
    assert kinds.comes_again("one")
    kinds.keep("one", "known")
    assert kinds.get("one") == "known"
    assert kinds.comes_again("one")
    assert kinds.get("one") == "known"
    assert kinds.get(None) is None
    assert not kinds.comes_again(None)
    assert not kinds.comes_again(None)


def test_kinds_take_bounded_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_KEPT", 3)
    kinds = seen.Kinds[int]()
    for each in range(10):
        assert not kinds.comes_again(each)
        assert kinds.comes_again(each)
        kinds.keep(10 + each, each)
        assert len(kinds._kept) <= 3


class Statement:
    """What a Party has stated, as far as kinds look at it."""


class Asked:
    """Knows of statements alone."""

    def __init__(self, *statements: Statement) -> None:
        self._said = Said(tuple(map(id, statements)), statements)

    def said(self) -> Said:
        return self._said


def test_what_was_judged_once_holds_for_what_was_stated_then() -> None:
    case = case_of(BASES["transfer"]())
    forms = seen.Forms(RULES, broadly.key_of, broadly.outline_of)

    def known(*statements: Statement) -> bool:
        return forms.shared(case, cast("Known", Asked(*statements))) is not None

    before, after = Statement(), Statement()
    assert [known(before) for _ in range(2)] == [False, True]
    assert [known(after), known(before, after), known()] == [False, False, False]
    # Statements are told apart by their ids: while a kind is known nothing else may come to have one of them.
    kept = weakref.ref(before)
    del before
    assert kept() is not None


async def test_what_is_never_alike_is_not_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, each of them was judged once for itself and once more for others that never came."""
    outlines: list[object] = []
    shared = Rules.shared

    def counted(self: Rules, outline: object, on: object) -> object:  # type: ignore[type-arg]  # any
        outlines.append(outline)
        return shared(self, outline, on)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(Rules, "shared", counted)
    world = await trading_world()
    outlines.clear()
    unlike = [transfer(world, at, at) for at in range(1, 21)]
    for year, each in enumerate(unlike, 2_001):
        each.terms.paris.year_of_use = year
    await batch(world.senders["tha"], unlike)
    assert outlines == []
    await batch(world.senders["tha"], [transfer(world, at, at) for at in range(1, 21)])
    assert 1 <= len(outlines) <= 2, "the narrow outline, the broad one, each once"
    await world.house.stop()
