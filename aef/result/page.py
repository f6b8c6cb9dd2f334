# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a check as one page that can be filed: what was checked, by what, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from aef.checks.catalogue import CHECKS
from aef.checks.filed import Filed
from aef.checks.judging import Superseding
from aef.checks.states import ConsistencyCheck, State
from aef.result.cards import card, kind_card, rule_card, tag
from aef.result.document import Result, findings_on_format, owner_text
from aef.result.evidence import Evidence
from aef.result.kinds import kinds_of
from aef.result.marks import CLASSES, MARKS
from itmo import pages
from itmo.pages import attribute, number, text

ABREAST: Final = 6
"""Submissions beside each other in the table of checks; more of them stand in a table below."""
MATTERS_SHOWN: Final = 200
"""Matters of one Party on the page; a browser copes with so many. The JSON result has all."""
_EXPLAINED: Final = {
    State.CONSISTENT: "the check found nothing wrong, and nothing that it needed was missing",
    State.INCONSISTENT: "records contradict each other or a rule; the finding says where",
    State.UNDETERMINED: "something that the check needs was not given or cannot be read, such as the"
    " report of the other Party; this is never counted as consistent",
    State.SUPERSEDED: "a newer version of the same Party and year has taken the submission's place",
}
_STYLE: Final = """
.part { border-top: 1px solid var(--line); padding-top: .4rem; max-width: none; }
.card .part { margin-top: .5rem; }
.matrix td, .matrix thead th:not(:first-child) { text-align: center; white-space: nowrap; }
.matrix td a { color: inherit; }
@media (max-width: 44rem) { .matrix td, .matrix td > span { text-align: left; } }
"""
_TITLES: Final = {
    "submissions": "Submissions",
    "findings": "What to do, by Party",
    "matrix": "Checks by submission",
    "syntax": "Format of the files",
    "rules": "Deadlines and versions",
    "checks": "What the checks mean",
}


def page(result: Result) -> str:
    """The whole page."""
    body = (
        _submissions(result),
        _findings(result),
        _matrix(result),
        _syntax(result),
        _rules(result),
        _superseded(result.judgement.superseded),
        _checks(result),
    )
    return pages.page(
        title="Check of the agreed electronic format",
        regime="Paris Agreement, Article 6.2: annual information (4/CMA.6 annex II)",
        head=_head(result),
        body="\n".join(body),
        foot=_FOOT,
        style=_STYLE,
    )


_FOOT: Final = """<p>The checks are those of the Article 6 database as the Article 6.2 Reference Manual
lists them. This page is made by a clearing-house from the files named above; it is no result of the
secretariat.</p>"""


def _plural(count: int, word: str, more: str = "") -> str:
    return f"{number(count)} {word if count == 1 else more or f'{word}s'}"


def _state(result: Result) -> State:
    states = {result.judgement.overall(each) for each in result.judgement.file.current}
    order = (State.INCONSISTENT, State.UNDETERMINED)
    return next((each for each in order if each in states), State.CONSISTENT)


def _head(result: Result) -> str:
    state = _state(result)
    found = ", ".join(
        (
            _plural(result.count(State.INCONSISTENT), "inconsistency", "inconsistencies"),
            _plural(result.count(State.UNDETERMINED), "open question"),
            _plural(result.syntax_findings, "finding") + " on the format",
        )
    )
    owners = ", ".join(text(owner_text(owner)) for owner in result.by_owner())
    sections = ["submissions", "findings", "matrix", "syntax"]
    sections += ["rules", "checks"] if result.rules else ["checks"]
    links = "".join(f'<li><a href="#{name}">{_TITLES[name]}</a></li>' for name in sections)
    made = len(CHECKS) - len(result.skipped)
    left_out = f", left out: {', '.join(result.skipped)}" if result.skipped else ""
    known: list[pages.Fact] = [
        ("To act", owners or "nobody"),
        ("Submissions", number(len(result.judgement.file.filed))),
        ("Checks made", f"{number(made)} of {number(len(CHECKS))}{left_out}"),
    ]
    if result.evidence:
        known += _evidence(result.evidence)
    return (
        f'<p class="verdict {CLASSES[state]}">{MARKS[state]} {state.value.capitalize()}: {found}</p>\n'
        f'{pages.facts(known)}\n<nav aria-label="Contents"><ul>{links}</ul></nav>'
    )


