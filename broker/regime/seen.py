# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of transactions that were judged: what is kept of one once it was seen twice."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

_KEPT: Final = 4_096
"""Kinds kept: a few kilobytes each; past it they are found out anew."""
T = TypeVar("T")


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
