# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A mapping whose keys are known: missing, unknown and misspelt ones are faults."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeVar

from itmo.reasons import shown
from scenarios.values import Value

T = TypeVar("T")


class Fields:
    """The keys of a mapping, read one by one."""

    def __init__(self, value: Value, *, required: str = "", optional: str = "") -> None:
        """Notes what is missing and what is unknown; names are given with spaces between."""
        self.value = value
        known = required.split() + optional.split()
        self._values: dict[str, Value] = {}
        entries = value.entries()
        for key, entry in entries:
            name = str(key.node.value)
            if name in known:
                self._values[name] = entry
            else:
                key.fault(unknown_key(name, known))
        if not value.is_mapping():
            return
        for name in required.split():
            if name not in self._values:
                value.fault(f"the key {name} is missing")

    def __contains__(self, name: str) -> bool:
        """True when the key is written."""
        return name in self._values

    def value_of(self, name: str) -> Value | None:
        """The value as written, or None."""
        return self._values.get(name)

    def at(self, name: str) -> Value:
        """The value to note a fault at: the key's own, or the mapping where it is not written."""
        return self._values.get(name, self.value)

    def need(self, name: str, read: Callable[[Value], T], otherwise: T) -> T:
        """Reads a required key; where it is missing, which is a fault already, a stand-in."""
        value = self._values.get(name)
        return otherwise if value is None else read(value)

    def maybe(self, name: str, read: Callable[[Value], T]) -> T | None:
        """Reads a key that may be left out."""
        value = self._values.get(name)
        return None if value is None else read(value)

    def default(self, name: str, read: Callable[[Value], T], default: T) -> T:
        """Reads a key that may be left out, for a default."""
        value = self._values.get(name)
        return default if value is None else read(value)


def unknown_key(name: str, known: list[str]) -> str:
    """Says that a key is unknown, and which one was probably meant."""
    close = difflib.get_close_matches(name[:40], known, 1)
    hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"
    return f"unknown key {shown(name, 40)}{hint}"
