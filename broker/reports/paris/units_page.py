# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where the units of a cooperative approach are, as one HTML page that an official can read.

It has the style of every page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from broker.reports.paris.fates import Holder
from broker.reports.paris.visibility import Source, Totals
from itmo import pages
from itmo.forms import moment
from itmo.forms import number as plain
from itmo.log_position import LogPosition
from itmo.pages import attribute, number, text

_STYLE: Final = """
:root { --held: #2f6f9f; --used: #3d8b57; --cancelled: #b9722d; }
.figures { grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; }
.figures div { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem 1rem; }
.figures dd { font-size: 1.35rem; margin: 0; }
.legend span { display: inline-block; margin-right: 1.25rem; }
.legend i, .bar i { display: inline-block; height: .8rem; }
.legend i { width: .8rem; border-radius: .15rem; margin-right: .4rem; vertical-align: -.05rem; }
.held { background: var(--held); } .used { background: var(--used); }
.cancelled { background: var(--cancelled); }
.row { display: grid; grid-template-columns: 14rem minmax(0, 1fr) auto; gap: 1rem;
  align-items: center; padding: .4rem 0; }
.row small { display: block; color: var(--soft); line-height: 1.3; }
.bar { display: flex; background: var(--old-bg); border-radius: .2rem; overflow: hidden; }
.bar i { height: 1.35rem; min-width: 1px; } .bar i[style="width:0%"] { display: none; }
@media (max-width: 44rem) { .row { grid-template-columns: minmax(0, 1fr); gap: .2rem; }
  .row .number { text-align: left; } }
"""
_FATES: Final = (("held", "held"), ("used", "used"), ("cancelled", "cancelled"))


def page(
    approach: str,
    title: str,
    totals: Totals,
    holders: Sequence[Holder],
    claims: int,
    made: datetime,
    position: LogPosition,
) -> str:
    """The page.

    Args:
        approach: Id of the cooperative approach.
        title: Its name, as the operator stated it.
        totals: What became of its units.
        holders: Who has how many, by source.
        claims: Units that are reported although somebody else holds them.
        made: When the page was made.
        position: How far the log went then.
    """
    most = max((each.units for each in holders), default=0)
    known = [("Approach", text(" ".join(filter(None, (approach, title)))))]
    return pages.page(
        title=f"Where the units of {approach} are",
        regime="Paris Agreement, Article 6: units of a cooperative approach",
        head=pages.facts([*known, ("Made", pages.moment(made)), position.fact()]),
        body="\n".join(
            (
                _figures(totals),
                _claims(claims),
                "<h2>By registry</h2>",
                _chart(holders, most),
                "<h2>The same in figures</h2>",
                _table(holders),
            )
        ),
        foot="<p>From the clearing-house's ledger and the reports of registries. In the totals a unit"
        " counts once: where the ledger and a report both have it, by the ledger.</p>",
        style=_STYLE,
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
        f'<p class="card bad-edge"><b>{number(claims)} {verb} reported by a registry although somebody else'
        " holds them.</b> They count once in the totals; below they show where each source has"
        " them. See <code>broker sharing --findings</code>.</p>"
    )


def _chart(holders: Iterable[Holder], most: int) -> str:
    legend = "".join(f'<span><i class="{css}"></i>{word}</span>' for css, word in _FATES)
    rows = [
        f'<div class="row"><div><b>{text(each.registry)}</b>'
        f"<small>{text(_source(each.source))}</small></div>"
        f'<div class="bar" role="img" aria-label="{_spoken(each)}">{_parts(each, most)}</div>'
        f'<div class="number">{number(each.units)}</div></div>'
        for each in holders
    ]
    body = "".join(rows) or '<p class="soft">No units exist.</p>'
    return f'<p class="legend">{legend}</p><div class="card">{body}</div>'


def _parts(holder: Holder, most: int) -> str:
    return "".join(
        f'<i class="{css}" style="width:{_percent(getattr(holder, css), most)}%"'
        f' title="{word}: {plain(getattr(holder, css))}"></i>'
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
        f"{attribute(holder.registry)}: {plain(holder.held)} held, {plain(holder.used)} used,"
        f" {plain(holder.cancelled)} cancelled"
    )


def _table(holders: Iterable[Holder]) -> str:
    rows = (
        (
            text(each.registry),
            text(_source(each.source)),
            *map(number, (each.held, each.used, each.cancelled, each.units)),
        )
        for each in holders
    )
    headings = ("Registry", "Source", "Held", "Used", "Cancelled", "Units")
    return pages.table("", headings, rows, range(2, len(headings)))


def _source(source: Source) -> str:
    if source.as_of is None:
        return "ledger"
    return f"reported as of {moment(source.as_of)}"
