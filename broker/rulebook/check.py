# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The shape of a rule, of a check that judges it, and of what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from broker.rulebook.general.case import Case
from broker.rulebook.general.sharing import CheckRole, Switch, switched_off
from itmo.reasons import Reason


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
    """On what a rule is judged: a proposal, a later move of a transaction, reports and holdings."""

    PROPOSAL = "PROPOSAL"
    MOVE = "MOVE"
    REPORT = "REPORT"


class Category(StrEnum):
    """Groups of general rules; a rulebook has others of its own."""

    MESSAGE = "message"
    REGISTRY = "registry"
    ACCOUNT = "account"
    UNIT = "unit"
    TRANSFER = "transfer"
    WORKFLOW = "workflow"
    NOTIFICATION = "notification"


class Provenance(StrEnum):
    """Whether a number by which others know a rule was seen in print or is recalled."""

    CONFIRMED = "CONFIRMED"
    UNCONFIRMED = "UNCONFIRMED"


Judged_contra = TypeVar("Judged_contra", bound=Case, contravariant=True)
"""What a check looks at: one that asks for less stands in any rulebook that offers more."""


class CarriedOut(StrEnum):
    """What becomes of a rule of others under a rulebook."""

    JUDGED = "JUDGED"
    REFUSED = "REFUSED"
    LOCAL = "LOCAL"
    NEVER_ARISES = "NEVER_ARISES"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    NUMBER_ONLY = "NUMBER_ONLY"

    @property
    def words(self) -> str:
        """As people are told."""
        return _CARRIED_OUT[self]


