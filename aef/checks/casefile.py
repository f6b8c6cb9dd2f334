# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The submissions that are checked against each other, indexed so that no check is slow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Final

from aef.checks.cooperative_approaches import APPROACHES, Approach
from aef.checks.earlier_layout import COLUMN, as_today
from aef.checks.filed import UNKNOWN_PARTY, Filed
from aef.checks.series import OverlapIndex, series_of
from aef.checks.states import Reference
from aef.checks.summaries import StructuredSummary, SummaryKey
from aef.model import ActionRow, ActionType, HoldingRow
from itmo.vintage import FIRST_VINTAGE

MOST_OVERLAPS: Final = 64
"""Rows looked at beside one row. More rows on one unit are a fault that the first ones show; without
a limit, a file of equal rows would take time in proportion to their square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known besides the submissions.

    Attributes:
        approaches: Cooperative approaches by id of six digits.
        first_reports: Parties and years before which the Party had nothing to report.
        summaries: Structured summaries by Party, year and metric.
        periods: NDC implementation periods of Parties, first and last year, besides those that
            submissions name.
        due_on: The date on which deadlines are judged; None where it does not matter.
    """

    approaches: Mapping[str, Approach] = field(default_factory=lambda: APPROACHES)
    first_reports: frozenset[tuple[str, int]] = frozenset()
    summaries: Mapping[SummaryKey, StructuredSummary] = field(default_factory=dict)
    periods: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    due_on: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A row of table 3 or 4 of a current submission, with the series of its units.

    Attributes:
        on: Date of an action; of a holding, the last day of the year.
        number: Place in its submission; rows of a ledger have no other.
    """

    filed: Filed
    row: ActionRow | HoldingRow
    series: str
    on: date | None
    number: int

    @property
    def first(self) -> int:
        """First serial number; only where there is a series."""
        return self.row.span.first if self.row.span else 0

    @property
    def last(self) -> int:
        """Last serial number; only where there is a series."""
        return self.row.span.last if self.row.span else -1

    def reference(self, text: str = "", field: str = "") -> Reference:
        """Where the row stands, or a field of it."""
        table = "actions" if isinstance(self.row, ActionRow) else "holdings"
        return Reference(self.filed, self.filed.cell(table, field, self.row.place), text)


def reporter_of(filed: Filed) -> str:
    """Whose name is missing where a submission names no Party, for people."""
    return f"the Party that reports in {filed.submission.source}"


class CaseFile:
    """Submissions by Party, year and version; units by series and serial number.

    A submission of the same Party and years with a higher version takes the place of a lower one
    (the secretariat's submission state chart); of equal versions, the one given last.
    """

    def __init__(self, filed: Iterable[Filed], context: Context | None = None) -> None:
        self.filed = tuple(filed)
        self.context = context or Context()
        self.superseded: dict[Filed, Filed] = {}
        self.reports_missing: dict[str, tuple[str, int | None]] = {}
        """Party and year of each report that a check did not have, by the words for it."""
        self._claimed_away: dict[str, str] = {}
        self._gaps: dict[Filed, str] = {}
        newest: dict[tuple[str, object], Filed] = {}
        for each in sorted(self.filed, key=lambda one: (one.version or (0, 0), one.number)):
            key = (each.party, each.years or each.number)
            if key in newest:
                self.superseded[newest[key]] = each
            newest[key] = each
        for old, new in self.superseded.items():
            self.superseded[old] = self._newest(new)
        self.current = tuple(
            sorted(
                newest.values(), key=lambda each: (each.party, each.years or (0, 0), each.number)
            )
        )

    def _newest(self, filed: Filed) -> Filed:
        while filed in self.superseded:
            filed = self.superseded[filed]
        return filed

    # -- whose, and when ----------------------------------------------------------------------------

    @cached_property
    def by_party(self) -> dict[str, list[Filed]]:
        """Current submissions of every Party, by year."""
        found: dict[str, list[Filed]] = defaultdict(list)
        for each in self.current:
            found[each.party].append(each)
        return dict(found)

    def covering(self, party: str, year: int) -> Filed | None:
        """The current submission in which a Party reports on a year."""
        return next((one for one in self.by_party.get(party, ()) if one.covers(year)), None)

    def previous(self, filed: Filed) -> Filed | None:
        """The Party's submission for the year before."""
        return None if filed.years is None else self.covering(filed.party, filed.years[0] - 1)

    def begins(self, filed: Filed) -> bool:
        """True when nothing can have been reported before: outcomes count from 2021 on."""
        return filed.years is not None and self.silent(filed.party, filed.years[0] - 1)

    def silent(self, party: str, year: int) -> bool:
        """True when a Party is known to have had nothing to report on a year."""
        return year < self._first_years.get(party, FIRST_VINTAGE)

    @cached_property
    def _first_years(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for party, year in self.context.first_reports:
            found[party] = min(year, found.get(party, year))
        return found

    def gap_before(self, filed: Filed) -> str:
        """The earlier report that is missing, such as "the AEF of THA for 2022"; empty if none."""
        if filed not in self._gaps:
            self._gaps[filed] = self._gap_before(filed)
        return self._gaps[filed]

    def _gap_before(self, filed: Filed) -> str:
        if filed.party == UNKNOWN_PARTY:
            return reporter_of(filed)
        if filed.years is None:
            return f"the reported year of {filed.name}"
        each = filed
        while not self.begins(each):
            before = self.previous(each)
            if before is None or before.years is None or each.years is None:
                return self._report(filed.party, (each.years or filed.years)[0] - 1)
            each = before
        return ""

    def _report(self, party: str, year: int | None) -> str:
        whose = party or "a Party not named"
        words = f"an AEF of {whose}" if year is None else f"the AEF of {whose} for {year}"
        self.reports_missing[words] = (party, year)
        return words

    def absent(self, party: str, year: int | None) -> str:
        """The report of a Party on a year, where it was not given; empty where it was."""
        if year is None:
            return "" if party in self.by_party else self._report(party, None)
        if self.covering(party, year):
            return ""
        words = self._report(party, year)
        if party not in self._first_years or not self.silent(party, year):
            return words
        # Rows of others name the Party for a year on which it is said to have nothing to report.
        claimed = f"{words} (its first year is stated to be {self._first_years[party]})"
        self._claimed_away[claimed] = party
        return claimed

    def gap_until(self, party: str, year: int | None) -> str:
        """The report that is missing from a Party's reports up to a year; empty if none."""
        if year is None:
            return self.absent(party, year) or f"a date that says which AEF of {party} is meant"
        last = self.covering(party, year)
        return self.absent(party, year) if last is None else self.gap_before(last)

    def is_report(self, missing: str) -> bool:
        """True where what is missing is an AEF."""
        return missing in self._claimed_away or missing in self.reports_missing

    def owner_of(self, missing: str) -> str:
        """The Party whose report is missing; empty where it is something else that is."""
        return self._claimed_away.get(missing) or self.reports_missing.get(missing, ("", None))[0]

    def remedy_for(self, missing: str) -> str:
        """What to do about what a check did not have."""
        if (claimed := self._claimed_away.get(missing)) is not None:
            return (
                f"Ask {claimed} whether it had something to report: the row named says so, the first"
                " year stated (--first) does not. Give its AEF, or have the row corrected."
            )
        if missing not in self.reports_missing:
            return f"State {missing}."
        party, year = self.reports_missing[missing]
        given = [each.years[0] for each in self.by_party.get(party, ()) if each.years]
        if year is None or min(given, default=None) != year + 1:
            return f"Give or ask for {missing}."
        return (
            f"Give or ask for {missing}; if {party} had nothing to report before {year + 1}, check"
            f" again with --first {party}:{year + 1}."
        )

    # -- units --------------------------------------------------------------------------------------

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every action and holding of every current submission."""
        return tuple(self._entries())

    def _entries(self) -> Iterator[Entry]:
        for filed in self.current:
            if filed.party == UNKNOWN_PARTY:
                # Whoever is not known is nobody's other side.
                continue
            listed = filed.submission.authorizations
            for number, written in enumerate(filed.submission.actions):
                action = as_today(written, listed) if COLUMN in written.written else written
                yield Entry(filed, action, series_of(action), action.date, number)
            at_end = date(filed.years[1], 12, 31) if filed.years else None
            for number, holding in enumerate(filed.submission.holdings):
                yield Entry(filed, holding, series_of(holding), at_end, number)

    @cached_property
    def actions(self) -> tuple[tuple[Entry, ActionRow], ...]:
        """Every action with its row."""
        return tuple((each, each.row) for each in self.entries if isinstance(each.row, ActionRow))

    @cached_property
    def of_filed(self) -> dict[Filed, list[tuple[Entry, ActionRow]]]:
        """The actions of each submission, in the order of the table."""
        found: dict[Filed, list[tuple[Entry, ActionRow]]] = {each: [] for each in self.current}
        for entry, row in self.actions:
            found[entry.filed].append((entry, row))
        return found

    @cached_property
    def held_at_end(self) -> dict[Filed, list[Entry]]:
        """The holdings of each submission, in the order of the table."""
        found: dict[Filed, list[Entry]] = {each: [] for each in self.current}
        for each in self.entries:
            if not isinstance(each.row, ActionRow):
                found[each.filed].append(each)
        return found

    @cached_property
    def by_series(self) -> dict[str, list[Entry]]:
        """Rows of each series of units."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for each in self.entries:
            if each.series:
                found[each.series].append(each)
        return dict(found)

    @cached_property
    def _all_units(self) -> dict[str, OverlapIndex[Entry]]:
        return {
            series: OverlapIndex((each.first, each.last, each) for each in rows)
            for series, rows in self.by_series.items()
        }

    @cached_property
    def _units_by_type(self) -> dict[tuple[str, ActionType | None], OverlapIndex[Entry]]:
        found: dict[tuple[str, ActionType | None], list[Entry]] = defaultdict(list)
        for each, row in self.actions:
            if each.series:
                found[each.series, row.type].append(each)
        return {
            key: OverlapIndex((each.first, each.last, each) for each in rows)
            for key, rows in found.items()
        }

    def beside(self, entry: Entry) -> list[Entry]:
        """Other rows on the same units, over all submissions; at most MOST_OVERLAPS."""
        index = self._all_units.get(entry.series)
        if index is None:
            return []
        found = islice(index.overlapping(entry.first, entry.last), MOST_OVERLAPS + 1)
        return [each for each in found if each is not entry]

    def acting_on(self, entry: Entry, *types: ActionType) -> list[tuple[Entry, ActionRow]]:
        """Other actions of some types on the same units; at most MOST_OVERLAPS of each type."""
        found: list[tuple[Entry, ActionRow]] = []
        for each_type in types:
            index = self._units_by_type.get((entry.series, each_type))
            if index is None:
                continue
            near = islice(index.overlapping(entry.first, entry.last), MOST_OVERLAPS + 1)
            found += [
                (each, each.row)
                for each in near
                if each is not entry and isinstance(each.row, ActionRow)
            ]
        return found
