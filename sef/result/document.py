# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a check as one JSON value; its shape is documented in deploy/docs/sef.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from itmo.clock import to_text
from itmo.forms import Json
from sef.checks.casefile import Filed
from sef.checks.comparison import Comparison, Counted, State
from sef.checks.judging import ADVICE, Judgement
from sef.faults import CATALOGUE, Finding
from workbooks.files_seen import FileSeen

FORMAT: Final = "itmo-sef-check/1"
"""Raised when a field goes or changes its meaning; new fields do not raise it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was checked and what it came to.

    Attributes:
        made: When the checks were made.
        program: Name and version of the program.
        files: The files as they were when they were read.
    """

    judgement: Judgement
    made: datetime
    program: str
    files: tuple[FileSeen, ...] = ()

    @property
    def clean(self) -> bool:
        """True when every tie holds and every file that counts is written as the format demands."""
        return self.judgement.clean

    def state(self, filed: Filed) -> State:
        """The worst state of a submission: broken, open or even."""
        tally = self.judgement.tally(filed)
        return next((each for each in (State.BROKEN, State.OPEN) if tally[each]), State.EVEN)

    def not_compared(self) -> Iterator[str]:
        """Yields what ties were not made for want of a report."""
        file = self.judgement.file
        for filed in file.current.values():
            if file.before(filed) is None and filed.header.reported_year:
                year = filed.header.reported_year - 1
                yield f"{filed.name}: the report on {year} was not given, so nothing was compared with it"


def as_tree(result: Result) -> dict[str, Json]:
    """The whole result."""
    judgement = result.judgement
    return {
        "format": FORMAT,
        "clean": result.clean,
        "evidence": {
            "made": to_text(result.made),
            "program": result.program,
            "files": [
                {"name": each.name, "size": each.size, "sha256": each.digest}
                for each in result.files
            ],
        },
        "counts": {
            "submissions": len(judgement.file.filed),
            "current": len(judgement.file.current),
            "comparisons": len(judgement.comparisons),
            **{state.value.lower(): judgement.count(state) for state in State},
            "faults": judgement.faults,
        },
        "submissions": [_submission(result, each) for each in judgement.file.filed],
        "findings": [_finding(result, each) for each in judgement.found],
        "not_compared": list(result.not_compared()),
        "ties": [
            {
                "id": tie.id,
                "title": tie.title,
                "scope": tie.scope.value,
                "meaning": tie.meaning,
                "citation": tie.citation,
                "comparisons": sum(each.check == tie.id for each in judgement.comparisons),
            }
            for tie in judgement.ties
        ],
    }


def _submission(result: Result, filed: Filed) -> Json:
    header = filed.header
    newer = result.judgement.file.superseded.get(filed)
    tally = result.judgement.tally(filed)
    return {
        "number": filed.number,
        "source": filed.submission.source,
        "layout": filed.submission.layout,
        "party": header.party,
        "registry": header.registry,
        "reported_year": header.reported_year,
        "submission_year": header.submission_year,
        "period": header.period,
        "version": header.version,
        "superseded_by": newer.number if newer else None,
        "state": None if newer else result.state(filed).value,
        "comparisons": {state.value.lower(): tally[state] for state in State},
        "faults": [_fault(each) for each in filed.findings],
    }


def _fault(finding: Finding) -> Json:
    entry = CATALOGUE[finding.fault]
    return {
        "code": finding.fault.value,
        "sheet": finding.sheet,
        "address": finding.address,
        "what": finding.what,
        "found": finding.found,
        "expected": entry.expected,
        "remedy": entry.remedy,
        "advice": finding.fault in ADVICE,
    }


def _finding(result: Result, comparison: Comparison) -> Json:
    remedies = {tie.id: tie.remedy for tie in result.judgement.ties}
    return {
        "tie": comparison.check,
        "state": comparison.state.value,
        "submission": comparison.filed.number,
        "what": comparison.what,
        "found": str(comparison.found),
        "expected": str(comparison.expected),
        "missing": comparison.missing,
        "remedy": remedies[comparison.check],
        "cells": [_cell(each) for each in comparison.cells],
    }


def _cell(counted: Counted) -> Json:
    spot, cell = counted.spot, counted.cell
    return {
        "submission": counted.filed.number,
        "sheet": cell.sheet,
        "address": cell.address,
        "table": spot.table.value,
        "row": str(spot.row),
        "side": spot.side.value,
        "unit": spot.unit.value,
        "says": cell.text,
        "counts": counted.sign,
    }
