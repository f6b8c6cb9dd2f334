# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where the units of a cooperative approach are, as one HTML page that an official can read.

The page needs nothing from elsewhere: no script, no image, no font. Everything that somebody else
wrote is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final

from broker.reports.fates import Holder
from broker.reports.forms import moment, number
from broker.reports.visibility import Source, Totals

_STYLE: Final = """
:root { --held: #2f6f9f; --used: #3d8b57; --cancelled: #b9722d; --ink: #1c2733; --soft: #5b6875;
  --line: #d9dfe5; --ground: #f6f8fa; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem;
  margin: 1.5rem 0 0; padding: 0; }
.figures div { background: #fff; border: 1px solid var(--line); border-radius: .5rem;
  padding: .8rem 1rem; }
.figures dt { color: var(--soft); font-size: .9rem; }
.figures dd { margin: 0; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.legend span { display: inline-block; margin-right: 1.25rem; font-size: .92rem; }
.legend i, .bar i { display: inline-block; height: .8rem; }
.legend i { width: .8rem; border-radius: .15rem; margin-right: .4rem; vertical-align: -.05rem; }
.held { background: var(--held); } .used { background: var(--used); }
.cancelled { background: var(--cancelled); }
.chart { background: #fff; border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem; }
.row { display: grid; grid-template-columns: 12.5rem 1fr 7rem; gap: 1rem; align-items: center;
  padding: .4rem 0; }
.row b { font-weight: 600; } .row small { display: block; color: var(--soft); line-height: 1.2; }
.bar { display: flex; background: #eef1f4; border-radius: .2rem; overflow: hidden; }
.bar i { height: 1.35rem; min-width: 1px; } .bar i[style="width:0%"] { display: none; }
.row .sum { text-align: right; font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; background: #fff; border: 1px solid var(--line); }
th, td { text-align: left; padding: .5rem .75rem; border-bottom: 1px solid var(--line); }
th { font-size: .88rem; color: var(--soft); font-weight: 600; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.note { border-left: 4px solid #c0392b; background: #fff; padding: .7rem 1rem; margin: 1.5rem 0 0; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .9rem; }
@media print { body { background: #fff; } }
@media (max-width: 40rem) { .row { grid-template-columns: 1fr; gap: .2rem; }
  .row .sum { text-align: left; } }
"""
_FATES: Final = (("held", "held"), ("used", "used"), ("cancelled", "cancelled"))


def page(
    approach: str,
    title: str,
    totals: Totals,
    holders: Sequence[Holder],
    claims: int,
    made: datetime,
) -> str:
    """The page.

    Args:
        approach: Id of the cooperative approach.
        title: Its name, as the operator stated it.
        totals: What became of its units.
        holders: Who has how many, by source.
        claims: Units that are reported although somebody else holds them.
        made: When the page was made.
    """
    most = max((each.units for each in holders), default=0)
    name = f"{approach}: {title}" if title else approach
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            (
                '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
                " style-src 'unsafe-inline'\">"
            ),
            f"<title>Units of {escape(name)}</title><style>{_STYLE}</style></head><body><main>",
            f"<h1>Where the units of {escape(approach)} are</h1>",
            f'<p class="soft">{escape(title)}</p>' if title else "",
            _figures(totals),
            _claims(claims),
            "<h2>By registry</h2>",
            _chart(holders, most),
            "<h2>The same in figures</h2>",
            _table(holders),
            (
                f"<footer><p>Made {moment(made)} from the clearing-house's ledger and the reports of"
                " registries. In the totals a unit counts once: where the ledger and a report both have"
                " it, by the ledger.</p></footer>"
            ),
            "</main></body></html>",
            "",
        ]
    )


def _figures(totals: Totals) -> str:
    figures = (
        ("Units", totals.issued),
        ("Held", totals.held),
        ("Used", totals.used),
        ("Cancelled", totals.cancelled),
        ("First transferred", totals.first_transferred),
    )
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{number(value)}</dd></div>" for name, value in figures
    )
    return f'<dl class="figures">{cells}</dl>'


def _claims(claims: int) -> str:
    if not claims:
        return ""
    verb = "unit is" if claims == 1 else "units are"
    return (
        f'<p class="note"><b>{number(claims)} {verb} reported by a registry although somebody else'
        " holds them.</b> They count once in the totals; below they show where each source has"
        " them. See <code>broker sharing --findings</code>.</p>"
    )


def _chart(holders: Iterable[Holder], most: int) -> str:
    legend = "".join(f'<span><i class="{css}"></i>{word}</span>' for css, word in _FATES)
    rows = [
        f'<div class="row"><div><b>{escape(each.registry)}</b>'
        f"<small>{escape(_source(each.source))}</small></div>"
        f'<div class="bar" role="img" aria-label="{_spoken(each)}">{_parts(each, most)}</div>'
        f'<div class="sum">{number(each.units)}</div></div>'
        for each in holders
    ]
    body = "".join(rows) or '<p class="soft">No units exist.</p>'
    return f'<p class="legend">{legend}</p><div class="chart">{body}</div>'


def _parts(holder: Holder, most: int) -> str:
    return "".join(
        f'<i class="{css}" style="width:{_percent(getattr(holder, css), most)}%"'
        f' title="{word}: {number(getattr(holder, css))}"></i>'
        for css, word in _FATES
    )


def _percent(part: int, whole: int) -> str:
    """Hundredths of a per cent by whole numbers; 0 only where there is nothing."""
    if not part:
        return "0"
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _spoken(holder: Holder) -> str:
    return (
        f"{escape(holder.registry)}: {number(holder.held)} held, {number(holder.used)} used,"
        f" {number(holder.cancelled)} cancelled"
    )


def _table(holders: Iterable[Holder]) -> str:
    rows = "".join(
        f"<tr><td>{escape(each.registry)}</td><td>{escape(_source(each.source))}</td>"
        f'<td class="n">{number(each.held)}</td><td class="n">{number(each.used)}</td>'
        f'<td class="n">{number(each.cancelled)}</td><td class="n">{number(each.units)}</td></tr>'
        for each in holders
    )
    heads = "".join(
        f'<th scope="col"{css}>{head}</th>'
        for head, css in (
            ("Registry", ""),
            ("Source", ""),
            *((word, ' class="n"') for word in ("Held", "Used", "Cancelled", "Units")),
        )
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _source(source: Source) -> str:
    if source.as_of is None:
        return "ledger"
    return f"reported as of {moment(source.as_of)}"