def _evidence(evidence: Evidence) -> Iterator[pages.Fact]:
    yield "Made", pages.moment(evidence.made)
    yield "Program", text(evidence.program)
    yield "Rulebook", f"{text(evidence.rulebook)}, SHA-256 {pages.digest(evidence.rulebook_digest)}"
    yield "Checks", f"SHA-256 {pages.digest(evidence.checks_digest)}"
    yield "Stated", "<br>".join(map(text, evidence.stated))
    if evidence.position is not None:
        yield evidence.position.fact()


def _section(name: str, *parts: str) -> str:
    body = "\n".join(parts)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{_TITLES[name]}</h2>\n{body}\n</section>'


# -- what was checked -----------------------------------------------------------------------------


def _submissions(result: Result) -> str:
    headings = ("Submission", "State", "Submitted", "Rows", "Format findings", "Source")
    rows = []
    for filed in result.judgement.file.filed:
        said, heading = filed.submission, filed.submission.heading
        counted = "<br>".join(
            f'<span class="q">{_plural(len(listed), word)}</span>'
            for word, listed in (
                ("authorization", said.authorizations),
                ("action", said.actions),
                ("holding", said.holdings),
            )
        )
        submitted = f"{heading.submitted:%d/%m/%Y}" if heading.submitted else "not stated"
        layout = " (earlier three-table layout)" if said.draft_layout else ""
        rows.append(
            (
                text(filed.name),
                tag(result.judgement.overall(filed)),
                submitted,
                counted,
                number(findings_on_format(filed)),
                f"{text(said.source)}{layout}",
            )
        )
    return _section(
        "submissions", pages.table("What was checked", headings, rows, {4}), _files(result)
    )


def _files(result: Result) -> str:
    if result.evidence is None or not result.evidence.files:
        return ""
    rows = [
        (text(each.name), number(each.size), pages.digest(each.digest))
        for each in result.evidence.files
    ]
    return pages.table(
        "Files as they were when they were read", ("File", "Bytes", "SHA-256"), rows, {1}
    )


def _matrix(result: Result) -> str:
    counts: Counter[tuple[str, int]] = Counter(
        (finding.check.id, filed.number)
        for finding in result.judgement.findings
        for filed in finding.note.about
    )
    filed = result.judgement.file.filed
    tables = (
        _matrix_of(result, filed[first : first + ABREAST], counts)
        for first in range(0, len(filed), ABREAST)
    )
    return _section("matrix", *tables)


