# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Findings on the format put together: one kind of fault is told once, with all its cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from aef.model import Place, SyntaxFinding
from aef.syntax_codes import ADVICE, CATALOGUE, Code
from itmo.forms import number as grouped

SHOWN: Final = 3
"""Different values that are told of a kind; the others are counted."""
NAMED: Final = 12
"""Ranges of cells that are named of a column; the cells of the others are counted."""
COLUMNS_NAMED: Final = 6
"""Columns of a sheet that are named of a kind; the others are counted."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Findings of one file that have one code and ask for one thing.

    Attributes:
        findings: At least one, in the order of the file.
    """

    findings: tuple[SyntaxFinding, ...]

    @property
    def code(self) -> str:
        """The code of all of them."""
        return self.findings[0].code

    @property
    def expected(self) -> str:
        """What stands in place of what was found."""
        return self.findings[0].expected

    @property
    def meaning(self) -> str:
        """What was met, and what the reader makes of it."""
        return CATALOGUE[Code(self.code)].meaning

    @property
    def remedy(self) -> str:
        """What to do."""
        return CATALOGUE[Code(self.code)].remedy

    @property
    def count(self) -> str:
        """How many cells, rows or sheets have it, and whether it is advice only."""
        number, place = len(self.findings), self.findings[0].place
        word = "cell" if place.column else "row" if place.row else "sheet"
        count = f"{grouped(number)} {word}{'' if number == 1 else 's'}"
        return f"{count} (advice)" if self.code in ADVICE else count

    def said(self) -> list[str]:
        """What was found and what it was read as: the first different values."""
        told = dict.fromkeys(map(found_and_read, self.findings))
        more = len(told) - SHOWN
        return [*islice(told, SHOWN), *([f"and {more} more"] if more > 0 else [])]

    def where(self) -> list[str]:
        """Sheets, columns and cells, such as "Table 3 Actions: First ID I9:I12"."""
        sheets: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
        for each in self.findings:
            sheets[each.place.sheet][each.column].append(each.place)
        return [_on_sheet(sheet, columns) for sheet, columns in sheets.items()]


def kinds_of(findings: Iterable[SyntaxFinding]) -> list[Kind]:
    """The kinds among the findings on a file, in the order in which each was first met."""
    found: dict[tuple[str, str], list[SyntaxFinding]] = defaultdict(list)
    for each in findings:
        found[each.code, each.expected].append(each)
    return [Kind(tuple(each)) for each in found.values()]


def found_and_read(finding: SyntaxFinding) -> str:
    """What was found, and what became of it; an empty cell is said to be empty."""
    if not finding.found:
        return "nothing: the cell is empty" if finding.place.column else "nothing"
    shown = f'"{finding.found}"'
    if finding.fatal or not finding.read_as:
        return f"{shown}, not read" if finding.fatal else shown
    if finding.read_as == finding.found:
        return f"{shown}, kept as it is"
    return f"{shown}, read as {finding.read_as}"


def _on_sheet(sheet: str, columns: dict[str, list[Place]]) -> str:
    parts = [
        " ".join(filter(None, (title, ", ".join(_ranges(places)))))
        for title, places in columns.items()
    ]
    named = "; ".join(filter(None, parts[:COLUMNS_NAMED]))
    left = len(parts) - COLUMNS_NAMED
    more = f"; and {left} more columns" if left > 0 else ""
    return f"{sheet}: {named}{more}" if named else sheet


def _ranges(places: Sequence[Place]) -> list[str]:
    """Cells that follow each other in a column as ranges; those of JSON by their rows."""
    runs: list[tuple[Place, Place]] = []
    for each in places:
        if runs and each.column == runs[-1][1].column and each.row == runs[-1][1].row + 1:
            runs[-1] = (runs[-1][0], each)
        elif each.row:
            runs.append((each, each))
    named = [_range(first, last) for first, last in runs[:NAMED]]
    left = sum(last.row - first.row + 1 for first, last in runs[NAMED:])
    return [*named, *([f"and {left} more"] if left else [])]


def _range(first: Place, last: Place) -> str:
    if not first.column or first.column.islower():
        word = "row" if first.row == last.row else "rows"
        return f"{word} {first.row}" + (f" to {last.row}" if last.row > first.row else "")
    cell = f"{first.column}{first.row}"
    return cell if first.row == last.row else f"{cell}:{last.column}{last.row}"
