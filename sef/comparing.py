# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Compares two submissions cell by cell, such as a registry's own with the log's summary of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from sef.model import Cell, CellKind, Header, Spot, Submission

_SAME: Final = ("registry", "reported_year", "period")
"""Fields of the header that must agree where both state them; who made it and when may differ."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell in which two submissions differ.

    Attributes:
        one: What stands in the first.
        other: What stands in the second.
    """

    spot: Spot
    one: Cell
    other: Cell


@dataclass(frozen=True, slots=True)
class HeaderDifference:
    """A line of the header in which they differ."""

    field: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison came to.

    Attributes:
        cells: How many cells were compared.
    """

    header: tuple[HeaderDifference, ...]
    differences: tuple[Difference, ...]
    cells: int

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.header and not self.differences


def compare(one: Submission, other: Submission) -> Compared:
    """Compares two submissions; NO, NA and empty are alike, as layouts shade different cells."""
    spots = dict.fromkeys([*one.cells, *other.cells])
    differences = tuple(
        Difference(spot, one.cell(spot), other.cell(spot))
        for spot in spots
        if _said(one.cell(spot)) != _said(other.cell(spot))
    )
    return Compared(tuple(_headers(one.header, other.header)), differences, len(spots))


def _said(cell: Cell) -> tuple[int, bool]:
    return cell.quantity, cell.kind is CellKind.UNREADABLE


def _headers(one: Header, other: Header) -> Iterator[HeaderDifference]:
    for field in fields(Header):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if field.name in _SAME and left and right and left != right:
            yield HeaderDifference(field.name.replace("_", " "), str(left), str(right))
