# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a check as one self-contained page: no script, nothing loaded, all input escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Final

from broker.reports.aef.checks.catalogue import CHECKS
from broker.reports.aef.checks.filed import Filed
from broker.reports.aef.checks.judging import Finding, Superseding
from broker.reports.aef.checks.states import ConsistencyCheck, Reference, State
from broker.reports.aef.result.document import Result, where
from broker.reports.aef.result.kinds import Kind, kinds_of
from broker.reports.aef.result.style import STYLE
from broker.reports.legible import printable

SHOWN: Final = 100
"""Findings of one check for one Party on the page; a browser copes with what 25 such lists hold. The
JSON result has all of them."""
_MARKS: Final = {
    State.CONSISTENT: "✓",
    State.INCONSISTENT: "✗",
    State.UNDETERMINED: "?",
    State.SUPERSEDED: "»",
}
_EXPLAINED: Final = {
    State.CONSISTENT: "the check found nothing wrong, and nothing that it needed was missing",
    State.INCONSISTENT: "records contradict each other or a rule; the finding says where",
    State.UNDETERMINED: "something that the check needs was not given or cannot be read, such as the"
    " report of the other Party; this is never counted as consistent",
    State.SUPERSEDED: "a newer version of the same Party and year has taken the submission's place",
}


def text(value: object) -> str:
    """Text of others, escaped: no markup, no control characters."""
    return escape(printable(value), quote=True)


def page(result: Result) -> str:
    """The whole page."""
    parts = (
        _head(result),
        _submissions(result),
        _matrix(result),
        _findings(result),
        _syntax(result),
        _rules(result),
        _superseded(result.judgement.superseded),
        _checks(result),
        _foot(),
    )
    return "\n".join(parts)


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}".replace(",", " ")


def _state(result: Result) -> State:
    states = {result.judgement.overall(each) for each in result.judgement.file.current}
    order = (State.INCONSISTENT, State.UNDETERMINED)
    return next((each for each in order if each in states), State.CONSISTENT)


