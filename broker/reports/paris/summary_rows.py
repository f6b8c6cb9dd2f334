# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The structured summary as a table: the rows of table 4, as text, as data and as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Final

from broker.adjustments.entries import GHG
from broker.regime.paris.adjustments.summary import MADE_OF, YearSummary, figure
from broker.reports.paris.structured_summary import Summary
from itmo import pages
from itmo.forms import Json, as_json, fraction, moment, number
from itmo.log_position import LogPosition

ROWS: Final[Mapping[str, str]] = {
    "trajectory_single_year": "Trajectory or budget, single-year NDC",
    "trajectory_multi_year": "Trajectory or budget, multi-year NDC",
    "inventory": "Inventory",
    "inventory_part": "Part of the inventory (para 10)",
    "first_transferred": "ITMOs first transferred",
    "other_purposes": "Outcomes authorized for other purposes",
    "used": "Outcomes used",
    "cers_used": "of it, certified emission reductions",
    "net": "Net, by year of first transfer",
    "average": "Average over elapsed years",
    "total_adjustment": "Total adjustment, by vintage",
    "outside_scope": "of it, outside the scope of the NDC",
    "cumulative_net": "Cumulative net of the period",
    "adjustment": "Adjustment that applies",
    "emissions_balance": "Emissions balance",
}
"""Rows in their order, by the name of the figure."""

_ABREAST: Final = 5
"""Years beside each other on a page; the others stand in a table below."""


def rows(summary: Summary) -> Iterator[tuple[str, str, list[str]]]:
    """Each row: its name, its label, and its figures as text, one for each year."""
    for name, label in ROWS.items():
        shown = label
        if summary.metric != GHG:
            shown = {"inventory": "Indicator", "emissions_balance": "Adjusted indicator"}.get(
                name, label
            )
        yield name, shown, [_text(figure_of(column, name)) for column in summary.columns]


def status(summary: Summary, column: YearSummary) -> str:
    """What a year's adjustment is worth."""
    if column.adjustment is None:
        return "not known"
    if not column.adjustment.effective:
        return "indicative"
    return "final" if summary.final else "not final"


def as_data(summary: Summary) -> dict[str, Json]:
    """The summary as JSON-ready data."""
    period = summary.period
    return {
        "party": summary.party,
        "metric": summary.metric,
        "as_of": as_json(summary.as_of),
        "period": as_json(period),
        "final": summary.final,
        "years": [
            {
                **{name: as_json(figure_of(column, name)) for name in ROWS},
                "year": column.year,
                "status": status(summary, column),
            }
            for column in summary.columns
        ],
        "period_total": as_json(summary.total),
    }


def explained(summary: Summary) -> list[Json]:
    """For each row and year that sums entries: the figure and the entries that make it."""
    found: list[Json] = []
    for column in summary.columns:
        for name in MADE_OF:
            entries = summary.made_of(name, column.year)
            if entries:
                made = figure(name, (each.counted for each in entries), column.year)
                listed = as_json(entries)
                found.append({"row": name, "year": column.year, "figure": made, "entries": listed})
    return found


def page(summary: Summary, made: datetime, position: LogPosition) -> str:
    """The summary as one HTML page that can be filed.

    Args:
        summary: The summary.
        made: When the page is made.
        position: How far the log went when the summary was drawn.
    """
    known = [
        ("Stands for", pages.text(heading(summary))),
        ("As of", pages.moment(summary.as_of) if summary.as_of else ""),
        ("Made", pages.moment(made)),
        position.fact(),
    ]
    listed = list(rows(summary))
    worth = [status(summary, column) for column in summary.columns]
    years = [str(column.year) for column in summary.columns]
    tables = (
        pages.table(
            "",
            ("", *years[first : first + _ABREAST]),
            (
                (pages.text(label), *map(_cell, figures[first : first + _ABREAST]))
                for label, figures in (*((row[1], row[2]) for row in listed), ("Status", worth))
            ),
            range(1, _ABREAST + 1),
        )
        for first in range(0, len(years), _ABREAST)
    )
    total = total_text(summary)
    return pages.page(
        title=f"Structured summary of {summary.party}",
        regime="Paris Agreement, Article 6.2: structured summary (5/CMA.3 annex II, table 4)",
        head=pages.facts(known),
        body="\n".join((*tables, f"<p>{pages.text(total)}</p>" if total else "")),
        foot="<p>Drawn from the clearing-house's ledger and what the Party stated; the Party's own"
        " submission is what counts.</p>",
    )


def _cell(figure_text: str) -> str:
    """A figure; what a fraction is exactly stands below it."""
    return pages.text(figure_text).replace(" (", "<br>(")


def title(summary: Summary) -> str:
    """Whose it is, and as of when."""
    as_of = f", as of {moment(summary.as_of)}" if summary.as_of else ""
    return f"Structured summary of {summary.party}{as_of}"


def heading(summary: Summary) -> str:
    """Period and method in a line."""
    unit = "t CO2 eq" if summary.metric == GHG else summary.metric
    period = summary.period
    if period is None:
        return f"{unit}; no implementation period is known"
    words = f"{unit}; NDC {period.years.first}-{period.years.last},"
    words += f" {period.target.lower().replace('_', '-')}, {period.method.lower()}"
    if period.finality_date is None:
        return f"{words}; no finality date is set"
    return f"{words}; final {'since' if summary.final else 'from'} {period.finality_date}"


def total_text(summary: Summary) -> str:
    """A multi-year period taken together, in a line; empty elsewhere."""
    total = summary.total
    if total is None:
        return ""
    return (
        f"Whole period: target {_text(total.target)}, inventory {_text(total.inventory)},"
        f" adjustment {_signed(total.adjustment)}, balance {_text(total.emissions_balance)}"
    )


def figure_of(column: YearSummary, name: str) -> int | Fraction | None:
    """A year's figure in a row; None: not known."""
    if name == "adjustment":
        return column.adjustment.amount if column.adjustment else None
    read: Callable[[object, str], int | Fraction | None] = getattr
    return read(column, name)


def _signed(value: int | Fraction) -> str:
    return ("+" if value > 0 else "") + _text(value)


def _text(value: int | Fraction | None) -> str:
    if value is None:
        return "-"
    return fraction(value) if isinstance(value, Fraction) else number(value)
