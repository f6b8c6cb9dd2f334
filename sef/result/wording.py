# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A comparison in words, alike on a page and on a terminal."""

from __future__ import annotations

from itmo.forms import number
from sef.checks.comparison import Comparison, State


def difference(comparison: Comparison) -> str:
    """What the submission says, and what it should say."""
    if comparison.state is State.REMARK:
        return comparison.missing
    gap = comparison.found - comparison.expected
    more = "more" if gap > 0 else "less"
    return (
        f"{number(comparison.found)} instead of {number(comparison.expected)}:"
        f" {number(abs(gap))} {more}"
    )


def cells(comparison: Comparison) -> list[str]:
    """The cells that were added up and that hold a quantity, each with its place and sign."""
    return [
        f"{'+' if each.sign > 0 else '-'} {each.place}: {number(each.cell.quantity)}"
        for each in comparison.cells
        if each.cell.quantity
    ]


def plural(count: int, word: str) -> str:
    """A number with its noun."""
    return f"{number(count)} {word}{'' if count == 1 else 's'}"
