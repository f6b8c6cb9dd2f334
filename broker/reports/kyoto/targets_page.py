# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Targets in words: as rows of a table, as data, and as a page with a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from broker.reports.kyoto.targets import Standing
from broker.reports.kyoto.targets_plot import LEGEND, STYLE, plot
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.tables import ACTIVITIES
from broker.rulebook.kyoto.targets import WHOLE, Target
from itmo import pages
from itmo.forms import Json, as_json, number
from itmo.log_position import LogPosition


def per_cent(part: Fraction) -> str:
    """A share with two decimal places, rounded down."""
    hundredths = part.numerator * WHOLE // part.denominator
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02} %"


def reduction(target: Target) -> str:
    """The reduction in words: one value, or a range."""
    least, most = (per_cent(Fraction(each, WHOLE)) for each in (target.least, target.most))
    return least if least == most else f"{least} to {most}"


def facts(standing: Standing) -> list[tuple[str, str]]:
    """Everything that is said of one target, name and value; nothing is left out silently."""
    target, used = standing.target, standing.used
    known, missing = len(standing.emissions), standing.target.years - len(standing.emissions)
    span = [number(standing.at_least), number(standing.at_most)]
    abroad = "nothing is retired" if standing.abroad is None else per_cent(standing.abroad)
    if standing.abroad_exceeded:
        abroad += f", more than the {per_cent(Fraction(target.abroad, WHOLE))} of the target"
    amount = standing.amount
    return [
        ("Base", f"{number(target.base_emissions)} t a year, {target.base_year}"),
        ("Reduction", f"{reduction(target)} below the base"),
        ("Conditions", _conditions(target)),
        ("Gases", ", ".join(target.gases) or "not stated"),
        ("Sectors", ", ".join(target.sectors) or "not stated"),
        ("Land use", _land_use(target)),
        ("May be emitted", f"{' to '.join(dict.fromkeys(span))} t in {target.years} years"),
        ("Assigned amount", "not stated" if amount is None else number(amount.quantity)),
        ("Emitted", f"{number(standing.emitted)} t in {known} years; {missing} not reviewed"),
        ("Held", _by_type(standing.held)),
        ("Retired", _by_type(used.by_type)),
        ("Retired from abroad", abroad),
        ("Claimed by two", _claimed(used.claimed)),
    ]


def _conditions(target: Target) -> str:
    if not target.conditions:
        return "none: unconditional"
    return f"{'met' if target.conditions_met else 'not met'}: {'; '.join(target.conditions)}"


def _land_use(target: Target) -> str:
    listed = ", ".join(ACTIVITIES[each].title for each in target.activities)
    return (
        f"{listed or 'not counted'}{f' ({target.land_use_rule})' if target.land_use_rule else ''}"
    )


def _by_type(units: Mapping[UnitType, int]) -> str:
    listed = ", ".join(f"{number(quantity)} {kind.title}" for kind, quantity in units.items())
    return f"{listed} ({number(sum(units.values()))})" if len(units) > 1 else listed or "nothing"


def _claimed(claimed: Mapping[str, int]) -> str:
    if not claimed:
        return "nothing: no CER of a Party with a target is retired"
    listed = ", ".join(f"{number(quantity)} CERs of {host}" for host, quantity in claimed.items())
    return f"{listed}: the host's emissions fell by them, too"


def title(standing: Standing) -> str:
    """Party, name and years of a target."""
    target = standing.target
    return f"{target.party}: {target.name}, {target.first_year} to {target.last_year}"


def as_data(listed: Sequence[Standing]) -> list[Json]:
    """Every target as data."""
    return [
        {
            "target": as_json(each.target),
            "at_least": str(each.at_least),
            "at_most": str(each.at_most),
            "emissions_by_year": {str(y): str(t) for y, t in each.emissions.items()},
            "emissions": str(each.emitted),
            "complete": each.complete,
            "assigned_amount": None if each.amount is None else str(each.amount.quantity),
            "held": {kind.title: str(n) for kind, n in each.held.items()},
            "retired": {kind.title: str(n) for kind, n in each.used.by_type.items()},
            "retired_from_abroad": str(each.used.abroad),
            "abroad_exceeded": each.abroad_exceeded,
            "claimed_by_two": {host: str(n) for host, n in each.used.claimed.items()},
        }
        for each in listed
    ]


def page(
    listed: Sequence[Standing], made: datetime, position: LogPosition, as_of: datetime | None
) -> str:
    """Every target on one page with a picture.

    Args:
        listed: The targets.
        made: When the page is made.
        position: How far the log went when it was drawn.
        as_of: The moment that it stands for; None: the end of the log.
    """
    head = [
        ("As of", pages.moment(as_of) if as_of else ""),
        ("Made", pages.moment(made)),
        position.fact(),
    ]
    tables = "\n".join(
        f"<h2>{pages.text(title(each))}</h2>"
        + pages.facts((name, pages.text(value)) for name, value in facts(each))
        for each in listed
    )
    body = f"<p>{LEGEND}</p>\n{plot(listed)}\n{tables}" if listed else "<p>No target is stated.</p>"
    return pages.page(
        title="Targets of Parties",
        regime="Kyoto Protocol: quantified limitation and reduction of emissions",
        head=pages.facts(head),
        body=body,
        foot="<p>Emissions are those of reviewed inventories that were stated to the clearing-house;"
        " units are those of its ledger. t: tonnes of CO2 equivalent.</p>",
        style=STYLE,
    )
