# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Lines and centring of the headings of each table, as in the official blank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from openpyxl.worksheet.cell_range import CellRange

from aef.layout import ACTIONS, AUTHORIZATIONS, ENTITIES, HOLDINGS, SUBMISSION

Line = Literal["thin", "medium", "thick"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell of the headings looks.

    Attributes:
        top: Style of the line above it; None where there is none.
        bottom: Same, below.
        over: The first and last column over which its text is centred; None where it is not.
    """

    top: Line | None = None
    bottom: Line | None = None
    over: tuple[int, int] | None = None


_STYLES: Final[Mapping[str, Line | None]] = {"-": None, "t": "thin", "m": "medium", "k": "thick"}
# Cells of one row | line above and line below: none, thin, medium or thick | a text centred over them.
_TABLE: Final = {
    SUBMISSION.key: """
        B3:C3 -k
        B12:C12 -k
        B13:C13 k-
    """,
    AUTHORIZATIONS.key: """
        B5:E5 tt over
        F5:F5 t-
        G5:U5 tt over
        B7:U7 -m
    """,
    ACTIONS.key: """
        B3:E3 -t
        B4:D4 tt over
        F4:T4 tt over
        U4:U4 tt
        V4:X4 t-
        Y4:AE4 tt over
        AF4:AH4 t-
        F5:G5 tt
        H5:N5 tt over
        P5:T5 -t over
        V5:W5 tt
        Y5:AE5 tt over
        L6:N6 tt over
        Y6:Z6 tt over
        AB6:AE6 tt over
        I7:J7 -t over
        M7:N7 tt over
        B8:AH8 -m
    """,
    HOLDINGS.key: """
        B3:T3 -m
        F4:K4 mt over
        M4:Q4 mt over
        S4:T4 mt over
        F5:G5 tt over
        I5:K5 tt over
        J6:K6 tt over
        B7:T7 -m
    """,
    ENTITIES.key: """
        C9:C9 t-
        D9:F9 tt over
        G9:J9 t-
        C10:J10 -m
    """,
}


def _read(text: str) -> Mapping[tuple[int, int], Look]:
    found: dict[tuple[int, int], Look] = {}
    for line in text.strip().splitlines():
        cells, lines, *centred = line.split()
        place = CellRange(cells)
        over = (place.min_col, place.max_col) if centred else None
        look = Look(_STYLES[lines[0]], _STYLES[lines[1]], over)
        found |= {
            (place.min_row, column): look for column in range(place.min_col, place.max_col + 1)
        }
    return MappingProxyType(found)


LOOKS: Final = MappingProxyType({key: _read(text) for key, text in _TABLE.items()})
"""By table, the cells of the headings that have a line or share a text, by row and column."""
