# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Cards of the page: one for each matter, one for each kind of fault of a file's format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from aef.checks.states import State
from aef.result.kinds import Kind
from aef.result.marks import CLASSES, MARKS
from aef.result.matters import Case, Matter, Part
from aef.result.rules import RuleFinding
from itmo import pages
from itmo.pages import number, text

CASES_SHOWN: Final = 50
"""Cases of one part of a card; the JSON result has all of them."""


def tag(state: State) -> str:
    """A state with its sign."""
    return f'<span class="tag {CLASSES[state]}">{MARKS[state]} {state.value.lower()}</span>'


def card(matter: Matter) -> str:
    """What one Party deals with at one go."""
    edge = f"{CLASSES[matter.state]}-edge"
    parts = "".join(map(_part, matter.parts()))
    return (
        f'<article class="card {edge}"><p>{tag(matter.state)}</p>'
        f'<p class="what">{text(matter.title)}</p>{parts}</article>'
    )


def _part(part: Part) -> str:
    cases, left = part.shown(CASES_SHOWN)
    listed = "".join(pages.facts(_case(case)) for case in cases)
    last = [("What to do", text(part.remedy))]
    if left:
        last.insert(0, ("Also", f"{number(left)} more of the same; the JSON result has them"))
    return f'<p class="part">{text(part.title)}</p>{listed}{pages.facts(last)}'


def _case(case: Case) -> Iterable[pages.Fact]:
    yield "Found", text(case.found)
    yield "Where", _lines(case.at)
    yield "Other side", _lines(case.against)
    yield "Expected", text(case.expected)


def kind_card(kind: Kind) -> str:
    """One kind of fault of a file's format, with all its cells."""
    facts = (
        ("Found", _lines(kind.said())),
        ("Where", _lines(kind.where())),
        ("Expected", text(kind.expected)),
        ("What to do", text(kind.remedy)),
    )
    return (
        f'<article class="card"><p class="what">{text(kind.meaning)}</p>'
        f'<p class="soft">{text(kind.count)} <code>{text(kind.code)}</code></p>'
        f"{pages.facts(facts)}</article>"
    )


def rule_card(rules: Sequence[RuleFinding]) -> str:
    """What one rule on deadlines and versions found."""
    rule = rules[0]
    found = (f"{each.where}: {each.found}; expected {each.expected}" for each in rules)
    facts = (("Found", _lines(found)), ("What to do", text(rule.remedy)))
    return (
        f'<article class="card"><p class="what">{text(rule.title)}</p>'
        f'<p class="soft"><code>{text(rule.rule)}</code></p>{pages.facts(facts)}</article>'
    )


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(map(text, texts))