_CARRIED_OUT = {
    CarriedOut.JUDGED: "by checks",
    CarriedOut.REFUSED: "before anything is judged, by reasons of refusal",
    CarriedOut.LOCAL: "by registries for themselves",
    CarriedOut.NEVER_ARISES: "by the form of messages, in which it cannot arise",
    CarriedOut.OUT_OF_SCOPE: "not here",
    CarriedOut.NUMBER_ONLY: "not known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAs:
    """A number by which others know a rule.

    Attributes:
        said: What it is about, in short.
        rules: Ids of checks, or reasons of refusal, that carry it out.
        provenance: Whether its meaning was seen in print.
        remark: Where it departs, or why nothing carries it out.
    """

    number: str
    said: str
    rules: tuple[str, ...]
    carried_out: CarriedOut
    provenance: Provenance
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a check did not pass: what was found and expected, and what to do about it."""

    found: str
    conflicting_transaction_id: str = ""
    inconclusive: bool = False
    severity: Severity | None = None
    """Overrides the check's severity (a host may turn a warning into an error)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of a rulebook's catalogue, as findings, lists and documents tell it."""

    id: str
    title: str
    category: StrEnum
    """Its group in the catalogue."""
    citation: str = ""
    """Its source; a general rule gets it from the rulebook that lists it."""
    severity: Severity
    effective: date = date.min
    remedy: str
    scope: str = ""
    """When it applies, in words."""
    phase: Phase = Phase.PROPOSAL
    protects: frozenset[CheckRole] = frozenset()
    """Registries, by role, that it protects and that may do without it. Empty: it protects the
    books, and nobody may."""

    code: str = ""
    """Numbers by which others know it, with spaces between; ours is the id."""
    provenance: Provenance = Provenance.CONFIRMED
    """Of the numbers."""

    @property
    def optional(self) -> bool:
        """True when registries may switch it off."""
        return bool(self.protects)

    @property
    def kept_by(self) -> str:
        """What carries it out beside all judgement; empty where it is judged."""
        return ""


Listed = TypeVar("Listed", bound=Rule)


def listed(
    rule: Listed,
    citation: str,
    effective: date,
    *,
    code: str = "",
    provenance: Provenance = Provenance.CONFIRMED,
) -> Listed:
    """A general rule as a rulebook has it: by its own source, from its own day on."""
    return replace(rule, citation=citation, effective=effective, code=code, provenance=provenance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Rule, Generic[Judged_contra]):
    """A rule that is judged. `run` returns None when it holds, and is called where `applies` is true."""

    applies: Callable[[Judged_contra], bool]
    run: Callable[[Judged_contra], Failure | None]


def every_case(case: Case) -> bool:  # noqa: ARG001  # the shape of every `applies`
    """Every transaction."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Rule, Generic[Judged_contra]):
    """A rule that no judgement can find broken: it is carried out elsewhere, and listed as passed.

    Attributes:
        where: The place that carries it out, in words.
        reasons: With which that place refuses what breaks the rule; none: it does not refuse.
        applies: Where it is listed as passed.
    """

    where: str
    reasons: tuple[Reason, ...] = ()
    applies: Callable[[Judged_contra], bool] = every_case

    @property
    def kept_by(self) -> str:
        """The place that carries it out."""
        return self.where


def _holds(case: Case) -> Failure | None:  # noqa: ARG001  # the shape of every `run`
    return None


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's outcome in one case."""

    check: Rule
    outcome: Outcome
    severity: Severity
    found: str = ""
    conflicting_transaction_id: str = ""


PASSED_OR_NOT: frozenset[Outcome] = frozenset({Outcome.PASSED, Outcome.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Shared:
    """What checks come to in every one of some cases that are alike, and which checks look at each.

    Attributes:
        usual: What nearly every one of them comes to: the rest of the checks pass.
        rest: Places in the catalogue of checks that looked at what is not alike in them.
        valid: Whether the usual findings let the transaction happen.
    """

    usual: tuple[Finding, ...]
    rest: tuple[int, ...]
    valid: bool


UNSEEN: Final = (AttributeError, TypeError)
"""What reading a field raises that a case with gaps does not have, or calculating with a stand-in."""


class Rules(Generic[Judged_contra]):
    """Checks in order, ready to be run often.

    A check that passes or does not apply always comes to the same finding, so these are made once:
    a caller may recognise them by identity.

    Raises:
        ValueError: the tuple is empty (no rules must never mean no objections) or an id occurs
            twice.
    """

    __slots__ = ("_rows", "checks")

    def __init__(self, checks: tuple[Check[Judged_contra] | Kept[Judged_contra], ...]) -> None:
        if not checks:
            message = "a rulebook without checks judges nothing"
            raise ValueError(message)
        if len({check.id for check in checks}) != len(checks):
            message = "two checks have the same id"
            raise ValueError(message)
        self.checks = checks
        self._rows = tuple(
            _Row(
                check,
                check.effective,
                None if check.applies is every_case else check.applies,
                check.run if isinstance(check, Check) else _holds,
                Finding(check, Outcome.PASSED, check.severity),
                Finding(check, Outcome.NOT_APPLICABLE, check.severity),
            )
            for check in checks
        )

    def judge(
        self, case: Judged_contra, on: date, shared: Shared | None = None
    ) -> tuple[Finding, ...]:
        """Runs every check in order and keeps every outcome.

        A check that is switched off runs too: what a Party has made an error by its own terms, such
        as a limit that it set, no registry can switch off.

        Args:
            case: What is judged.
            on: The day.
            shared: What checks came to for whatever is like this case.
        """
        sides = _sides(case)
        if shared is None:
            return tuple([_one(row, case, on, sides) for row in self._rows])
        findings: list[Finding] | None = None
        for at in shared.rest:
            finding = _one(self._rows[at], case, on, sides)
            if finding is not shared.usual[at]:
                findings = findings or list(shared.usual)
                findings[at] = finding
        return shared.usual if findings is None else tuple(findings)

    def shared(self, outline: Judged_contra, on: date) -> Shared:
        """What every case comes to that is like an outline.

        A check that comes to something by what the outline has comes to the same in all of them; one
        that asks for more looks at each. Nobody has to say which is which.

        Args:
            outline: A case that has nothing but what is alike; reading more raises one of `UNSEEN`.
            on: The day.
        """
        sides = _sides(outline)
        usual, rest = [], []
        for at, row in enumerate(self._rows):
            try:
                usual.append(_one(row, outline, on, sides))
            except UNSEEN:
                usual.append(row.passed)
                rest.append(at)
        return Shared(tuple(usual), tuple(rest), accepts(usual))

    def also_shared(self, shared: Shared, outline: Judged_contra, on: date) -> Shared:
        """What is shared by those of some cases that have an outline of more in common.

        Args:
            shared: What checks come to in all of them.
            outline: What those are alike in; reading more raises one of `UNSEEN`.
            on: The day.
        """
        sides = _sides(outline)
        usual, rest = list(shared.usual), []
        for at in shared.rest:
            try:
                usual[at] = _one(self._rows[at], outline, on, sides)
            except UNSEEN:
                rest.append(at)
        return Shared(tuple(usual), tuple(rest), accepts(usual))


class _Row(NamedTuple, Generic[Judged_contra]):
    """A check as it is run, with the findings that it nearly always comes to."""

    check: Check[Judged_contra] | Kept[Judged_contra]
    effective: date
    applies: Callable[[Judged_contra], bool] | None
    run: Callable[[Judged_contra], Failure | None]
    passed: Finding
    not_applicable: Finding


def _one(
    row: _Row[Judged_contra],
    case: Judged_contra,
    on: date,
    sides: list[tuple[CheckRole, str, frozenset[Switch]]],
) -> Finding:
    check, effective, applies, run, passed, not_applicable = row
    if effective > on or (applies is not None and not applies(case)):
        return not_applicable
    failure = run(case)
    if sides and (failure is None or failure.severity is not Severity.ERROR):
        off = switched_off(check.id, check.protects, sides)
        if off:
            return Finding(check, Outcome.NOT_APPLICABLE, check.severity, off)
    return passed if failure is None else _not_passed(check, failure)


def judge(
    checks: tuple[Check[Judged_contra] | Kept[Judged_contra], ...], case: Judged_contra, on: date
) -> tuple[Finding, ...]:
    """Runs every check in order and keeps every outcome.

    Raises:
        ValueError: see Rules.
    """
    return Rules(checks).judge(case, on)


def _sides(case: Case) -> list[tuple[CheckRole, str, frozenset[Switch]]]:
    """The registries that take part, each in its role; empty where none switched anything off."""
    giver, taker = case.from_registry, case.to_registry
    if giver is None or taker is None or not (giver.switched_off or taker.switched_off):
        return []
    sides = [(CheckRole.PROPOSER, str(giver.registry), giver.switched_off)]
    if taker.registry != giver.registry:
        sides.append((CheckRole.RECEIVER, str(taker.registry), taker.switched_off))
    return sides


def _not_passed(check: Rule, failure: Failure) -> Finding:
    return Finding(
        check,
        Outcome.INCONCLUSIVE if failure.inconclusive else Outcome.FAILED,
        failure.severity or check.severity,
        failure.found,
        failure.conflicting_transaction_id,
    )


def accepts(findings: Sequence[Finding]) -> bool:
    """True when nothing stops the transaction, and something was judged.

    On a day before the first check takes effect nothing is judged, and nothing is valid.
    """
    outcomes = {finding.outcome for finding in findings}
    if Outcome.PASSED not in outcomes:
        return False
    return outcomes <= PASSED_OR_NOT or not any(map(invalidates, findings))


def invalidates(finding: Finding) -> bool:
    """True when the finding must stop the transaction."""
    return finding.outcome not in PASSED_OR_NOT and finding.severity is Severity.ERROR
