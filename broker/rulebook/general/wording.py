# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How findings name things: short, bounded, and safe to print whatever a proposer wrote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from itmo.reasons import named, shown
from itmo.serials import SerialRange

_LISTED: Final = 5
"""Names in one finding; an administrator looks the others up by the first ones."""


class Units(Protocol):
    """Units of one registry by their serial numbers."""

    @property
    def registry(self) -> str:
        """Originating registry."""

    @property
    def range(self) -> SerialRange:
        """Serial numbers."""


name: Final = named


def number(value: object) -> str:
    """A number in digits, or its size where it has hundreds of digits."""
    return shown(value)


def listed(items: Iterable[str]) -> str:
    """Names in alphabetical order, with commas; the ones past the fifth are counted."""
    ordered = sorted(items)
    more = f" and {len(ordered) - _LISTED} more" if len(ordered) > _LISTED else ""
    return (", ".join(ordered[:_LISTED]) or "none") + more


def names(items: Iterable[object]) -> str:
    """Identifiers as `name` writes them, as `listed` lists them."""
    return listed(name(item) for item in items)


def serials(registry: object, wanted: SerialRange) -> str:
    """Units by originating registry and serial numbers, such as THA01:1-1916."""
    return f"{name(registry)}:{wanted.first}-{wanted.last}"


def units(lot: Units) -> str:
    """Units, such as THA01:1-1916."""
    return serials(lot.registry, lot.range)
