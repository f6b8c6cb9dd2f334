# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reports of played scenarios: for people, with colour where the terminal has it, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scenarios.outcome import ExpectationResult, Outcome, Played, Refused, StepResult

_HELD = Text("held", style="green")
_FAILED = Text("FAILED", style="bold red")


def problem_lines(refused: Refused) -> list[str]:
    """Every fault of a file, as editors understand it: file, line, key, sentence."""
    return [
        f"{refused.file}:{problem.line}: {f'{problem.key}: ' if problem.key else ''}{problem.text}"
        for problem in refused.problems
    ]


def as_tree(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """One object for each file; those of invalid files have their faults under `problems`."""
    return {
        "ok": all(file["ok"] for file in map(_object, outcomes)),
        "files": [*map(_object, outcomes)],
    }


def _object(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, Refused):
        problems = [{"line": p.line, "key": p.key, "problem": p.text} for p in outcome.problems]
        return {
            "file": outcome.file,
            "ok": False,
            "steps": [],
            "expectations": [],
            "problems": problems,
        }
    return {
        "file": outcome.file,
        "ok": outcome.ok,
        "steps": [
            {
                "index": step.index,
                "action": step.action,
                "id": step.id,
                "state": step.state,
                "findings": list(step.findings),
                "ok": step.ok,
            }
            for step in outcome.steps
        ],
        "expectations": [
            {"path": each.path, "expected": each.expected, "actual": each.actual, "ok": each.ok}
            for each in outcome.expectations
        ],
    }


def print_text(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Prints what happened, then every expectation, then a line that sums up."""
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            for line in problem_lines(outcome):
                console.print(Text(line, style="red"), soft_wrap=True)
        else:
            _print_played(console, outcome)
    held = sum(isinstance(each, Played) and each.ok for each in outcomes)
    style = "green" if held == len(outcomes) else "bold red"
    console.print(Text(f"{held} of {len(outcomes)} scenarios as expected", style=style))


def _print_played(console: Console, played: Played) -> None:
    console.print(Text(f"{played.title}  ({played.file})", style="bold"), soft_wrap=True)
    steps = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for step in played.steps:
        steps.add_row(
            Text(f"  line {step.line}", style="dim"),
            Text(f"{step.action} {step.id or ''}".rstrip()),
            Text(step.state or ""),
            Text(", ".join(step.findings), style="yellow"),
            Text("") if step.ok else _FAILED,
        )
    console.print(steps)
    for step in played.steps:
        _print_sentences(console, step)
    figures = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for each in played.expectations:
        if each.ok and each.path.startswith("steps["):
            continue  # its step says so already
        figures.add_row(Text(f"  {each.path}"), Text(_figure(each)), _HELD if each.ok else _FAILED)
    console.print(figures)
    console.print()


def _print_sentences(console: Console, step: StepResult) -> None:
    """The clearing-house's own words; the reader of a refusal wants to know why."""
    for finding, sentence in zip(step.findings, step.found, strict=False):
        words = f"  line {step.line}: {finding}: {sentence}"
        console.print(Text(words, style="yellow"), soft_wrap=True)


def _figure(each: ExpectationResult) -> str:
    if each.ok:
        return _words(each.actual)
    return f"{_words(each.actual)}, expected {_words(each.expected)}"


def _words(figure: object) -> str:
    if isinstance(figure, list):
        return ", ".join(figure) or "none"
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    return "none" if figure is None else str(figure)
