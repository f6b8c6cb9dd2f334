# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the runs came to: medians with their spread, as data and as lines of a table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from broker.bench.measure import Load
from broker.bench.neighbours import Neighbour
from broker.bench.plan import Case
from broker.bench.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """On what, and how, was measured.

    Attributes:
        busy: Processes that wanted a processor in the minute before; figures of a busy machine are
            figures of that moment.
    """

    day: date
    processor: str
    cpus: int
    system: str
    python: str
    engine: str
    durability: str
    seconds: float
    pairs: int
    busy: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A case in one run."""

    case: Case
    full: Load
    half: Load


@dataclass(frozen=True, slots=True)
class Ran:
    """One run."""

    floor: Load
    cases: Mapping[str, Measured]
    neighbours: Sequence[Neighbour]


def report(setting: Setting, runs: Sequence[Ran]) -> dict[str, object]:
    """The runs as JSON-ready data."""
    return {
        "measured": setting.day.isoformat(),
        "machine": {
            "processor": setting.processor,
            "cpus": setting.cpus,
            "system": setting.system,
            "python": setting.python,
            "busy_before": setting.busy,
        },
        "engine": setting.engine,
        "durability": setting.durability,
        "pairs": setting.pairs,
        "seconds": setting.seconds,
        "runs": len(runs),
        "floor_per_s": spread(run.floor.per_second for run in runs),
        "cases": [
            {
                "pairs": min(setting.pairs, runs[0].cases[name].case.pairs),
                **_case(name, [run.cases[name] for run in runs], [run.floor for run in runs]),
            }
            for name in runs[0].cases
        ],
        "neighbours": [
            _neighbour([run.neighbours[place] for run in runs])
            for place in range(len(runs[0].neighbours))
        ],
    }


def spread(values: Iterable[float], digits: int = 1) -> dict[str, float]:
    """Median, lowest and highest."""
    listed = sorted(values)
    return {
        "median": round(statistics.median(listed), digits),
        "lowest": round(listed[0], digits),
        "highest": round(listed[-1], digits),
    }


def _case(name: str, measured: Sequence[Measured], floors: Sequence[Load]) -> dict[str, object]:
    case = measured[0].case
    pairs = zip(measured, floors, strict=True)
    return {
        "name": name,
        "batch": case.batch,
        "accounts": case.accounts.value,
        "completed_per_s": spread(each.full.per_second for each in measured),
        "part_of_floor": spread(
            (each.full.per_second / floor.per_second for each, floor in pairs), 3
        ),
        "broker": _used(measured, lambda load: load.target),
        "driver": _used(measured, lambda load: load.driver),
        "servers": _used(measured, lambda load: load.servers),
        "half_load": {
            "per_s": spread(each.half.per_second for each in measured),
            **{
                f"p{percent}_ms": spread(each.half.percentile_ms(percent) for each in measured)
                for percent in (50, 95, 99)
            },
        },
    }


def _used(measured: Sequence[Measured], side: Callable[[Load], Usage | None]) -> dict[str, object]:
    used = [(each.full, found) for each in measured if (found := side(each.full)) is not None]
    if not used:
        return {}
    return {
        "processor_ms_per_transfer": spread(
            (found.processor / load.completed * 1000 for load, found in used), 3
        ),
        "cores_busy": spread((found.processor / load.seconds for load, found in used), 2),
        "memory_mib": spread((found.memory / 2**20 for _, found in used), 0),
    }


def _neighbour(found: Sequence[Neighbour]) -> dict[str, object]:
    rates = [each.per_second for each in found if each.per_second is not None]
    return {
        "name": found[0].name,
        "unit": found[0].unit,
        "per_s": spread(rates) if rates else None,
        "note": found[0].note,
    }


_HEADS = (
    "",
    "completed/s",
    "of floor",
    "broker ms",
    "driver ms",
    "server ms",
    "p50 ms",
    "p95 ms",
    "p99 ms",
)


def table(measured: Mapping[str, Any]) -> list[str]:
    """The same for people: a line for each case and each neighbour."""
    machine = measured["machine"]
    rows = [_HEADS, *(_row(case) for case in measured["cases"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = [
        (
            f"{measured['measured']}, {machine['cpus']} processors, {machine['processor']},"
            f" {machine['busy_before']:g} busy processes in the minute before"
        ),
        (
            f"{machine['system']}, Python {machine['python']}, {measured['engine']},"
            f" {measured['durability']}"
        ),
        (
            f"{measured['pairs']} pairs of registries, each with one exchange under way;"
            f" {measured['seconds']:g} s, {measured['runs']} run(s): median (lowest to highest)"
        ),
        "",
        *("  ".join(_set(row, widths)).rstrip() for row in rows),
        "",
        f"floor: {_figure(measured['floor_per_s'])} per second",
    ]
    for each in measured["neighbours"]:
        rate = f"{_figure(each['per_s'])} {each['unit']} per second" if each["per_s"] else "-"
        lines.append(f"{each['name']}: {rate} ({each['note']})")
    return lines


def _row(case: Mapping[str, Any]) -> tuple[str, ...]:
    half = case["half_load"]
    return (
        case["name"],
        _figure(case["completed_per_s"]),
        f"{case['part_of_floor']['median']:.2f}",
        *(
            f"{case[side]['processor_ms_per_transfer']['median']:.2f}" if case.get(side) else "-"
            for side in ("broker", "driver", "servers")
        ),
        *(f"{half[f'p{percent}_ms']['median']:.1f}" for percent in (50, 95, 99)),
    )


def _figure(found: Mapping[str, float]) -> str:
    median = f"{found['median']:,.0f}".replace(",", " ")
    if found["lowest"] == found["highest"]:
        return median
    return f"{median} ({found['lowest']:.0f} to {found['highest']:.0f})"


def _set(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = (
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return [first, *rest]
