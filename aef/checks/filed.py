# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A submission on file: whose, for which years, in which version."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from aef.model import NOWHERE, Place, Submission, SyntaxFinding

_VERSION: Final = re.compile(r"([1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", re.ASCII)
_YEARS: Final = re.compile(r"\s*([0-9]{4})\s*(?:-|to|/)\s*([0-9]{4})\s*", re.ASCII)
_NO_YEAR: Final = "no year"
UNKNOWN_PARTY: Final = "?"
"""Stands for the Party of a submission that names none."""


def version_of(text: str) -> tuple[int, int] | None:
    """A version X.Y from 1.0 (common nomenclatures item 2); None where it is none."""
    found = _VERSION.fullmatch(text.strip())
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filed:
    """A submission with its place among those that are checked; compared by identity.

    Attributes:
        number: Place in the order in which the submissions were given, from 0.
        years: First and last year reported on; they differ where the text names several years.
    """

    number: int
    submission: Submission
    party: str
    years: tuple[int, int] | None
    version: tuple[int, int] | None
    syntax: tuple[SyntaxFinding, ...] = ()

    @property
    def year_text(self) -> str:
        """The reported year or years, for people."""
        if self.years is None:
            return self.submission.heading.written.get("reported_year") or _NO_YEAR
        first, last = self.years
        return str(first) if first == last else f"{first}-{last}"

    @property
    def name(self) -> str:
        """What people call it, such as "THA 2024 version 1.0"; the file where it names no Party."""
        version = self.submission.heading.version
        whose = self.submission.source if self.party == UNKNOWN_PARTY else self.party
        year = self.year_text if self.years else ""
        return " ".join(filter(None, (whose, year, f"version {version}" if version else "")))

    def cell(self, table: str, field: str, row: Place = NOWHERE) -> Place:
        """The cell of a field in a row, or of the heading; the row where it is not known."""
        column = self.submission.columns.get((table, row.sheet), {}).get(field)
        if column is None or column.row:
            return column or row
        return replace(row, column=column.column) if row.row else row

    def covers(self, year: int) -> bool:
        """True when it reports on the year."""
        return self.years is not None and self.years[0] <= year <= self.years[1]


def file_submission(
    number: int, submission: Submission, syntax: tuple[SyntaxFinding, ...] = ()
) -> Filed:
    """Puts a submission on file."""
    heading = submission.heading
    years: tuple[int, int] | None = None
    if heading.reported_year is not None:
        years = (heading.reported_year, heading.reported_year)
    if (found := _YEARS.fullmatch(heading.written.get("reported_year", ""))) and found[1] <= found[
        2
    ]:
        years = (int(found[1]), int(found[2]))
    return Filed(
        number=number,
        submission=submission,
        party=heading.party or UNKNOWN_PARTY,
        years=years,
        version=version_of(heading.version),
        syntax=syntax,
    )