def _matrix_of(result: Result, abreast: Sequence[Filed], counts: Counter[tuple[str, int]]) -> str:
    names = [filed.name for filed in abreast]
    head = "".join(
        f'<th scope="col">{"<br>".join(text(each) for each in (filed.party, filed.year_text, filed.submission.heading.version))}</th>'
        for filed in abreast
    )
    rows = []
    for group, checks in groupby(CHECKS, key=lambda check: check.group):
        name = text(group.value[0].upper() + group.value[1:])
        span = len(abreast) + 1
        rows.append(f'<tr class="group"><th scope="rowgroup" colspan="{span}">{name}</th></tr>')
        for check in checks:
            cells = "".join(
                _cell(result, check, filed, label, counts)
                for filed, label in zip(abreast, names, strict=True)
            )
            rows.append(
                f'<tr><th scope="row"><span><a href="#about-{check.id}">{check.id}</a>'
                f" {text(check.title)}</span></th>{cells}</tr>"
            )
    overall = "".join(
        f'<td data-label="{attribute(label)}"><span>{tag(result.judgement.overall(filed))}</span></td>'
        for filed, label in zip(abreast, names, strict=True)
    )
    rows.append(f'<tr class="group"><th scope="row">All checks</th>{overall}</tr>')
    return (
        '<table class="matrix"><caption>State of every check for every submission</caption>'
        f'<thead><tr><th scope="col">Check</th>{head}</tr></thead>\n'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(
    result: Result,
    check: ConsistencyCheck,
    filed: Filed,
    label: str,
    counts: Counter[tuple[str, int]],
) -> str:
    state = result.judgement.states[filed].get(check.id)
    count = counts[check.id, filed.number]
    if state is None:
        said = "left out"
    elif count:
        said = f'<a href="#findings">{tag(state)}</a> {number(count)}'
    else:
        said = tag(state)
    return f'<td data-label="{attribute(label)}"><span>{said}</span></td>'


# -- what was found -------------------------------------------------------------------------------


def _findings(result: Result) -> str:
    if not result.judgement.findings:
        return _section("findings", "<p>There is nothing to do.</p>")
    parts = [
        (
            "<p>One card for what a Party can settle at one go: a report to ask for, a transfer or"
            " another row, a fault of many rows. Each names the cells on both sides.</p>"
        )
    ]
    for owner, matters in result.by_owner().items():
        states = Counter(each.state for each in matters)
        tally = ", ".join(
            f"{number(count)} {state.value.lower()}" for state, count in states.items()
        )
        parts.append(f'<h3>{text(owner_text(owner))} <span class="soft">({tally})</span></h3>')
        parts += map(card, matters[:MATTERS_SHOWN])
        if len(matters) > MATTERS_SHOWN:
            more = _plural(len(matters) - MATTERS_SHOWN, "more matter")
            parts.append(f"<p>{more} of this Party; the JSON result has them.</p>")
    return _section("findings", *parts)


def _syntax(result: Result) -> str:
    parts = []
    for filed in result.judgement.file.filed:
        if filed.syntax:
            source = f'<span class="soft">{text(filed.submission.source)}</span>'
            parts.append(f"<h3>{text(filed.name)} {source}</h3>")
            parts += map(kind_card, kinds_of(filed.syntax))
    return _section("syntax", *(parts or ["<p>Every file is written as the format demands.</p>"]))


def _rules(result: Result) -> str:
    if not result.rules:
        return ""
    return _section("rules", *map(rule_card, result.rules_by_check()))


def _superseded(listed: Iterable[Superseding]) -> str:
    items = []
    for each in listed:
        reopened = ", ".join(text(other.name) for other in each.reopened)
        changes = "".join(f"<li>{text(change)}</li>" for change in each.changes)
        items.append(
            f"<li>{text(each.old.name)} gave way to {text(each.new.name)}."
            + (f" Checked again for that: {reopened}." if reopened else "")
            + (f"<ul>{changes}</ul>" if changes else "")
            + "</li>"
        )
    if not items:
        return ""
    return (
        '<section aria-labelledby="superseded"><h2 id="superseded">Superseded</h2>'
        f"<ul>{''.join(items)}</ul></section>"
    )


def _checks(result: Result) -> str:
    return _section("checks", "".join(_meanings(result)))


def _meanings(result: Result) -> Iterator[str]:
    yield "<dl>"
    for check in CHECKS:
        left_out = " Left out of this run." if check.id in result.skipped else ""
        yield f'<dt id="about-{check.id}">{check.id}</dt><dd>{text(check.meaning)}{left_out}</dd>'
    yield "</dl><h3>States</h3><dl>"
    for state, meaning in _EXPLAINED.items():
        yield f"<dt>{tag(state)}</dt><dd>{meaning}</dd>"
    yield "</dl>"
