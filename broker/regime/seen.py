# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of transactions that were judged: what is kept of one once it was seen twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, Generic, NamedTuple, TypeVar

from broker.regime.regime import Known
from broker.rulebook.check import Rules, Shared
from broker.rulebook.general.case import Case

_KEPT: Final = 4_096
"""Kinds kept: a few kilobytes each; past it they are found out anew."""
T = TypeVar("T")
Judged = TypeVar("Judged", bound=Case)


class Kinds(Generic[T]):
    """What is known of kinds of transactions, by their keys.

    What is kept is a function of its key, so it never has to be thrown away because something changed.
    Finding it out takes longer than judging one transaction, so it is done when a second one comes: one
    who sends what is never alike pays for keys alone.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, T | None] = {}

    def get(self, key: Hashable | None) -> T | None:
        """What is known of a kind; None where nothing is, or where it is none."""
        return None if key is None else self._kept.get(key)

    def comes_again(self, key: Hashable | None) -> bool:
        """Whether a transaction of a kind was seen before; from now on it was."""
        if key is None:
            return False
        if key in self._kept:
            return True
        self._make_room()
        self._kept[key] = None
        return False

    def keep(self, key: Hashable, known: T) -> None:
        """Keeps what was found out."""
        self._make_room()
        self._kept[key] = known

    def _make_room(self) -> None:
        if len(self._kept) >= _KEPT:
            self._kept.clear()


class _Form(NamedTuple):
    """What was found out about transactions that are broadly alike.

    Attributes:
        shared: What checks come to.
        statements: What was stated of all this, which the key has by identity.
    """

    shared: Shared
    statements: tuple[object, ...]


class Forms(Generic[Judged]):
    """What checks come to in transactions that are broadly alike.

    Args:
        rules: By which they are judged.
        key_of: By what one is like others, but for what was stated; None: it is like no other.
        outline_of: What those with the same key share.
    """

    def __init__(
        self,
        rules: Rules[Judged],
        key_of: Callable[[Judged], Hashable | None],
        outline_of: Callable[[Judged], Judged],
    ) -> None:
        self.kinds = Kinds[_Form]()
        self._rules, self._key_of, self._outline_of = rules, key_of, outline_of

    def shared(self, case: Judged, asked: Known) -> Shared | None:
        """What checks come to in all that are broadly like one; None where it is the first of them.

        Args:
            case: What is judged, in full.
            asked: What its regime may ask for.
        """
        form = self._key_of(case)
        if form is None:
            return None
        marks, statements = asked.said()
        key = form, marks
        known = self.kinds.get(key)
        if known is None:
            if not self.kinds.comes_again(key):
                return None
            shared = self._rules.shared(self._outline_of(case), case.now.date())
            known = _Form(shared, statements)
            self.kinds.keep(key, known)
        return known.shared
