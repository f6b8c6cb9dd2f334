# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Collects the syntax findings of one file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aef.model import Place, SyntaxFinding
from aef.syntax_codes import CATALOGUE, Code
from workbooks.cell_texts import cleaned
from workbooks.raw import Raw

MAX_FINDINGS: Final = 200_000
"""A file that is wrong throughout must not fill the memory; nobody reads further than this."""
MAX_SHOWN: Final = 200
"""Characters of what was found that a finding repeats."""


class Notes:
    """Findings in the order in which the file was read."""

    def __init__(self) -> None:
        self._findings: list[SyntaxFinding] = []
        self._doubtful: dict[tuple[str, str], list[SyntaxFinding]] = defaultdict(list)
        self._month_first: set[tuple[str, str]] = set()
        self._cut = False

    def add(
        self,
        code: Code,
        place: Place,
        column: str,
        found: Raw,
        *,
        read_as: str = "",
        fatal: bool = False,
        expected: str = "",
    ) -> None:
        """Notes one departure.

        Args:
            code: What it is.
            place: The cell at fault.
            column: Title of its column.
            found: What stands there.
            read_as: What was made of it, where anything was.
            fatal: Nothing was.
            expected: Where more can be said than the catalogue does.
        """
        finding = _finding(code, place, column, found, read_as, fatal=fatal)
        if expected:
            finding = replace(finding, expected=expected)
        if code is Code.DATE_MONTH_FIRST:
            self._month_first.add((place.sheet, column))
        self._keep(finding)

    def doubt(self, place: Place, column: str, found: Raw) -> None:
        """Remembers a date whose day and month could be exchanged."""
        finding = _finding(Code.DATE_AMBIGUOUS, place, column, found, "", fatal=True)
        if len(self._doubtful[place.sheet, column]) < MAX_FINDINGS:
            self._doubtful[place.sheet, column].append(finding)

    def ambiguous(self) -> Mapping[tuple[str, int, str], str]:
        """Returns the dates that count as not read, by sheet, row and column; asked for at the end."""
        return {
            (sheet, finding.place.row, column): finding.found
            for sheet, column in self._month_first
            for finding in self._doubtful.get((sheet, column), ())
        }

    def finished(self) -> tuple[SyntaxFinding, ...]:
        """Returns all findings; doubtful dates count where their column has others month first."""
        for key in self._month_first:
            for finding in self._doubtful[key]:
                self._keep(finding)
        self._doubtful.clear()
        return tuple(self._findings)

    def _keep(self, finding: SyntaxFinding) -> None:
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(finding)
        elif not self._cut:
            self._cut = True
            entry = CATALOGUE[Code.FINDINGS_CUT]
            self._findings.append(
                replace(
                    finding,
                    code=Code.FINDINGS_CUT,
                    found=f"more than {MAX_FINDINGS}",
                    expected=entry.expected,
                    read_as="",
                    fatal=False,
                )
            )


def _finding(
    code: Code, place: Place, column: str, found: Raw, read_as: str, *, fatal: bool
) -> SyntaxFinding:
    return SyntaxFinding(
        code=code,
        place=place,
        column=column,
        found=shown_raw(found),
        expected=CATALOGUE[code].expected,
        read_as="" if fatal else shown_raw(read_as),
        fatal=fatal,
    )


def shown_raw(raw: Raw) -> str:
    """Returns a raw value as text for people, harmless and short."""
    if raw is None:
        return ""
    text = ", ".join(raw) if isinstance(raw, list) else str(raw)
    text = cleaned(text)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
