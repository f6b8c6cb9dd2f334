# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Times the export of all Parties' AEFs and their cross-check: `python -m tests.bench.aef`.

The floor is the time that openpyxl alone takes to write, and to read, as many cells in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from openpyxl import Workbook, load_workbook

from aef.checks.casefile import CaseFile
from aef.checks.filed import file_submission
from aef.checks.judging import judge
from aef.model import Submission
from aef.opening import read_file
from aef.workbook_writing import write_workbook
from broker.app import memory_database
from broker.reports.paris.aef.drawing import draw_all
from broker.reports.paris.aef.ledger_context import ledger_context
from tests.bench.ledgers import build

ACTIONS: Final = 100_000
_ACTION_CELLS, _HOLDING_CELLS = 27, 16
T = TypeVar("T")


class Watch:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, step: str, work: Callable[[], T]) -> T:
        """Does a step and notes how long it took."""
        began = time.perf_counter()
        done = work()
        self.seconds[step] = round(time.perf_counter() - began, 2)
        sys.stderr.write(f"{step}: {self.seconds[step]} s\n")
        return done


def measure(actions: int) -> dict[str, object]:
    """Builds a ledger, exports, reads back and checks; returns figures."""
    connection, watch = memory_database(), Watch()
    watch.time("build_ledger", lambda: asyncio.run(build(connection, actions)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = watch.time("draw", lambda: draw_all(connection, submitted=date(2026, 4, 15)))
        context = watch.time("context", lambda: ledger_context(connection, drawn))
        paths = watch.time("write", lambda: _write(drawn, folder))
        read = watch.time("read", lambda: [read_file(path) for path in paths])
        filed = [
            file_submission(place, each.submission, each.findings)
            for place, each in enumerate(read)
        ]
        judged = watch.time("check", lambda: judge(CaseFile(filed, context)))
        rows = [(len(each.actions), len(each.holdings)) for each in drawn]
        floor = folder / "floor.xlsx"
        watch.time("floor_write", lambda: _floor_write(rows, floor))
        watch.time("floor_read", lambda: _floor_read(floor))
    spent = watch.seconds
    return {
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2),
            "python": platform.python_version(),
        },
        "submissions": len(drawn),
        "actions": sum(count for count, _ in rows),
        "holdings": sum(count for _, count in rows),
        "syntax_findings": sum(len(each.findings) for each in read),
        "consistent": judged.consistent,
        "seconds": spent,
        "export_and_cross_check": round(
            spent["draw"] + spent["context"] + spent["write"] + spent["check"], 2
        ),
        "with_reading_back": round(
            sum(spent[step] for step in ("draw", "context", "write", "read", "check")), 2
        ),
    }


def _write(drawn: Iterable[Submission], folder: Path) -> list[Path]:
    paths = []
    for each in drawn:
        path = folder / f"AEF_{each.heading.party}_{each.heading.reported_year}.xlsx"
        write_workbook(each, path)
        paths.append(path)
    return paths


def _floor_write(rows: list[tuple[int, int]], path: Path) -> None:
    book = Workbook(write_only=True)
    for actions, holdings in rows:
        sheet = book.create_sheet()
        for count, cells in ((actions, _ACTION_CELLS), (holdings, _HOLDING_CELLS)):
            for _ in range(count):
                sheet.append(["CA000003-THA01-THA-1-2022"] * cells)
    book.save(path)


def _floor_read(path: Path) -> None:
    book = load_workbook(path, read_only=True)
    for sheet in book:
        for _ in sheet.iter_rows(values_only=True):
            pass


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=ACTIONS)
    sys.stdout.write(json.dumps(measure(parser.parse_args().actions), indent=2) + "\n")


if __name__ == "__main__":
    main()
