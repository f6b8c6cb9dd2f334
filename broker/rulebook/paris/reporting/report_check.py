# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The shape of a check of reports and holdings, and of what it finds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from aef.checks.casefile import CaseFile
from aef.checks.inquiry import Inquiry
from aef.checks.states import ConsistencyCheck, Note, Reference, State
from broker.rulebook.check import Outcome, Severity
from broker.rulebook.paris.reporting.snapshots import Snapshot


class ReportCategory(StrEnum):
    """Groups of the catalogue that are judged on reports."""

    RECONCILIATION = "reconciliation"
    REPORTING = "reporting"


class Status(StrEnum):
    """Where a finding stands (decided in the domain's catalogue, section 8).

    OPEN: nobody has answered. ANSWERED: the owner Party has said what it will do. CLOSED: what was
    found is found no more.
    """

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What these checks are judged on.

    Attributes:
        inquiry: The submissions.
        snapshots: Holdings that registries stated, beside those that the clearing-house booked.
        today: The date on which deadlines are judged.
    """

    inquiry: Inquiry
    today: date
    snapshots: tuple[Snapshot, ...] = ()

    @property
    def file(self) -> CaseFile:
        """The submissions by Party, year and version."""
        return self.inquiry.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a check found.

    Attributes:
        outcome: FAILED, or INCONCLUSIVE where something is missing.
        owner: The Party that is to act.
        where: The record it was found in, for people.
    """

    outcome: Outcome
    owner: str
    where: str
    found: str
    expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCheck:
    """A check of reports or holdings; `run` yields nothing where the rule holds.

    A finding never stops a transaction: it has an owner Party and is open until answered or closed.
    """

    id: str
    title: str
    category: ReportCategory
    citation: str
    severity: Severity
    effective: date
    remedy: str
    scope: str
    run: Callable[[ReportFacts], Iterator[Trouble]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFinding:
    """A finding that is followed up."""

    check: ReportCheck
    trouble: Trouble
    status: Status = Status.OPEN
    answer: str = ""
    key: str = field(default="")

    def __post_init__(self) -> None:
        if not self.key:
            parts = (self.check.id, self.trouble.owner, self.trouble.where, self.trouble.found)
            # Lengths keep the parts apart, whatever characters a text holds.
            said = "".join(f"{len(part)}:{part}," for part in parts)
            object.__setattr__(self, "key", hashlib.sha256(said.encode()).hexdigest()[:16])


def same_as(*checks: ConsistencyCheck) -> Callable[[ReportFacts], Iterator[Trouble]]:
    """A rule that consistency checks of the Article 6 database carry out."""

    def run(facts: ReportFacts) -> Iterator[Trouble]:
        for check in checks:
            for note in check.run(facts.inquiry):
                yield _trouble(check, note)

    return run


_OUTCOMES: Final[Mapping[State, Outcome]] = {
    State.INCONSISTENT: Outcome.FAILED,
    State.UNDETERMINED: Outcome.INCONCLUSIVE,
}


def _trouble(check: ConsistencyCheck, note: Note) -> Trouble:
    missing = f"; missing: {note.missing}" if note.missing else ""
    return Trouble(
        outcome=_OUTCOMES[note.state],
        owner=note.owner,
        where=place_of(note.here),
        found=f"{check.id}: {note.found}{missing}",
        expected=note.expected,
    )


def place_of(reference: Reference) -> str:
    """A submission and the row in it."""
    place = reference.place
    return reference.filed.name + (f", {place}" if place.sheet else "")
