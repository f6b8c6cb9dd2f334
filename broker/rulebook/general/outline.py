# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Outlines: facts of which only some can be read, so that what comes of them cannot depend on others."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from operator import attrgetter
from typing import Any, Generic, TypeVar

from itmo.serials import SerialRange

Facts = TypeVar("Facts")


def outline(kind: type[Facts], /, **known: object) -> Facts:
    """Facts that have only some of their fields; reading another one raises AttributeError.

    Args:
        kind: A dataclass with slots.
        known: The fields that it has.
    """
    made = object.__new__(kind)
    for name, value in known.items():
        object.__setattr__(made, name, value)
    return made


class Sketch(Generic[Facts]):
    """What facts of one kind share when they are alike: their outline and their key, from one list.

    A field that is in neither list is in no outline.

    Args:
        kind: A dataclass with slots.
        same: Fields that are the same in all that are alike.
        nothing: Fields that an outline has where there is nothing in them: no text, no rows, None.
    """

    __slots__ = ("_nothing", "_same", "kind", "nothing", "same")

    def __init__(
        self, kind: type[Facts], same: tuple[str, ...], nothing: tuple[str, ...] = ()
    ) -> None:
        self.kind, self.same, self.nothing = kind, same, nothing
        self._same = attrgetter(*same) if same else _without_any
        self._nothing = _each(nothing)

    def key(self, facts: Facts) -> Hashable:
        """Equal for facts that are alike."""
        return self._same(facts), tuple([_is_nothing(each) for each in self._nothing(facts)])

    def outline(self, facts: Facts, **known: object) -> Facts:
        """What they share.

        Args:
            facts: One of them.
            known: Other fields that the outline has.
        """
        shared = {name: getattr(facts, name) for name in self.same}
        for name in self.nothing:
            value = getattr(facts, name)
            if _is_nothing(value):
                shared[name] = value
        return outline(self.kind, **(shared | known))


def _is_nothing(value: object) -> bool:
    return not value and value != 0


def _without_any(facts: object) -> Hashable:  # noqa: ARG001  # as an attrgetter is called
    return None


def _each(names: tuple[str, ...]) -> Any:  # noqa: ANN401  # as an attrgetter, which gives one alone as it is
    if len(names) > 1:
        return attrgetter(*names)
    return lambda facts: [getattr(facts, name) for name in names]


class SomeSerials(SerialRange):
    """A range of which nothing is known but that it is one, and the same wherever it stands."""

    __slots__ = ()

    def __new__(cls) -> SomeSerials:
        """Makes one that is like no other."""
        return object.__new__(cls)

    def __init__(self) -> None:
        """Leaves its numbers unset: reading them raises AttributeError."""

    def __eq__(self, other: object) -> bool:
        """True for itself.

        Raises:
            TypeError: nobody knows.
        """
        if other is self:
            return True
        message = "ranges that are not known cannot be compared"
        raise TypeError(message)

    def __hash__(self) -> int:
        """The same for all of them, so that no two are told apart without being compared."""
        return 0


class SomeQuantity:
    """A quantity of which only the sign is known, and that it is not zero."""

    __slots__ = ("_positive",)

    def __init__(self, *, positive: bool) -> None:
        self._positive = positive

    def __eq__(self, other: object) -> bool:
        """False for zero.

        Raises:
            TypeError: nobody knows.
        """
        return self._with_zero(other, found=False)

    def __gt__(self, other: object) -> bool:
        """True where it is above zero.

        Raises:
            TypeError: nobody knows.
        """
        return self._with_zero(other, found=self._positive)

    __hash__ = None  # type: ignore[assignment]  # it is in no set

    def __repr__(self) -> str:
        """Nobody is told.

        Raises:
            TypeError: always.
        """
        message = "the quantity is not known"
        raise TypeError(message)

    __str__ = __repr__
    __format__ = None  # type: ignore[assignment]  # calling it raises TypeError, as is wanted

    @staticmethod
    def _with_zero(other: object, *, found: bool) -> bool:
        if other != 0:
            message = "only whether it is above zero is known"
            raise TypeError(message)
        return found


class SomeMoment:
    """A moment of which only the day is known."""

    __slots__ = ("_day",)

    def __init__(self, day: date) -> None:
        self._day = day

    @property
    def year(self) -> int:
        """The year."""
        return self._day.year

    def date(self) -> date:
        """The day."""
        return self._day

    def __repr__(self) -> str:
        """Nobody is told.

        Raises:
            TypeError: always.
        """
        message = "the time of day is not known"
        raise TypeError(message)

    __str__ = __repr__
    __format__ = None  # type: ignore[assignment]  # calling it raises TypeError, as is wanted
