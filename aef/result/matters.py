# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Findings put together as a person deals with them: a report to ask for, a row, a kind of fault.

What waits for one missing thing is one matter, whichever checks wait. What is wrong with one row, such
as a transfer, is one matter, whichever checks say so. A fault that many rows have is one matter too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from aef.checks.filed import Filed
from aef.checks.judging import Finding, worst
from aef.checks.pairing import quantity_of
from aef.checks.states import State
from aef.checks.wording import cell, day, number
from aef.model import (
    ActionRow,
    AuthorizationRow,
    EntityRow,
    HoldingRow,
    Place,
    UnitRow,
)
from aef.result.places import places

_Row = AuthorizationRow | UnitRow | EntityRow
MANY: Final = 5
"""Rows with one fault from which on the fault is the matter, and no longer the row."""


NAMED: Final = 5
"""Places that are named of those that wait for one missing thing."""


class About(Enum):
    """What makes findings one matter."""

    MISSING = "something that is missing"
    ROW = "a row"
    KIND = "a kind of fault"


@dataclass(frozen=True, slots=True)
class Matter:
    """Findings that one Party deals with at one go.

    Attributes:
        title: What it is about.
        findings: At least one, in the order of the checks.
    """

    title: str
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """The worst of its findings."""
        return worst(each.note.state for each in self.findings)

    @property
    def checks(self) -> list[str]:
        """Ids of the checks that found it."""
        return list(dict.fromkeys(each.check.id for each in self.findings))

    def parts(self) -> list[Part]:
        """What is told of it, each remedy once."""
        if self.findings[0].note.missing:
            return [Part(f"Needed by {', '.join(self.checks)}", self.findings)]
        found: dict[Hashable, list[Finding]] = defaultdict(list)
        for each in self.findings:
            found[each.check.id, each.remedy].append(each)
        return [
            Part(f"{each[0].check.id}: {each[0].check.title}", tuple(each))
            for each in found.values()
        ]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was found: what, where, and what it contradicts.

    Attributes:
        found: What was found; empty where it is only missing.
        at: Where, such as "CHE 2024 version 1.0, Table 3 Actions, cell B9".
        against: The other sides.
        expected: What stands in its place; empty where something is missing.
    """

    found: str
    at: tuple[str, ...]
    against: tuple[str, ...] = ()
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Findings of a matter that have one remedy.

    Attributes:
        title: The check or checks.
        findings: At least one.
    """

    title: str
    findings: tuple[Finding, ...]

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.findings[0].remedy

    def cases(self) -> list[Case]:
        """What was found and where; what each of them expects alike, only the last one says."""
        if self.findings[0].note.missing:
            return [_waiting(self.findings)]
        made = list(dict.fromkeys(map(_case, self.findings)))
        if len({each.expected for each in made}) == 1:
            made[:-1] = [replace(each, expected="") for each in made[:-1]]
        return made

    def shown(self, most: int) -> tuple[list[Case], int]:
        """The first cases and how many there are besides; of these the last one tells for all."""
        made = self.cases()
        if len(made) <= most:
            return made, 0
        first = made[:most]
        if not first[-1].expected:
            first[-1] = replace(first[-1], expected=made[-1].expected)
        return first, len(made) - most


def _case(finding: Finding) -> Case:
    note = finding.note
    at = list(places([note.here, *finding.also]))
    if (left := finding.rows - 1 - len(finding.also)) > 0:
        at.append(f"and {number(left)} more rows")
    return Case(note.found, tuple(at), places(note.there), note.expected)


def _waiting(findings: Sequence[Finding]) -> Case:
    """What waits for one missing thing."""
    notes = [each.note for each in findings]
    found = list(dict.fromkeys(each.found for each in notes if each.found != each.here.text))
    at = places(reference for each in findings for reference in (each.note.here, *each.also))
    rows = sum(each.rows for each in findings)
    more = f"; and {number(len(found) - NAMED)} more" if len(found) > NAMED else ""
    return Case(
        "; ".join(found[:NAMED]) + more,
        at[:NAMED] + ((f"together {number(rows)} places",) if len(at) > NAMED else ()),
        places(reference for each in notes for reference in each.there)[:NAMED],
    )


def matters_of(findings: Iterable[Finding]) -> list[Matter]:
    """The matters among the findings for one Party, what is inconsistent first."""
    listed = list(findings)
    rows: dict[Hashable, int] = defaultdict(int)
    for each in listed:
        rows[_kind(each)] += each.rows
    found: dict[tuple[About, Hashable], list[Finding]] = defaultdict(list)
    for each in listed:
        found[_matter(each, rows)].append(each)
    titles = _Titles()
    made = [
        Matter(titles.of(key[0], together[0]), tuple(together)) for key, together in found.items()
    ]
    return sorted(made, key=lambda each: each.state is not State.INCONSISTENT)


def _kind(finding: Finding) -> tuple[Hashable, ...]:
    note = finding.note
    return (finding.check.id, note.state, note.about, note.expected, note.missing, finding.remedy)


def _matter(finding: Finding, rows: Mapping[Hashable, int]) -> tuple[About, Hashable]:
    note = finding.note
    if note.missing:
        return About.MISSING, note.missing
    kind = _kind(finding)
    if rows[kind] > MANY or not note.here.place.row:
        return About.KIND, kind
    return About.ROW, (note.here.filed, note.here.place.sheet, note.here.place.row)


class _Titles:
    """Makes titles; finds rows by their places, once for each submission."""

    def __init__(self) -> None:
        self._rows: dict[Filed, dict[tuple[str, int], _Row]] = {}

    def of(self, about: About, first: Finding) -> str:
        """What findings that belong together are about."""
        note = first.note
        if about is About.MISSING:
            return f"{note.missing[:1].upper()}{note.missing[1:]} is missing"
        if about is About.ROW:
            return self._row(note.here.filed, note.here.place)
        return first.check.title

    def _row(self, filed: Filed, place: Place) -> str:
        if filed not in self._rows:
            said = filed.submission
            rows: list[_Row] = [
                *said.authorizations,
                *said.entities,
                *said.holdings,
                *said.actions,
            ]
            self._rows[filed] = {(row.place.sheet, row.place.row): row for row in rows}
        row = self._rows[filed].get((place.sheet, place.row))
        where = f"{filed.name}, {place.sheet}, row {place.row}"
        return where if row is None else f"{_described(row)} ({where})"


def _described(row: _Row) -> str:
    if isinstance(row, AuthorizationRow):
        return f"Authorization {cell(row.authorization_id)}"
    if isinstance(row, EntityRow):
        return f"Entity {cell(row.name)}"
    units = f"{number(quantity_of(row))} units of {cell(row.cooperative_approach)}"
    vintage = f", vintage {row.vintage}" if row.vintage else ""
    if isinstance(row, HoldingRow):
        return f"Holding of {units}{vintage}"
    if not isinstance(row, ActionRow):
        return f"{units}{vintage}"
    when = f" on {day(row.date)}" if row.date else ""
    party = row.acquiring_party or row.transferring_party
    other = f" {'to' if row.acquiring_party else 'from'} {party}" if party else ""
    return f"{row.type or 'Action'} of {units}{vintage}{other}{when}"
