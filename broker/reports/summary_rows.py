# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The structured summary as a table: the rows of table 4, as text, as data and as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from html import escape
from typing import Final

from broker.adjustments.entries import GHG
from broker.adjustments.summary import MADE_OF, YearSummary, figure
from broker.reports.forms import Json, as_json, fraction, moment, number
from broker.reports.structured_summary import Summary

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

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2733}"
    "table{border-collapse:collapse}"
    "th,td{padding:.4rem .7rem;border-bottom:1px solid #d9dfe5;text-align:right;"
    "font-variant-numeric:tabular-nums}"
    "th:first-child{text-align:left}footer,p{color:#5b6875}"
)


def rows(summary: Summary) -> Iterator[tuple[str, str, list[str]]]:
    """Each row: its name, its label, and its figures as text, one for each year."""
    for name, label in ROWS.items():
        shown = label
        if summary.metric != GHG:
            shown = {"inventory": "Indicator", "emissions_balance": "Adjusted indicator"}.get(
                name, label
            )
        yield name, shown, [_text(_figure(column, name)) for column in summary.columns]


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
                **{name: as_json(_figure(column, name)) for name in ROWS},
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


def page(summary: Summary) -> str:
    """The summary as one HTML page that needs nothing from elsewhere."""
    years = "".join(f"<th>{column.year}</th>" for column in summary.columns)
    body = "".join(
        f"<tr><th>{escape(label)}</th>{''.join(f'<td>{escape(f)}</td>' for f in figures)}</tr>\n"
        for _, label, figures in rows(summary)
    )
    worth = "".join(f"<td>{status(summary, column)}</td>" for column in summary.columns)
    as_of = f", as of {moment(summary.as_of)}" if summary.as_of else ""
    title = escape(f"Structured summary of {summary.party}{as_of}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>\n"
        f"<p>{escape(heading(summary))}</p>\n"
        f"<table><thead><tr><th></th>{years}</tr></thead><tbody>\n{body}"
        f"<tr><th>Status</th>{worth}</tr></tbody></table>\n"
        f"<p>{escape(total_text(summary))}</p>\n</body></html>\n"
    )


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
        f" adjustment {total.adjustment:+}, balance {_text(total.emissions_balance)}"
    )


def _figure(column: YearSummary, name: str) -> int | Fraction | None:
    if name == "adjustment":
        return column.adjustment.amount if column.adjustment else None
    read: Callable[[object, str], int | Fraction | None] = getattr
    return read(column, name)


def _text(value: int | Fraction | None) -> str:
    if value is None:
        return "-"
    return fraction(value) if isinstance(value, Fraction) else number(value)
