# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a regime was told, as its signed messages say it, for one group of decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broker.regime.regime import Key


class Stated:
    """What was read of the messages under each key, oldest first; decisions add to it in order."""

    __slots__ = ("_new", "_read", "_rulebook")

    def __init__(self, rulebook: str, read: Mapping[Key, tuple[object, ...]] | None = None) -> None:
        self._rulebook = rulebook
        self._read = dict(read or {})
        self._new: list[tuple[str, str, str, int, str]] = []

    def keys(self, kind: str) -> Iterator[Key]:
        """Keys of a kind, of what was loaded or stated since."""
        return (key for key in self._read if key.kind == kind)

    def history(self, key: Key) -> tuple[Any, ...]:
        """Everything that was loaded of a key, oldest first."""
        return self._read.get(key, ())

    def last(self, key: Key) -> Any:  # noqa: ANN401  # as the regime itself read it
        """What was stated last under a key; None where nothing was."""
        history = self._read.get(key)
        return history[-1] if history else None

    def under(self, key: Key) -> Iterator[tuple[Key, Any]]:
        """The last statement of each name that lies under a key, in the order of the names."""
        begin = f"{key.name}{Key.SEPARATOR}" if key.name else ""
        for each in sorted(self._read):
            if each.kind == key.kind and each.name.startswith(begin):
                yield each, self.last(each)

    def state(self, key: Key, read: object, log_index: int, message_id: str) -> None:
        """Lets a message be the last that is stated under a key."""
        self._read[key] = (*self.history(key), read)
        self._new.append((self._rulebook, key.kind, key.name, log_index, message_id))

    def rows(self) -> list[tuple[str, str, str, int, str]]:
        """What decisions of the group stated, in order, as it is stored."""
        return self._new
