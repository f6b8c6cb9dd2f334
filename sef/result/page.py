# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The result of a check as one page that can be filed: what was checked, by what, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from itmo import pages
from itmo.pages import number, text
from sef.checks.comparison import Comparison, State
from sef.faults import CATALOGUE, Finding
from sef.result.document import Result
from sef.result.marks import CLASSES, MARKS, WORDS
from sef.result.wording import cells, difference, plural

SHOWN: Final = 200
"""Findings of one submission on the page; a browser copes with so many. The JSON result has all."""
_EXPLAINED: Final = {
    State.EVEN: "both sums are equal",
    State.BROKEN: "the sums differ, and nothing explains it",
    State.OPEN: "the sums differ, and something that was not given may explain it",
    State.REMARK: "worth knowing, and no fault of the report",
}
_FOOT: Final = """<p>The ties follow from the reporting instructions of the standard electronic format.
This page is made by a clearing-house from the files named above; it is no result of the
secretariat.</p>"""


def page(result: Result) -> str:
    """The whole page."""
    body = (_submissions(result), _findings(result), _form(result), _ties(result))
    return pages.page(
        title="Check of the standard electronic format",
        regime="Kyoto Protocol, Article 7.1: information on Kyoto Protocol units",
        head=_head(result),
        body="\n".join(body),
        foot=_FOOT,
    )


def _tag(state: State) -> str:
    return f'<span class="tag {CLASSES[state]}">{MARKS[state]} {WORDS[state]}</span>'


def _section(name: str, title: str, *parts: str) -> str:
    body = "\n".join(parts)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{title}</h2>\n{body}\n</section>'


def _head(result: Result) -> str:
    judgement = result.judgement
    order = (State.BROKEN, State.OPEN)
    worst = next((each for each in order if judgement.count(each)), State.EVEN)
    if worst is State.EVEN and judgement.faults:
        worst = State.OPEN
    found = ", ".join(
        (
            plural(judgement.count(State.BROKEN), "broken tie"),
            plural(judgement.count(State.OPEN), "open question"),
            plural(judgement.faults, "finding") + " on the format",
            *([f"advice on {plural(judgement.advice, 'file name')}"] if judgement.advice else []),
        )
    )
    known: list[pages.Fact] = [
        ("Submissions", number(len(judgement.file.filed))),
        ("Compared", f"{number(len(judgement.comparisons))} times two sums of cells"),
        ("Made", pages.moment(result.made)),
        ("Program", text(result.program)),
        ("Not compared", "<br>".join(map(text, result.not_compared()))),
    ]
    verdict = "Every tie holds" if result.clean else "Findings"
    return (
        f'<p class="verdict {CLASSES[worst]}">{MARKS[worst]} {verdict}: {found}</p>\n'
        f"{pages.facts(known)}"
    )


def _submissions(result: Result) -> str:
    judgement = result.judgement
    rows = []
    for filed in judgement.file.filed:
        newer = judgement.file.superseded.get(filed)
        state = (
            f"gave way to version {newer.header.version}" if newer else _tag(result.state(filed))
        )
        tally = judgement.tally(filed)
        rows.append(
            (
                text(filed.name),
                state,
                number(sum(tally.values())),
                number(tally[State.BROKEN]),
                number(len(filed.findings)),
                text(f"{filed.submission.source} ({filed.submission.layout})"),
            )
        )
    headings = ("Submission", "State", "Compared", "Broken", "Format findings", "Source")
    files = [(text(f.name), number(f.size), pages.digest(f.digest)) for f in result.files]
    return _section(
        "submissions",
        "Submissions",
        pages.table("What was checked", headings, rows, {2, 3, 4}),
        pages.table(
            "Files as they were when they were read", ("File", "Bytes", "SHA-256"), files, {1}
        )
        if files
        else "",
    )


def _findings(result: Result) -> str:
    parts = []
    for filed in result.judgement.file.current.values():
        found = result.judgement.of(filed)
        if found:
            parts.append(f"<h3>{text(filed.name)}</h3>")
            parts += [_card(result, each) for each in found[:SHOWN]]
        if len(found) > SHOWN:
            parts.append(
                f"<p>{plural(len(found) - SHOWN, 'more finding')}; the JSON result has them.</p>"
            )
    return _section("findings", "What does not tie", *(parts or ["<p>Every tie holds.</p>"]))


def _card(result: Result, comparison: Comparison) -> str:
    tie = next(each for each in result.judgement.ties if each.id == comparison.check)
    facts: list[pages.Fact] = [
        ("Found", text(difference(comparison))),
        ("Where", "<br>".join(map(text, cells(comparison)))),
        ("Open", text(comparison.missing) if comparison.state is State.OPEN else ""),
        ("What to do", text(tie.remedy)),
    ]
    return (
        f'<article class="card {CLASSES[comparison.state]}-edge"><p>{_tag(comparison.state)}</p>'
        f'<p class="what">{text(tie.title)}: {text(comparison.what)}</p>'
        f'<p class="soft"><code>{text(tie.id)}</code></p>{pages.facts(facts)}</article>'
    )


def _form(result: Result) -> str:
    parts = []
    for filed in result.judgement.file.filed:
        if filed.findings:
            parts.append(
                f'<h3>{text(filed.name)} <span class="soft">{text(filed.submission.source)}</span></h3>'
            )
            rows = list(map(_fault, filed.findings[:SHOWN]))
            headings = ("Where", "What", "Found", "Expected", "What to do")
            parts.append(pages.table("", headings, rows))
        if len(filed.findings) > SHOWN:
            parts.append(
                f"<p>{plural(len(filed.findings) - SHOWN, 'more finding')}; the JSON result has them.</p>"
            )
    return _section(
        "form",
        "Format of the files",
        *(parts or ["<p>Every file is written as the format demands.</p>"]),
    )


def _fault(finding: Finding) -> tuple[str, ...]:
    entry = CATALOGUE[finding.fault]
    what = f"{finding.what}: {entry.meaning}" if finding.what else entry.meaning
    # Names of sheets are longer than a column of a narrow screen; they may go on below.
    place = text(finding.place).replace("_", "_<wbr>")
    return (place, *map(text, (what, finding.found, entry.expected, entry.remedy)))


def _ties(result: Result) -> str:
    return _section("ties", "What the ties mean", "".join(_meanings(result)))


def _meanings(result: Result) -> Iterator[str]:
    yield "<dl>"
    for tie in result.judgement.ties:
        yield f'<dt>{tie.id}</dt><dd>{text(tie.meaning)} <span class="soft">{text(tie.citation)}</span></dd>'
    yield "</dl><h3>States</h3><dl>"
    for state, meaning in _EXPLAINED.items():
        yield f"<dt>{_tag(state)}</dt><dd>{meaning}</dd>"
    yield "</dl>"
