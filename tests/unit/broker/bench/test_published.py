# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the page of the benchmark states is what was measured, and says on what."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import date
from typing import Final

import pytest

from broker.bench.measure import Load
from broker.bench.neighbours import Neighbour
from broker.bench.plan import CASES, HOT, ON_PAIR, SINGLE, WITH_WORKERS
from broker.bench.plot import svg
from broker.bench.publish import FIGURES, PAGE, PICTURE, page
from broker.bench.report import Measured, Ran, Setting, report, table
from broker.bench.usage import Usage, usage

WIDEST: Final = 0.6
"""Width of a letter, as a part of its size, on average."""
PUBLISHED: Final = json.loads(FIGURES.read_text())
SETTING: Final = Setting(
    day=date(2026, 11, 28),
    processor="one of many",
    cpus=2,
    system="Linux 6",
    python="3.11",
    engine="SQLite 3.40.1",
    durability="FULL",
    seconds=8,
    pairs=32,
    busy=0.1,
)


def _load(completed: int, milliseconds: int, *, seen: bool = True) -> Load:
    latencies = tuple(each * milliseconds / 100_000 for each in range(1, 101))
    broker, driver = Usage(2.0, 300 * 2**20), Usage(0.5, 100 * 2**20)
    return Load(completed, 10.0, latencies, broker if seen else None, driver if seen else None)


def _ran(completed: int, *, seen: bool = True) -> Ran:
    full, half = _load(completed, 50, seen=seen), _load(completed // 2, 20, seen=seen)
    neighbours = [
        Neighbour("SQLite alone", float(completed), "transfers", "64 in a commit"),
        Neighbour("pgbench", None, "transactions", "not installed"),
    ]
    cases = {case.name: Measured(case, full, half) for case in (SINGLE, HOT)}
    return Ran(_load(10_000, 10, seen=seen), cases, neighbours)


def test_the_page_and_the_picture_are_those_of_the_figures() -> None:
    """After a measurement, or a change of the table: `python -m broker.bench.publish`."""
    assert PAGE.read_text() == page(PAGE.read_text(), PUBLISHED)
    assert PICTURE.read_text() == svg(PUBLISHED)


def test_no_line_of_the_picture_is_longer_than_it_is_wide() -> None:
    """Before, the line below the bars, which says what was measured on, was cut."""
    picture = svg(PUBLISHED)
    width = int(picture.partition('viewBox="0 0 ')[2].split()[0])
    from_left = re.findall(r'<text x="10\.0"[^>]*font-size="(\d+)"[^>]*>([^<]*)</text>', picture)
    assert len(from_left) > 2
    assert all(int(size) * WIDEST * len(text) < width - 10 for size, text in from_left)
    up_to = re.findall(
        r'<text x="([0-9.]+)"[^>]*font-size="(\d+)"[^>]*anchor="end"[^>]*>([^<]*)<', picture
    )
    assert len(up_to) > len(PUBLISHED["cases"])
    assert all(int(size) * WIDEST * len(text) < float(end) for end, size, text in up_to)


def test_what_is_published_is_a_full_run_and_names_the_machine() -> None:
    names = [case["name"] for case in PUBLISHED["cases"]]
    always = [case.name for case in CASES]
    assert names[: len(always)] == always
    assert names[len(always) :] in [
        [each.name for each in besides]
        for besides in ((), ON_PAIR, WITH_WORKERS, (*WITH_WORKERS, *ON_PAIR))
    ]
    assert all(PUBLISHED["machine"].values())
    assert "FULL" in PUBLISHED["durability"]
    assert all(case["broker"]["processor_ms_per_transfer"] for case in PUBLISHED["cases"])


def test_figures_are_medians_with_their_spread() -> None:
    measured = report(SETTING, [_ran(each) for each in (4_000, 9_000, 5_000)])
    case = measured["cases"][0]  # type: ignore[index]  # JSON-ready data
    assert case["completed_per_s"] == {"median": 500.0, "lowest": 400.0, "highest": 900.0}
    assert case["part_of_floor"]["median"] == 0.5
    assert case["broker"]["processor_ms_per_transfer"]["median"] == 0.4
    assert case["broker"]["memory_mib"]["median"] == 300
    assert case["driver"]["cores_busy"]["median"] == 0.05
    assert case["half_load"]["per_s"]["median"] == 250.0
    assert case["half_load"]["p50_ms"]["median"] == pytest.approx(10.1)
    lines = table(measured)
    assert any(line.split()[:5] == ["single", "500", "(400", "to", "900)"] for line in lines)
    assert lines[-2:] == [
        "SQLite alone: 5 000 (4000 to 9000) transfers per second (64 in a commit)",
        "pgbench: - (not installed)",
    ]


def test_what_a_process_has_started_counts_with_it_where_that_is_asked() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        try:
            # In this order: the most that a process ever had does not shrink.
            alone, of_child = usage(os.getpid()), usage(child.pid)
            below = usage(os.getpid(), below=True)
        finally:
            child.kill()
    assert alone is not None
    assert below is not None
    assert of_child is not None
    assert of_child.memory > 0
    assert below.memory >= alone.memory + of_child.memory


def test_a_system_without_proc_leaves_the_columns_empty() -> None:
    measured = report(SETTING, [_ran(4_000, seen=False)])
    assert any(line.split()[:4] == ["single", "400", "0.40", "-"] for line in table(measured))
    assert "<svg" in svg(measured)
    assert usage(2**31 - 1) is None
