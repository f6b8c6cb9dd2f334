# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Cases, their results, and how they are told: text, JSON, JUnit."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar
from xml.sax.saxutils import quoteattr

D = TypeVar("D")


class NotConforming(Exception):  # noqa: N818  # a finding about somebody else's program
    """What was seen instead of what is required."""


@dataclass(frozen=True)
class Case(Generic[D]):
    """A numbered requirement and the conversation that tries it."""

    number: str
    requirement: str
    run: Callable[[D], Awaitable[None]]


@dataclass(frozen=True)
class Result:
    """What came of a case; `seen` is empty where it passed."""

    number: str
    requirement: str
    passed: bool
    seen: str


async def play(cases: Sequence[Case[D]], pair: D) -> list[Result]:
    """Tries every case in order; one that fails does not keep the next from being tried."""
    results = []
    for case in cases:
        seen = ""
        try:
            await case.run(pair)
        except NotConforming as finding:
            seen = str(finding)
        except Exception as error:  # noqa: BLE001  # whatever the other side provokes is a finding
            seen = f"{type(error).__name__}: {error}"
        results.append(Result(case.number, case.requirement, not seen, seen[:500]))
    return results


def expect(holds: bool, seen: object) -> None:  # reads as a sentence
    """Raises NotConforming with what was seen, unless the requirement holds."""
    if not holds:
        raise NotConforming(str(seen))


def as_text(results: Sequence[Result]) -> str:
    lines = []
    for result in results:
        lines.append(
            f"{'pass' if result.passed else 'FAIL'}  {result.number}  {result.requirement}"
        )
        if result.seen:
            lines.append(f"      seen: {result.seen!a}")
    passed = sum(result.passed for result in results)
    lines.append(f"{passed} passed, {len(results) - passed} failed")
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    return json.dumps(
        {"ok": all(r.passed for r in results), "cases": [asdict(r) for r in results]}, indent=2
    )


def as_junit(results: Sequence[Result]) -> str:
    failed = sum(not result.passed for result in results)
    lines = [f'<testsuite name="conformance" tests="{len(results)}" failures="{failed}">']
    for result in results:
        name = quoteattr(f"{result.number} {result.requirement}")
        inside = "" if result.passed else f"<failure message={quoteattr(ascii(result.seen))}/>"
        lines.append(f"<testcase name={name}>{inside}</testcase>")
    return "\n".join([*lines, "</testsuite>"])
