# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The frame of every page that the programs write: one style, one look for numbers, one head.

A page stands alone, so that it can be filed: no script, no picture, no address that is loaded from
elsewhere, and a policy that forbids any. It fits a screen of any width and an A4 sheet. Whatever
somebody else wrote is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final

from itmo import forms
from itmo.legible import printable

Fact = tuple[str, str]
"""A name and what it is, as HTML."""

_DIGEST_PART: Final = 16
"""Digits of a digest between which a line may end; four parts are a SHA-256."""
LONGEST_WORD: Final = 36
"""Characters of an id that fit in a line of the narrowest screen; longer ones end at a hyphen."""
_ON_ONE_SHEET: Final = 16
"""Rows of a table that is not begun at the foot of a printed sheet."""
_PIECE: Final = 16
"""Characters of a word longer than any line, between which a line may end."""
_WHOLE: Final = re.compile(
    r"(?P<long>\S{60,})"
    r"|(?<![\d.])\d{1,3}(?: \d{3})+(?!\d)"  # a number with its thousands apart
    r"|\b\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?Z?"  # a moment
    r"|\b\d{1,2} [A-Z][a-z]{2} \d{4}\b"  # a day
    r"|\b(?:cell|row|version) [A-Z]{0,3}[\d.]*\d\b"
    r"|\+\d[\d ]{5,20}\d"  # a telephone number
    r"|(?<!\w)\w+(?:[-/.:]\w+)+",  # an id, a date, two years
    re.ASCII,
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
STYLE: Final = """
:root { color-scheme: light; --ink: #1b2733; --soft: #56646f; --line: #d3dae0; --paper: #fff;
  --shade: #f4f7f9; --accent: #1f5c7a; --good: #0f5132; --good-bg: #e3f4e8; --bad: #8a1c1c;
  --bad-bg: #fdeaea; --open: #6b4d00; --open-bg: #fff4d6; --old: #56646f; --old-bg: #eef1f4; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); border-top: 6px solid var(--accent);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: break-word; }
main, header, footer { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.75rem; }
footer { margin-top: 2.5rem; padding-bottom: 3rem; color: var(--soft); font-size: .9rem; }
.regime { margin: 0; color: var(--soft); font-weight: 600; font-size: .85rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .25rem 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
p { margin: .4rem 0; max-width: 60rem; }
a { color: #0a4f9e; }
a:focus-visible { outline: 3px solid #0a4f9e; outline-offset: 2px; }
.soft { color: var(--soft); }
.q { white-space: nowrap; font-variant-numeric: tabular-nums; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; }
nav ul { list-style: none; padding: 0; margin: .75rem 0; display: flex; flex-wrap: wrap;
  gap: .25rem 1.25rem; }
code { font: .92em/1.4 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
dl { margin: .4rem 0 0; display: grid; grid-template-columns: 9rem minmax(0, 1fr);
  gap: .15rem .75rem; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; }
.tag, .verdict { display: inline-block; padding: 0 .5rem; border-radius: .3rem; font-weight: 600;
  white-space: nowrap; font-size: .88rem; }
.verdict { font-size: 1rem; padding: .4rem .9rem; margin: .5rem 0; white-space: normal;
  border: 1px solid currentColor; }
.good { color: var(--good); background: var(--good-bg); }
.bad { color: var(--bad); background: var(--bad-bg); }
.open { color: var(--open); background: var(--open-bg); }
.old { color: var(--old); background: var(--old-bg); }
.card { border: 1px solid var(--line); border-left: .35rem solid var(--line);
  border-radius: .4rem; padding: .5rem .9rem .7rem; margin: .6rem 0; }
.card.bad-edge { border-left-color: var(--bad); }
.card.open-edge { border-left-color: #b58100; }
.card p { margin: .25rem 0; }
.card .what { font-weight: 600; max-width: none; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; margin: .75rem 0; }
caption { text-align: left; padding: .4rem 0; color: var(--soft); }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
thead th { background: var(--shade); }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.group th { background: var(--shade); font-weight: 600; }
@media (max-width: 44rem) {
  h1 { font-size: 1.35rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .35rem; }
  table, tbody, tr, caption { display: block; }
  thead { position: absolute; left: -999rem; }
  tbody tr { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0;
    padding: .25rem .6rem; }
  tbody th, tbody td { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .5rem;
    border: 0; padding: .15rem 0; }
  tbody th[scope=row] { font-weight: 600; }
  tbody .number { text-align: left; }
  tbody th[data-label]::before, tbody td[data-label]::before { content: attr(data-label);
    color: var(--soft); font-weight: 400; white-space: normal; }
  tbody th:not([data-label]), tbody td:not([data-label]) { display: block; }
}
@media print {
  body { font-size: 10pt; border-top: 0; }
  main, header, footer { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .card, tr, table.short { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  thead { display: table-header-group; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  @page { size: A4; margin: 16mm; }
}
"""
"""Below 44 rem a table is a list of its rows; words and numbers are never broken, digests in between
their parts."""


def text(value: object) -> str:
    """Text of others as HTML: escaped, no control characters, numbers and ids kept in one piece."""
    raw, made, at = printable(value), [], 0
    for found in _WHOLE.finditer(raw):
        made += [escape(raw[at : found.start()]), _kept(found)]
        at = found.end()
    return "".join((*made, escape(raw[at:])))


def _kept(found: re.Match[str]) -> str:
    whole = found[0]
    if found["long"]:
        pieces = (whole[at : at + _PIECE] for at in range(0, len(whole), _PIECE))
        return "<wbr>".join(map(escape, pieces))
    return whole if len(whole) > LONGEST_WORD else f'<span class="q">{escape(whole)}</span>'


def attribute(value: object) -> str:
    """Text of others as the value of an attribute or as a title."""
    return escape(printable(value), quote=True)


def number(value: int) -> str:
    """A whole number as HTML, with its thousands apart and never broken."""
    return f'<span class="q">{forms.number(value)}</span>'


def digest(value: str) -> str:
    """A digest in hexadecimal as HTML; a line may end between its parts."""
    parts = (value[at : at + _DIGEST_PART] for at in range(0, len(value), _DIGEST_PART))
    return f"<code>{'<wbr>'.join(map(attribute, parts))}</code>"


def moment(value: datetime) -> str:
    """A time as people read it, UTC and to the second, as HTML."""
    return f'<span class="q">{forms.moment(value)}</span>'


def facts(pairs: Iterable[Fact]) -> str:
    """Names and values below each other; what is empty is left out."""
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs if value)
    return f"<dl>{listed}</dl>"


