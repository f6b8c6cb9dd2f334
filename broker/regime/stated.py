# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What regimes were told, as their signed messages say it, for one group of decisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from broker.regime.regime import Key, Needs, Said

Row = tuple[str, str, str, int, str]
"""Rulebook, kind and name, place in the log, message."""


class Stated:
    """What was read of the messages under each key, oldest first; decisions add to it in order."""

    __slots__ = ("_new", "_read", "_said", "_under")

    def __init__(
        self,
        read: Mapping[Key, tuple[object, ...]] | None = None,
        under: Mapping[Key, Iterable[Key]] | None = None,
    ) -> None:
        self._read = dict(read or {})
        self._under = {wider: set(keys) for wider, keys in (under or {}).items()}
        self._new: list[Row] = []
        self._said: dict[int, tuple[Needs, Said]] = {}

    def said(self, needs: Needs) -> Said:
        """All that was stated of what is needed."""
        kept = self._said.get(id(needs))
        if kept is None or kept[0] is not needs:
            kept = self._said[id(needs)] = needs, self._put_together(needs)
        return kept[1]

    def _put_together(self, needs: Needs) -> Said:
        marks: list[int | str] = []
        said: list[object] = []
        for key in sorted(needs.histories):
            history = self.history(key)
            marks += [len(history), *map(id, history)]
            said += history
        lasting = [(key.name, self.last(key)) for key in sorted(needs.stated)]
        lasting += [
            (key.name, last)
            for wider in sorted(needs.stated_under)
            for key, last in self.under(wider)
        ]
        for name, last in lasting:
            marks += [name, id(last)]
            said.append(last)
        return Said(tuple(marks), tuple(said))

    def history(self, key: Key) -> tuple[Any, ...]:
        """Everything that was loaded of a key, oldest first."""
        return self._read.get(key, ())

    def last(self, key: Key) -> Any:  # noqa: ANN401  # as the regime itself read it
        """What was stated last under a key; None where nothing was."""
        history = self._read.get(key)
        return history[-1] if history else None

    def under(self, key: Key) -> Iterator[tuple[Key, Any]]:
        """The last statement of each name that lies under a key, in the order of the names.

        Whatever else the group had loaded is not among them.
        """
        for each in sorted(self._under.get(key, ())):
            yield each, self.last(each)

    def state(self, key: Key, read: object, log_index: int, message_id: str) -> None:
        """Lets a message be the last that is stated under a key."""
        self._read[key] = (*self.history(key), read)
        self._said.clear()
        for wider, keys in self._under.items():
            if wider.covers(key):
                keys.add(key)
        self._new.append((key.rulebook, key.kind, key.name, log_index, message_id))

    def rows(self) -> list[Row]:
        """What decisions of the group stated, in order, as it is stored."""
        return self._new