def _head(result: Result) -> str:
    state, judgement = _state(result), result.judgement
    found = (
        f"{_plural(result.count(State.INCONSISTENT), 'inconsistency')}".replace("ys", "ies")
        + f", {_plural(result.count(State.UNDETERMINED), 'open question')}"
        + f", {_plural(result.syntax_findings, 'finding')} on the format"
    )
    owners = ", ".join(text(owner) for owner in result.by_owner())
    sections = ["submissions", "matrix", "findings", "syntax"]
    sections += ["rules", "checks"] if result.rules else ["checks"]
    links = "".join(f'<li><a href="#{name}">{_TITLES[name]}</a></li>' for name in sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>Check of the agreed electronic format: {state.value.lower()}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#findings">To the findings</a>
<header>
<h1>Check of the agreed electronic format</h1>
<p class="soft">Article 6.2 annual information (4/CMA.6 annex II):
{_plural(len(judgement.file.filed), "submission")},
{_plural(len(CHECKS) - len(result.skipped), "consistency check")}.</p>
<p class="verdict {state.value}">{_MARKS[state]} {state.value.capitalize()}: {found}</p>
<p>{f"To act: {owners}." if owners else "Nobody has to act."}</p>
<nav aria-label="Contents"><ul>{links}</ul></nav>
</header>
<main>"""


_TITLES: Final = {
    "submissions": "Submissions",
    "matrix": "Checks by submission",
    "findings": "Findings by Party",
    "syntax": "Format of the files",
    "rules": "Deadlines and versions",
    "checks": "What the checks mean",
}


def _section(name: str, *parts: str) -> str:
    body = "\n".join(parts)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{_TITLES[name]}</h2>\n{body}\n</section>'


def _table(caption: str, headings: Iterable[str], rows: Iterable[str], kind: str = "prose") -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in headings)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}">'
        f'<table class="{kind}"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _tag(state: State) -> str:
    return f'<span class="tag {state.value}">{_MARKS[state]} {state.value.lower()}</span>'


def _submissions(result: Result) -> str:
    headings = (
        "Party", "Year", "Version", "State", "Submitted", "Rows", "Format findings", "Source",
    )  # fmt: skip
    rows = []
    for filed in result.judgement.file.filed:
        said, heading = filed.submission, filed.submission.heading
        kinds = {
            "authorization": len(said.authorizations),
            "action": len(said.actions),
            "holding": len(said.holdings),
        }
        counted = ", ".join(_plural(count, word) for word, count in kinds.items())
        submitted = f"{heading.submitted:%d/%m/%Y}" if heading.submitted else "not stated"
        layout = " (earlier three-table layout)" if said.draft_layout else ""
        rows.append(
            f'<tr><th scope="row">{text(filed.party)}</th><td>{text(filed.year_text)}</td>'
            f"<td>{text(heading.version or 'none')}</td>"
            f"<td>{_tag(result.judgement.overall(filed))}</td><td>{submitted}</td>"
            f'<td>{counted}</td><td class="number">{len(filed.syntax)}</td>'
            f"<td>{text(said.source)}{layout}</td></tr>"
        )
    return _section("submissions", _table("What was checked", headings, rows, "files"))


def _matrix(result: Result) -> str:
    file = result.judgement.file
    counts: Counter[tuple[str, int]] = Counter(
        (finding.check.id, filed.number)
        for finding in result.judgement.findings
        for filed in finding.note.about
    )
    headings = ["Check", *(f"{text(each.party)}<br>{text(each.year_text)}"
                           f"<br>{text(each.submission.heading.version)}" for each in file.filed)]  # fmt: skip
    rows = []
    for group, checks in groupby(CHECKS, key=lambda check: check.group):
        rows.append(
            f'<tr class="group"><th scope="rowgroup" colspan="{len(headings)}">'
            f"{text(group.value[0].upper() + group.value[1:])}</th></tr>"
        )
        for check in checks:
            cells = "".join(_cell(result, check, each, counts) for each in file.filed)
            rows.append(
                f'<tr><th scope="row"><a href="#about-{check.id}">{check.id}</a>'
                f' <span class="title">{text(check.title)}</span></th>{cells}</tr>'
            )
    overall = "".join(
        f'<td class="{state.value}">{_MARKS[state]} {state.value.lower()}</td>'
        for state in map(result.judgement.overall, file.filed)
    )
    rows.append(f'<tr class="group"><th scope="row">All checks</th>{overall}</tr>')
    return _section(
        "matrix", _table("State of every check for every submission", headings, rows, "matrix")
    )


def _cell(
    result: Result, check: ConsistencyCheck, filed: Filed, counts: Counter[tuple[str, int]]
) -> str:
    state = result.judgement.states[filed].get(check.id)
    if state is None:
        return '<td class="LEFT_OUT">left out</td>'
    count = counts[check.id, filed.number]
    words = state.value.lower()
    if count:
        words = f'<a href="#{check.id}">{words}</a> ({count})'
    return f'<td class="{state.value}">{_MARKS[state]} {words}</td>'


def _findings(result: Result) -> str:
    if not result.judgement.findings:
        return _section("findings", "<p>There are none.</p>")
    anchors: set[str] = set()
    parts = [
        (
            "<p>Grouped by the Party that is to act. A finding names both sides: where it was found, and"
            " what it was compared with.</p>"
        )
    ]
    for owner, checks in result.by_owner().items():
        states = Counter(each.note.state for found in checks.values() for each in found)
        tally = ", ".join(f"{count} {state.value.lower()}" for state, count in states.items())
        parts.append(f'<h3>{text(owner)} <span class="soft">({tally})</span></h3>')
        for check_id, found in checks.items():
            anchor = "" if check_id in anchors else f' id="{check_id}"'
            anchors.add(check_id)
            check = found[0].check
            parts.append(f"<h4{anchor}>{check_id}: {text(check.title)}</h4>")
            parts += [_finding(each) for each in found[:SHOWN]]
            if len(found) > SHOWN:
                more = _plural(len(found) - SHOWN, "more finding")
                parts.append(f"<p>{more} of this check; the JSON result has them.</p>")
    return _section("findings", *parts)


def _finding(finding: Finding) -> str:
    note = finding.note
    said = note.found or f"Missing: {note.missing}"
    said = said[0].upper() + said[1:]
    facts = [("Expected", text(note.expected)), ("Where", _place(note.here))]
    if note.there:
        facts.append(("Other side", "<br>".join(map(_place, note.there))))
    if finding.also:
        facts.append(("Also", "<br>".join(map(_place, finding.also))))
    if finding.rows > 1:
        facts.append(("Rows", f"{finding.rows:,}".replace(",", " ")))
    if note.missing:
        facts.append(("Missing", text(note.missing)))
    facts.append(("What to do", text(finding.remedy)))
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    return (
        f'<article class="finding is-{note.state.value}"><p>{_tag(note.state)}</p>'
        f'<p class="what">{text(said)}</p><dl>{listed}</dl></article>'
    )


def _place(reference: Reference) -> str:
    says = f": {text(reference.text)}" if reference.text else ""
    return f"{text(where(reference))}{says}"


def _syntax(result: Result) -> str:
    parts = []
    for filed in result.judgement.file.filed:
        if not filed.syntax:
            continue
        parts.append(
            f'<h3>{text(filed.name)} <span class="soft">{text(filed.submission.source)}</span></h3>'
        )
        parts += map(_kind, kinds_of(filed.syntax))
    return _section("syntax", *(parts or ["<p>Every file is written as the format demands.</p>"]))


def _kind(kind: Kind) -> str:
    facts = (
        ("Found", kind.said()),
        ("Where", kind.where()),
        ("Expected", [kind.expected]),
        ("What to do", [kind.remedy]),
    )
    listed = "".join(
        f"<dt>{name}</dt><dd>{'<br>'.join(map(text, said))}</dd>" for name, said in facts
    )
    return (
        f'<article class="finding"><p><code>{text(kind.code)}</code> {text(kind.count)}</p>'
        f'<p class="what">{text(kind.meaning)}</p><dl>{listed}</dl></article>'
    )


def _rules(result: Result) -> str:
    if not result.rules:
        return ""
    rows = [
        f"<tr><td>{text(each.trouble.where)}</td><td>{text(each.trouble.found)}</td>"
        f"<td>{text(each.trouble.expected)}</td><td>{text(each.check.id)}:"
        f" {text(each.check.remedy)}</td></tr>"
        for each in result.rules
    ]
    headings = ("Submission", "Found", "Expected", "Rule and what to do")
    return _section("rules", _table("Rules besides the 25 checks", headings, rows))


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
        yield f"<dt>{_tag(state)}</dt><dd>{meaning}</dd>"
    yield "</dl>"


def _foot() -> str:
    return """</main>
<footer>
<p>The checks are those of the Article 6 database as the Article 6.2 Reference Manual lists them. This
page is made by a clearing-house from the files named above; it is no result of the secretariat.</p>
</footer>
</body>
</html>
"""
