# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The figures as a picture: bars with their spread, beside the floor; an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

_WIDTH: Final = 860
_LEFT: Final = 290
"""Columns for names."""
_RIGHT: Final = 190
"""Columns for figures behind the bars."""
_BAR: Final = 16
_STEP: Final = 30
_NOTE: Final = 18
_INK, _DIM, _SPREAD = "#1b2a38", "#5b6b79", "#1b2a38"
_BROKER, _FLOOR, _LATENCY = "#2f6f9f", "#b9c4cd", "#7a9e3a"


def svg(measured: Mapping[str, Any]) -> str:
    """Completed transfers per second of each case and of the floor, then latencies at half load."""
    floor = measured["floor_per_s"]
    rates = [(case["name"], case["completed_per_s"], _BROKER) for case in measured["cases"]]
    rates.insert(0, ("floor (no rules, no ledger)", floor, _FLOOR))
    waits = [
        (f"{case['name']}, p{percent}", case["half_load"][f"p{percent}_ms"], _LATENCY)
        for case in measured["cases"]
        for percent in (50, 99)
    ]
    parts: list[str] = []
    top = _heading(parts, 30, "Completed transfers per second")
    top = _bars(parts, top, rates, "{:,.0f}")
    top = _heading(
        parts, top + 24, "Milliseconds from when a proposal should have been sent, half load"
    )
    top = _bars(parts, top, waits, "{:,.1f}")
    machine = measured["machine"]
    shared = f"{machine['cpus']} processors that the driver shares"
    notes = (
        f"{measured['measured']}, {shared}; {measured['runs']} run(s), median and spread",
        f"{measured['engine']}, {measured['durability']}",
    )
    for note in notes:
        top += _NOTE
        parts.append(_text(10, top, note, _DIM, 11))
    height = top + _NOTE
    style = "font-family: system-ui, sans-serif; max-width: 100%; height: auto"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"'
        f' height="{height}" role="img" aria-label="Throughput and latency" style="{style}">'
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _heading(parts: list[str], top: int, text: str) -> int:
    parts.append(_text(10, top, text, _INK, 15, "bold"))
    return top + 14


def _bars(
    parts: list[str], top: int, rows: list[tuple[str, Mapping[str, float], str]], form: str
) -> int:
    most = max((row[1]["highest"] for row in rows), default=1) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    for name, found, colour in rows:
        middle = top + _BAR // 2 + 4
        width = max(1.0, found["median"] * scale)
        parts.append(_text(_LEFT - 8, middle + 4, name, _INK, 12, anchor="end"))
        parts.append(
            f'<rect x="{_LEFT}" y="{middle - _BAR // 2}" width="{width:.1f}" height="{_BAR}"'
            f' fill="{colour}"/>'
        )
        low, high = (_LEFT + found[each] * scale for each in ("lowest", "highest"))
        figure = form.format(found["median"]).replace(",", "\u202f")
        if high > low:
            parts.append(
                f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8M{high:.1f}'
                f' {middle - 4}v8" stroke="{_SPREAD}" stroke-width="1.5" fill="none"/>'
            )
            ends = (
                form.format(found[each]).replace(",", "\u202f") for each in ("lowest", "highest")
            )
            figure += f" ({' to '.join(ends)})"
        parts.append(_text(max(high, _LEFT + width) + 6, middle + 4, figure, _INK, 12))
        top += _STEP
    return top


def _text(
    x: float,
    y: float,
    text: str,
    colour: str,
    size: int,
    weight: str = "normal",
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" font-weight="{weight}"'
        f' text-anchor="{anchor}">{escape(text)}</text>'
    )
