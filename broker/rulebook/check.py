# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The shape of a check and of what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from broker.rulebook.accounting import Accounting
from broker.rulebook.facts import Facts


class Outcome(StrEnum):
    """What a check came to; INCONCLUSIVE never counts as passed."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    INCONCLUSIVE = "INCONCLUSIVE"


class Severity(StrEnum):
    """What a check that did not pass does: ERROR invalidates, WARNING is recorded."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class Phase(StrEnum):
    """When a check is judged: at the proposal, or at each later move of a transaction."""

    PROPOSAL = "PROPOSAL"
    MOVE = "MOVE"


class Category(StrEnum):
    """Groups of the catalogue, in the order in which they are judged."""

    MESSAGE = "message"
    REGISTRY = "registry"
    ACCOUNT = "account"
    UNIT = "unit"
    AUTHORIZATION = "authorization"
    FIRST_TRANSFER = "first_transfer"
    TRANSFER = "transfer"
    USE = "use"
    ADJUSTMENT = "adjustment"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True)
class Case:
    """What a check is given: the facts and what the transaction would book."""

    facts: Facts
    accounting: Accounting


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a check did not pass: what was found and expected, and what to do about it."""

    found: str
    conflicting_transaction_id: str = ""
    inconclusive: bool = False
    severity: Severity | None = None
    """Overrides the check's severity (a host may turn a warning into an error)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule. `run` returns None when the rule holds; it is called only where `applies` is true."""

    id: str
    title: str
    category: Category
    citation: str
    severity: Severity
    effective: date
    remedy: str
    applies: Callable[[Case], bool]
    run: Callable[[Case], Failure | None]
    phase: Phase = Phase.PROPOSAL


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's outcome in one case."""

    check: Check
    outcome: Outcome
    severity: Severity
    found: str = ""
    conflicting_transaction_id: str = ""


PASSED_OR_NOT: frozenset[Outcome] = frozenset({Outcome.PASSED, Outcome.NOT_APPLICABLE})


def judge(checks: tuple[Check, ...], case: Case, on: date) -> tuple[Finding, ...]:
    """Runs every check in order and keeps every outcome.

    Raises:
        ValueError: the tuple is empty; no rules must never mean no objections.
    """
    if not checks:
        message = "a rulebook without checks judges nothing"
        raise ValueError(message)
    return tuple(_finding(check, case, on) for check in checks)


def _finding(check: Check, case: Case, on: date) -> Finding:
    if check.effective > on or not check.applies(case):
        return Finding(check, Outcome.NOT_APPLICABLE, check.severity)
    failure = check.run(case)
    if failure is None:
        return Finding(check, Outcome.PASSED, check.severity)
    return Finding(
        check,
        Outcome.INCONCLUSIVE if failure.inconclusive else Outcome.FAILED,
        failure.severity or check.severity,
        failure.found,
        failure.conflicting_transaction_id,
    )


def invalidates(finding: Finding) -> bool:
    """True when the finding must stop the transaction."""
    return finding.outcome not in PASSED_OR_NOT and finding.severity is Severity.ERROR