def table(
    caption: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Collection[int] = (),
) -> str:
    """A table whose first column names the row; on a narrow screen each row is a list.

    Args:
        caption: What it shows; plain text.
        headings: Of its columns; plain text, all of them empty for a table without.
        rows: Cells as HTML.
        numbers: Columns that hold numbers, from 0.
    """
    shown = [' class="number"' if at in numbers else "" for at in range(len(headings))]
    head = "".join(
        f'<th scope="col"{kind}>{text(each)}</th>'
        for each, kind in zip(headings, shown, strict=True)
    )
    made = [f"<tr>{_cells(headings, row, shown)}</tr>\n" for row in rows]
    captioned = f"<caption>{text(caption)}</caption>" if caption else ""
    headed = f"<thead><tr>{head}</tr></thead>" if any(headings) else ""
    kind = ' class="short"' if len(made) <= _ON_ONE_SHEET else ""
    return f"<table{kind}>{captioned}{headed}\n<tbody>{''.join(made)}</tbody></table>"


def _cells(headings: Sequence[str], row: Sequence[str], shown: Sequence[str]) -> str:
    cells = []
    for at, (name, cell, kind) in enumerate(zip(headings, row, shown, strict=True)):
        label = f' data-label="{attribute(name)}"' if name else ""
        tag, scope = ("td", "") if at else ("th", ' scope="row"')
        cells.append(f"<{tag}{scope}{kind}{label}><span>{cell}</span></{tag}>")
    return "".join(cells)


def page(
    *,
    title: str,
    regime: str,
    head: str,
    body: str,
    foot: str,
    style: str = "",
) -> str:
    """A whole page.

    Args:
        title: What it is; plain text.
        regime: Under what law, in a line above the title; plain text.
        head: What stands below the title, as HTML: state, date, place in the log.
        body: The rest, as HTML.
        foot: What the reader must know of how it was made, as HTML.
        style: What this page needs besides the common style.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{attribute(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<a class="skip" href="#main">To the contents</a>
<header>
<p class="regime">{text(regime)}</p>
<h1>{text(title)}</h1>
{head}
</header>
<main id="main">
{body}
</main>
<footer>
{foot}
</footer>
</body>
</html>
"""
