# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Targets beside each other as a picture: what may be emitted, what was, and what was retired for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from broker.reports.kyoto.targets import Standing
from itmo.forms import number
from itmo.pages import attribute

_WIDTH: Final = 720
_LABELS: Final = 210
"""Room for names on the left."""
_BAR: Final = 16
_GAP: Final = 5
_HEAD: Final = 22
"""Room for the name of a target above its bars."""
_ROOM: Final = _WIDTH - _LABELS - 200
"""For bars; numbers stand to their right."""
STYLE: Final = """
.plot { width: 100%; height: auto; max-width: 60rem; margin: 1rem 0; }
.plot text { font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1b2733; }
.plot .name { font-weight: 600; }
.plot .allowed { fill: #1f5c7a; } .plot .range { fill: #9cc3d5; } .plot .emitted { fill: #56646f; }
.plot .home { fill: #0f7a43; } .plot .abroad { fill: #d08a00; } .plot .axis { stroke: #d3dae0; }
.plot-scroll { overflow-x: auto; } .plot-scroll .plot { min-width: 34rem; }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .9em; }
"""
LEGEND: Final = "".join(
    f'<span class="q"><span class="key" style="background:{colour}"></span>{said}</span> '
    for colour, said in (
        ("#1f5c7a", "may be emitted, surely"),
        ("#9cc3d5", "range of the target"),
        ("#56646f", "emitted, as far as reviewed"),
        ("#0f7a43", "retired, own units"),
        ("#d08a00", "retired, units from abroad"),
    )
)
Part = tuple[str, int]
"""A class of the style, and a quantity in t CO2 eq."""


def plot(listed: Sequence[Standing]) -> str:
    """The picture as SVG, on one scale for all targets; each bar says its number."""
    most = max((max(each.at_most, each.emitted, each.used.total) for each in listed), default=0)
    drawn: list[str] = []
    top = 4
    for each in listed:
        drawn.append(f'<text class="name" x="0" y="{top + 14}">{attribute(_title(each))}</text>')
        top += _HEAD
        drawn.append(
            f'<line class="axis" x1="{_LABELS}" x2="{_LABELS}" y1="{top}"'
            f' y2="{top + len(_bars(each)) * (_BAR + _GAP)}"/>'
        )
        for label, parts in _bars(each):
            drawn += _bar(label, parts, top, most)
            top += _BAR + _GAP
        top += _GAP
    said = attribute("; ".join(f"{_title(each)}: {_in_words(each)}" for each in listed))
    return (
        f'<div class="plot-scroll"><svg class="plot" viewBox="0 0 {_WIDTH} {top}" role="img"'
        f' aria-label="{said}">'
        f"{''.join(drawn)}</svg></div>"
    )


def _title(standing: Standing) -> str:
    target = standing.target
    state = "unconditional"
    if target.conditions:
        state = "conditional, met" if target.conditions_met else "conditional"
    return f"{target.party} {target.name}, {target.first_year}-{target.last_year} ({state})"


def _in_words(standing: Standing) -> str:
    return ", ".join(
        f"{label} {number(sum(quantity for _, quantity in parts))} t"
        for label, parts in _bars(standing)
    )


def _bars(standing: Standing) -> list[tuple[str, list[Part]]]:
    sure = standing.at_least
    known, years = len(standing.emissions), standing.target.years
    used = standing.used
    return [
        ("may be emitted", [("allowed", sure), ("range", standing.at_most - sure)]),
        (f"emitted, {known} of {years} years", [("emitted", standing.emitted)]),
        ("retired", [("home", used.total - used.abroad), ("abroad", used.abroad)]),
    ]


def _bar(label: str, parts: Sequence[Part], top: int, most: int) -> list[str]:
    made = [f'<text x="8" y="{top + 12}">{attribute(label)}</text>']
    at = _LABELS
    for name, quantity in parts:
        wide = quantity * _ROOM // most if most else 0
        if quantity:
            wide = max(wide, 1)
            made.append(f'<rect class="{name}" x="{at}" y="{top}" width="{wide}" height="{_BAR}"/>')
        at += wide
    made.append(f'<text x="{at + 6}" y="{top + 12}">{_figure(parts)}</text>')
    return made


def _figure(parts: Sequence[Part]) -> str:
    """The sum of the parts; of a range, its two ends."""
    quantities = dict(parts)
    total = number(sum(quantities.values()))
    return f"{number(quantities['allowed'])} to {total}" if quantities.get("range") else total
