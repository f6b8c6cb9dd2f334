# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of `aef check` as text for people: the summary first, then what to do."""

from __future__ import annotations

from typing import Final

from aef.checks.catalogue import CHECKS
from aef.checks.filed import UNKNOWN_PARTY
from aef.checks.states import State
from aef.checks.wording import number
from aef.result.document import Result, owner_text
from aef.result.kinds import kinds_of
from aef.result.matters import Matter
from itmo.forms import moment
from itmo.runtime.cli.screen import Screen

SHOWN: Final = 40
"""Matters of one Party on a terminal; --html and --json have more."""
CASES_SHOWN: Final = 3
"""Cases of one part of a matter; likewise."""
_DIGITS: Final = 16
"""Of a digest on a terminal; --html and --json have all."""
_COLOURS: Final = {State.INCONSISTENT: "red", State.UNDETERMINED: "yellow"}


def tell(screen: Screen, result: Result) -> None:
    """Prints the whole result."""
    _summary(screen, result)
    _findings(screen, result)
    _syntax(screen, result)
    if result.rules:
        screen.heading("Deadlines and versions")
    for rules in result.rules_by_check():
        screen.paragraph(f"{rules[0].rule}: {rules[0].title}", 2, "bold")
        for rule in rules:
            _labelled(screen, "found", f"{rule.where}: {rule.found}; expected {rule.expected}")
        _labelled(screen, "to do", rules[0].remedy)
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
    made = f"in the {len(CHECKS) - len(result.skipped)} checks that were made"
    screen.line(
        f"No findings: all is consistent{f' {made}' if result.skipped else ''}."
        if result.clean
        else f"Findings: {number(result.count(State.INCONSISTENT))} inconsistent, "
        f"{number(result.count(State.UNDETERMINED))} undetermined,"
        f" {number(result.syntax_findings)} on the format.",
        "bold",
    )
    if result.advice:
        screen.line("What is marked as advice is no finding; it is told below.")
    if result.skipped:
        screen.line(f"Left out: {', '.join(result.skipped)}.")
    if (evidence := result.evidence) is not None:
        screen.line(
            f"Made {moment(evidence.made)} by {evidence.program}, rulebook {evidence.rulebook}"
            f" ({evidence.rulebook_digest[:_DIGITS]}), checks {evidence.checks_digest[:_DIGITS]}.",
            "dim",
        )
        for each in evidence.files:
            screen.line(f"SHA-256 {each.digest}  {each.name}", "dim")
        for said in evidence.stated:
            screen.line(f"Stated: {said}.", "dim")
        if evidence.position is not None:
            screen.line(f"Place in the log: {evidence.position}.", "dim")


def _findings(screen: Screen, result: Result) -> None:
    for owner, matters in result.by_owner().items():
        screen.heading(
            f"To act: {owner_text(owner)}" if owner == UNKNOWN_PARTY else f"{owner} is to act"
        )
        for matter in matters[:SHOWN]:
            _matter(screen, matter)
        if len(matters) > SHOWN:
            screen.paragraph(f"and {len(matters) - SHOWN} more; see --json", 0, "dim")


def _matter(screen: Screen, matter: Matter) -> None:
    screen.paragraph(f"{matter.state.value.lower()}: {matter.title}", 0, _COLOURS[matter.state])
    for part in matter.parts():
        screen.paragraph(part.title, 2, "bold")
        cases, left = part.shown(CASES_SHOWN)
        for case in cases:
            _labelled(screen, "found", case.found)
            _labelled(screen, "at", "; ".join(case.at))
            _labelled(screen, "against", "; ".join(case.against))
            _labelled(screen, "expected", case.expected)
        if left:
            _labelled(screen, "also", f"{left} more of the same; see --json")
        _labelled(screen, "to do", part.remedy)


def _labelled(screen: Screen, label: str, said: str) -> None:
    if said:
        screen.paragraph(said, 4, label=label)


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
