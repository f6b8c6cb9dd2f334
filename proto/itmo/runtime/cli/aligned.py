# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables whose rows are a line each: `rich` takes two milliseconds to lay out a row, of twenty thousand most of a minute."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

BETWEEN: Final = "   "
_RULE: Final = "─"


def aligned(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()
) -> list[list[str]]:
    """Fills cells up to the widths of their columns.

    Args:
        headings: Of the columns.
        rows: Texts of one line each.
        right: Headings of columns that are aligned to the right.

    Returns:
        The headings, then the rows.
    """
    columns = []
    for heading, *cells in zip(headings, *rows, strict=True):
        texts = [heading, *cells]
        widths = list(map(width_of, texts))
        most = max(widths)
        blanks = [" " * (most - each) for each in widths]
        before = heading in right
        columns.append([
            blank + text if before else text + blank
            for text, blank in zip(texts, blanks, strict=True)
        ])  # fmt: skip
    return [list(each) for each in zip(*columns, strict=True)]


def rule_below(headings: Sequence[str]) -> str:
    """The line below headings that are filled up."""
    return _RULE * width_of(BETWEEN.join(headings))


def width_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
