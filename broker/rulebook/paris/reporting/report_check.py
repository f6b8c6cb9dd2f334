# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The shape of a check of reports and holdings, and of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from aef.checks.casefile import CaseFile
from aef.checks.inquiry import Inquiry
from broker.rulebook.check import Outcome, Phase, Rule


class ReportCategory(StrEnum):
    """Groups of the catalogue that are judged on reports."""

    RECONCILIATION = "reconciliation"
    REPORTING = "reporting"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What these checks are judged on.

    Attributes:
        inquiry: The submissions.
        today: The date on which deadlines are judged.
    """

    inquiry: Inquiry
    today: date

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
class ReportCheck(Rule):
    """A check of what was filed; `run` yields nothing where the rule holds.

    A finding never stops a transaction: it has an owner Party.
    """

    phase: Phase = Phase.REPORT
    run: Callable[[ReportFacts], Iterator[Trouble]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFinding:
    """What a check found."""

    check: ReportCheck
    trouble: Trouble
