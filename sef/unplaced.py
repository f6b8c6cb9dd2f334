# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What cannot be written: a layout has no place for it, or it cannot be read."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 3


class Unplaced(Exception):  # noqa: N818 - it says what some cells are
    """A layout has no place for what a submission says, or what it says cannot be read.

    Attributes:
        cells: Those cells in words.
    """

    def __init__(self, layout: str, cells: tuple[str, ...]) -> None:
        self.cells = cells
        more = f"; and {len(cells) - _SHOWN} more" if cells[_SHOWN:] else ""
        super().__init__(f"Layout {layout} cannot show: {'; '.join(cells[:_SHOWN])}{more}.")
