# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Frozen dataclasses that are made quickly behave as `dataclasses` made them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, InitVar, dataclass, field

import pytest

from itmo.frozen import quickly_made, replace


@dataclass(frozen=True, slots=True)
class Slow:
    first: int
    name: str = "none"
    parts: list[int] = field(default_factory=list)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    first: int
    name: str = "none"
    parts: list[int] = field(default_factory=list)


@quickly_made
@dataclass(frozen=True, slots=True)
class OfSlow(Slow):
    last: int = 9


@quickly_made
@dataclass(frozen=True, slots=True)
class Wider(Quick):
    last: int = 9


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("turned round")


def test_they_are_made_and_shown_alike() -> None:
    for given, named in (((1,), {}), ((1, "x"), {"parts": [2]}), ((), {"first": 3})):
        slow, quick = Slow(*given, **named), Quick(*given, **named)
        assert dataclasses.astuple(quick) == dataclasses.astuple(slow)
        assert repr(quick) == repr(slow).replace("Slow", "Quick")
    assert Quick(1).parts is not Quick(1).parts
    assert Quick(1) == Quick(1) != Quick(2)
    assert hash(Named(low=1, high=2)) == hash(Named(low=1, high=2))
    assert type(Wider(1)) is Wider
    assert Wider(1, "a", [], 4).last == OfSlow(1, "a", [], 4).last == 4


@dataclass(frozen=True, slots=True)
class OfQuick(Quick):
    last: int = 9


def test_what_descends_from_one_is_made_as_ever() -> None:
    made = OfQuick(1, last=4)
    assert (made.first, made.name, made.last) == (1, "none", 4)
    assert replace(made, last=5) == dataclasses.replace(made, last=5) == OfQuick(1, last=5)
    assert copy.copy(made) == pickle.loads(pickle.dumps(made)) == made
    with pytest.raises(TypeError, match="dataclass"):
        type("Plain", (Quick,), {})(1)


def test_they_are_as_frozen() -> None:
    for made in (Quick(1), replace(Quick(1), name="y"), Wider(1)):
        with pytest.raises(FrozenInstanceError):
            made.first = 2  # type: ignore[misc]  # that is the point
        with pytest.raises(FrozenInstanceError):
            del made.first
        with pytest.raises((AttributeError, TypeError)):
            made.other = 2  # type: ignore[attr-defined]


def test_wrong_fields_are_refused() -> None:
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Quick(1, other=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Named(1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="other"):
        replace(Quick(1), other=2)  # type: ignore[call-arg]


def test_a_copy_with_changes_is_checked_as_a_new_one() -> None:
    assert replace(Named(low=1, high=2), high=3) == Named(low=1, high=3)
    assert replace(Wider(1), first=2) == Wider(2)
    assert dataclasses.replace(Wider(1), last=2) == Wider(1, last=2)
    assert replace(Slow(1), first=2) == Slow(2), "what is not made quickly is copied all the same"
    with pytest.raises(ValueError, match="turned round"):
        Named(low=2, high=1)
    with pytest.raises(ValueError, match="turned round"):
        replace(Named(low=1, high=2), low=3)


@quickly_made
@dataclass(frozen=True, slots=True)
class Counted:
    first: int
    last: int
    count: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", self.last - self.first + 1)


def test_what_follows_from_other_fields_is_found_anew() -> None:
    assert Counted(1, 3).count == 3
    assert (
        replace(Counted(1, 3), last=4).count
        == dataclasses.replace(Counted(1, 3), last=4).count
        == 4
    )


def test_they_are_copied_and_pickled() -> None:
    for made in (Quick(1, "x", [2]), Named(low=1, high=2), Wider(1)):
        assert copy.copy(made) == made
        assert copy.deepcopy(made) == made
        assert pickle.loads(pickle.dumps(made)) == made  # our own bytes


def test_nothing_else_is_taken() -> None:
    with pytest.raises(TypeError, match="frozen"):
        quickly_made(int)
    with pytest.raises(TypeError, match="frozen"):
        quickly_made(dataclass(slots=True)(type("Open", (), {"__annotations__": {"a": int}})))
    hidden = type("Hidden", (), {"__annotations__": {"a": int}, "a": field(init=False, default=1)})
    door = type("Door", (), {"__annotations__": {"a": int, "b": InitVar[int]}})
    for each in (hidden, door):
        with pytest.raises(TypeError, match="takes no part"):
            quickly_made(dataclass(frozen=True, slots=True)(each))
