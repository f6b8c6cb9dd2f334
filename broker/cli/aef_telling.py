# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of `broker aef check` as text for people: the summary first, then what to do."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from broker.cli.printing import Screen
from broker.reports.aef.checks.judging import Finding
from broker.reports.aef.checks.states import State
from broker.reports.aef.result.document import Result, where
from broker.reports.aef.result.kinds import kinds_of

SHOWN: Final = 20
"""Findings of one check for one Party on a terminal; --html and --json have more."""
_COLOURS: Final = {State.INCONSISTENT: "red", State.UNDETERMINED: "yellow"}


def tell(screen: Screen, result: Result) -> None:
    """Prints the whole result."""
    _summary(screen, result)
    _findings(screen, result)
    _syntax(screen, result)
    if result.rules:
        screen.heading("Deadlines and versions")
    for rule in result.rules:
        screen.paragraph(f"{rule.check.id}: {rule.trouble.where}: {rule.trouble.found}", 2)
        screen.paragraph(rule.trouble.expected, 4, label="expected")
    for each in result.judgement.superseded:
        screen.heading(f"{each.old.name} gave way to {each.new.name}")
        if each.reopened:
            names = ", ".join(other.name for other in each.reopened)
            screen.paragraph(f"Checked again for that: {names}.", 2)
        for change in each.changes:
            screen.paragraph(change, 2)


def _summary(screen: Screen, result: Result) -> None:
    rows = []
    for filed in result.judgement.file.filed:
        tally = result.tally(filed)
        rows.append(
            (
                filed.party,
                filed.year_text,
                filed.submission.heading.version,
                result.judgement.overall(filed).value,
                tally[State.CONSISTENT],
                tally[State.INCONSISTENT],
                tally[State.UNDETERMINED],
                len(filed.syntax),
                filed.submission.source,
            )
        )
    screen.table(
        ("Party", "year", "version", "state", "ok", "wrong", "open", "format", "source"),
        rows,
        numbers=("ok", "wrong", "open", "format"),
    )
    screen.line()
    screen.line(
        "No findings: all is consistent."
        if result.clean
        else f"{result.count(State.INCONSISTENT)} inconsistent, "
        f"{result.count(State.UNDETERMINED)} undetermined, {result.syntax_findings} on the format.",
        "bold",
    )
    if result.skipped:
        screen.line(f"Left out: {', '.join(result.skipped)}.")


def _findings(screen: Screen, result: Result) -> None:
    for owner, checks in result.by_owner().items():
        screen.heading(f"{owner} is to act")
        for check_id, found in checks.items():
            screen.line(f"{check_id}  {found[0].check.title}", "bold")
            for remedy, same in groupby(found[:SHOWN], key=lambda each: each.remedy):
                for each in same:
                    _finding(screen, each)
                screen.paragraph(remedy, 4, label="to do")
            if len(found) > SHOWN:
                screen.paragraph(f"and {len(found) - SHOWN} more; see --json", 2, "dim")


def _finding(screen: Screen, finding: Finding) -> None:
    note = finding.note
    said = note.found or f"missing: {note.missing}"
    screen.paragraph(f"{note.state.value.lower()}: {said}", 2, _COLOURS[note.state])
    if note.expected:
        screen.paragraph(note.expected, 4, label="expected")
    places = [note.here, *finding.also]
    more = finding.rows - len(places)
    at_all = "; ".join(map(where, places)) + (f" and {more} more rows" if more > 0 else "")
    screen.paragraph(at_all, 4, label="at")
    if note.there:
        screen.paragraph("; ".join(map(where, note.there)), 4, label="against")


def _syntax(screen: Screen, result: Result) -> None:
    for filed in result.judgement.file.current:
        if not filed.syntax:
            continue
        screen.heading(f"Format of {filed.submission.source}")
        for kind in kinds_of(filed.syntax):
            screen.line(f"{kind.code}  {kind.count}: {kind.meaning}", "bold")
            screen.paragraph("; ".join(kind.said()), 2, label="found")
            screen.paragraph("; ".join(kind.where()), 2, label="at")
            screen.paragraph(kind.expected, 2, label="expected")
            screen.paragraph(kind.remedy, 2, label="to do")
