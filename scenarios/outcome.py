# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What came out of playing a scenario."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.values import Problem

Figure = int | float | str | bool | None | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What a step came to."""

    index: int
    line: int
    action: str
    id: str | None
    """The transaction, authorization, registry or node it concerns."""
    state: str | None
    """Where it left the transaction; None where there is none."""
    findings: tuple[str, ...]
    """Ids of checks that did not pass, and reasons of refusals."""
    found: tuple[str, ...] = ()
    """What the clearing-house says to each finding."""
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationResult:
    """Whether an expectation held."""

    path: str
    expected: Figure
    actual: Figure
    ok: bool


def exactly(path: str, expected: Figure, actual: Figure) -> ExpectationResult:
    """An expectation that holds when both figures are the same."""
    return ExpectationResult(path=path, expected=expected, actual=actual, ok=expected == actual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A scenario that was played."""

    file: str
    title: str
    log_root: str
    """Root of the clearing-house's log at the end, in hexadecimal digits."""
    steps: tuple[StepResult, ...]
    expectations: tuple[ExpectationResult, ...]

    @property
    def ok(self) -> bool:
        """True when every expectation held."""
        return all(step.ok for step in self.steps) and all(each.ok for each in self.expectations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that is no valid scenario."""

    file: str
    problems: tuple[Problem, ...]


Outcome = Played | Refused
