# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a check as one JSON value; its shape is documented in deploy/docs/aef.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from aef.checks.catalogue import CHECKS
from aef.checks.filed import UNKNOWN_PARTY, Filed
from aef.checks.judging import Finding, Judgement
from aef.checks.states import Reference, State
from aef.model import Place, SyntaxFinding
from aef.result.evidence import Evidence
from aef.result.kinds import Kind, kinds_of
from aef.result.matters import Matter, matters_of
from aef.result.rules import RuleFinding
from aef.syntax_codes import ADVICE, CATALOGUE, Code
from itmo.clock import to_text
from itmo.forms import Json, as_json

FORMAT: Final = "itmo-aef-check/1"
"""Raised when a field goes or changes its meaning; new fields do not raise it."""


def findings_on_format(filed: Filed) -> int:
    """How many findings the reader of a submission had; advice is none."""
    return sum(each.code not in ADVICE for each in filed.syntax)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was checked and what it came to.

    Attributes:
        skipped: Ids of checks that were left out on request.
        rules: Findings on deadlines and versions; they are told and make nothing inconsistent.
        evidence: When it was made, by what, from which files; None: nobody files it.
    """

    judgement: Judgement
    skipped: tuple[str, ...] = ()
    rules: tuple[RuleFinding, ...] = ()
    evidence: Evidence | None = None

    @property
    def syntax_findings(self) -> int:
        """How many findings the reader of the files had; of superseded ones, none count."""
        return sum(map(findings_on_format, self.judgement.file.current))

    @property
    def advice(self) -> int:
        """How many cells hold what is worth a word, and is no finding."""
        current = self.judgement.file.current
        return sum(finding.code in ADVICE for each in current for finding in each.syntax)

    @property
    def clean(self) -> bool:
        """True when all is consistent and every current file is written as the format demands."""
        return self.judgement.consistent and not self.syntax_findings

    def tally(self, filed: Filed) -> Counter[State]:
        """How many checks of a submission came to each state."""
        return Counter(self.judgement.states[filed].values())

    def count(self, state: State) -> int:
        """How many findings of a state there are."""
        return sum(each.note.state is state for each in self.judgement.findings)

    def rules_by_check(self) -> list[tuple[RuleFinding, ...]]:
        """Findings on deadlines and versions, those of one rule together."""
        found: dict[str, list[RuleFinding]] = {}
        for each in self.rules:
            found.setdefault(each.rule, []).append(each)
        return [tuple(each) for each in found.values()]

    def by_owner(self) -> dict[str, list[Matter]]:
        """Matters by the Party that is to act, Parties in alphabetical order."""
        found: dict[str, list[Finding]] = {}
        for each in sorted(self.judgement.findings, key=lambda one: one.note.owner):
            found.setdefault(each.note.owner, []).append(each)
        return {owner: matters_of(each) for owner, each in found.items()}


def owner_text(owner: str) -> str:
    """Who is to act, for people."""
    return "whoever filed without naming a Party" if owner == UNKNOWN_PARTY else owner


def as_tree(result: Result) -> dict[str, Json]:
    """The whole result."""
    judgement = result.judgement
    overall = [judgement.overall(each).value for each in judgement.file.current]
    return {
        "format": FORMAT,
        "clean": result.clean,
        "evidence": _evidence(result.evidence) if result.evidence else None,
        "counts": {
            "submissions": len(judgement.file.filed),
            "current": len(overall),
            **{state.value.lower(): overall.count(state.value) for state in _CURRENT},
            "findings": len(judgement.findings),
            "syntax_findings": result.syntax_findings,
            "advice": result.advice,
        },
        "submissions": [_submission(result, each) for each in judgement.file.filed],
        "findings": [_finding(each) for each in judgement.findings],
        "matters": _matters(result),
        "superseded": [
            {
                "old": each.old.number,
                "new": each.new.number,
                "reopened": [other.number for other in each.reopened],
                "changes": list(each.changes),
            }
            for each in judgement.superseded
        ],
        "rules": [_rule(each) for each in result.rules],
        "checks": [
            {
                "id": each.id,
                "title": each.title,
                "group": each.group.value,
                "meaning": each.meaning,
                "citation": each.citation,
                "run": each.id not in result.skipped,
            }
            for each in CHECKS
        ],
    }


_CURRENT: Final = (State.CONSISTENT, State.INCONSISTENT, State.UNDETERMINED)


def _submission(result: Result, filed: Filed) -> Json:
    said, heading = filed.submission, filed.submission.heading
    newer = result.judgement.file.superseded.get(filed)
    return {
        "number": filed.number,
        "source": said.source,
        "from_ledger": said.from_ledger,
        "draft_layout": said.draft_layout,
        "party": filed.party,
        "year": filed.year_text,
        "version": heading.version,
        "submitted": heading.submitted.isoformat() if heading.submitted else None,
        "rows": {
            "authorizations": len(said.authorizations),
            "actions": len(said.actions),
            "holdings": len(said.holdings),
            "entities": len(said.entities),
        },
        "state": result.judgement.overall(filed).value,
        "superseded_by": newer.number if newer else None,
        "checks": {name: state.value for name, state in result.judgement.states[filed].items()},
        "syntax": [_syntax(each) for each in filed.syntax],
        "syntax_kinds": [_kind(each) for each in kinds_of(filed.syntax)],
    }


def _rule(finding: RuleFinding) -> Json:
    return {
        "check": finding.rule,
        "outcome": finding.outcome,
        "owner": finding.owner,
        "where": finding.where,
        "found": finding.found,
        "expected": finding.expected,
        "remedy": finding.remedy,
    }


def _syntax(finding: SyntaxFinding) -> Json:
    return {
        "code": finding.code,
        **_place(finding.place),
        "title": finding.column,
        "found": finding.found,
        "read_as": finding.read_as or None,
        "expected": finding.expected,
        "remedy": CATALOGUE[Code(finding.code)].remedy,
        "fatal": finding.fatal,
        "advice": finding.code in ADVICE,
    }


def _kind(kind: Kind) -> Json:
    return {
        "code": kind.code,
        "count": len(kind.findings),
        "advice": kind.code in ADVICE,
        "meaning": kind.meaning,
        "found": list(kind.said()),
        "at": list(kind.where()),
        "expected": kind.expected,
        "remedy": kind.remedy,
    }


def _finding(finding: Finding) -> Json:
    note = finding.note
    return {
        "check": finding.check.id,
        "state": note.state.value,
        "owner": note.owner,
        "found": note.found,
        "expected": note.expected,
        "missing": note.missing,
        "remedy": finding.remedy,
        "rows": finding.rows,
        "submissions": [each.number for each in note.about],
        "here": _reference(note.here),
        "there": [_reference(each) for each in note.there],
        "also": [_reference(each) for each in finding.also],
    }


def _matters(result: Result) -> list[Json]:
    numbers = {id(each): at for at, each in enumerate(result.judgement.findings)}
    return [
        {
            "owner": owner,
            "title": matter.title,
            "state": matter.state.value,
            "checks": list(matter.checks),
            "findings": [numbers[id(each)] for each in matter.findings],
        }
        for owner, matters in result.by_owner().items()
        for matter in matters
    ]


def _evidence(evidence: Evidence) -> Json:
    position = evidence.position
    return {
        "made": to_text(evidence.made),
        "program": evidence.program,
        "rulebook": evidence.rulebook,
        "rulebook_digest": evidence.rulebook_digest,
        "checks_digest": evidence.checks_digest,
        "files": [
            {"name": each.name, "size": each.size, "sha256": each.digest} for each in evidence.files
        ],
        "stated": list(evidence.stated),
        "log_position": as_json(position),
    }


def _reference(reference: Reference) -> Json:
    return {
        "submission": reference.filed.number,
        **_place(reference.place),
        "says": reference.text,
    }


def _place(place: Place) -> dict[str, Json]:
    return {"sheet": place.sheet, "row": place.row, "column": place.column}
