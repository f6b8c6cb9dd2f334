# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of `sef check` as text for people: the summary first, then what does not tie."""

from __future__ import annotations

from typing import Final

from itmo.forms import moment
from itmo.runtime.cli.screen import Screen
from sef.checks.comparison import Comparison, State
from sef.checks.judging import ADVICE
from sef.faults import CATALOGUE, Finding
from sef.result.document import Result
from sef.result.marks import WORDS
from sef.result.wording import cells, difference, plural

SHOWN: Final = 40
"""Findings of one submission on a terminal; --html and --json have more."""
_COLOURS: Final = {State.BROKEN: "red", State.OPEN: "yellow", State.REMARK: ""}


def tell(screen: Screen, result: Result) -> None:
    """Prints the whole result."""
    _summary(screen, result)
    for filed in result.judgement.file.current.values():
        found = result.judgement.of(filed)
        if found:
            screen.heading(f"{filed.name}: what does not tie")
        for comparison in found[:SHOWN]:
            _comparison(screen, result, comparison)
        _more(screen, len(found))
    for filed in result.judgement.file.filed:
        if filed.findings:
            screen.heading(f"Format of {filed.submission.source}")
        for finding in filed.findings[:SHOWN]:
            _finding(screen, finding)
        _more(screen, len(filed.findings))
    for old, new in result.judgement.file.superseded.items():
        screen.heading(f"{old.name} gave way to version {new.header.version}")


def _more(screen: Screen, count: int) -> None:
    if count > SHOWN:
        screen.paragraph(f"and {count - SHOWN} more; see --json", 0, "dim")


def _summary(screen: Screen, result: Result) -> None:
    judgement = result.judgement
    rows = []
    for filed in judgement.file.filed:
        tally = judgement.tally(filed)
        gone = filed in judgement.file.superseded
        rows.append(
            (
                filed.whose,
                filed.header.reported_year or "",
                filed.header.period or "",
                filed.header.version,
                "superseded" if gone else WORDS[result.state(filed)],
                tally[State.EVEN],
                tally[State.BROKEN],
                tally[State.OPEN],
                len(filed.findings),
                filed.submission.layout,
                filed.submission.source,
            )
        )
    numbers = ("even", "broken", "open", "format")
    screen.table(
        ("Party", "year", "period", "version", "state", *numbers, "layout", "source"),
        rows,
        numbers=numbers,
    )
    screen.line()
    screen.line(
        f"Every tie holds: {plural(len(judgement.comparisons), 'comparison')}."
        if result.clean
        else f"Findings: {plural(judgement.count(State.BROKEN), 'broken tie')},"
        f" {judgement.count(State.OPEN)} open, {judgement.faults} on the format;"
        f" {plural(len(judgement.comparisons), 'comparison')}.",
        "bold",
    )
    if judgement.advice:
        screen.line(f"Advice on {plural(judgement.advice, 'file name')} stands below.")
    for each in result.not_compared():
        screen.paragraph(f"{each}.", 0, "dim")
    screen.line(f"Made {moment(result.made)} by {result.program}.", "dim")
    for seen in result.files:
        screen.line(f"SHA-256 {seen.digest}  {seen.name}", "dim")


def _comparison(screen: Screen, result: Result, comparison: Comparison) -> None:
    tie = next(each for each in result.judgement.ties if each.id == comparison.check)
    state = WORDS[comparison.state]
    screen.paragraph(
        f"{state}: {tie.id} {tie.title}: {comparison.what}", 0, _COLOURS[comparison.state]
    )
    screen.paragraph(difference(comparison), 2, label="found")
    screen.paragraph("; ".join(cells(comparison)), 2, label="at")
    if comparison.state is State.OPEN:
        screen.paragraph(comparison.missing, 2, label="open")
    screen.paragraph(tie.remedy, 2, label="to do")


def _finding(screen: Screen, finding: Finding) -> None:
    entry = CATALOGUE[finding.fault]
    advice = " (advice)" if finding.fault in ADVICE else ""
    screen.line(f"{finding.fault.value}{advice}  {finding.place}: {entry.meaning}", "bold")
    if finding.what:
        screen.paragraph(finding.what, 2, label="what")
    if finding.found:
        screen.paragraph(finding.found, 2, label="found")
    screen.paragraph(entry.expected, 2, label="expected")
    screen.paragraph(entry.remedy, 2, label="to do")
