# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The file with a line for each row: what came of it, why, and what to do."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from itmo.core.v1 import decision_pb2
from itmo.legible import printable
from itmo.registry.v1 import job_service_pb2 as api
from registry_node.cli.files.rows import CellFault

_HEADINGS: Final = ("row", "transaction_id", "state", "column", "reason", "what_to_do")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula; the clearing-house and others wrote these texts."""


def result_path(file: Path) -> Path:
    """Returns where the results of a file go where nobody says it: beside it.

    A file with rows of another kind beside it may have the same name but for its ending.
    """
    name = file.stem if file.suffix.lower() == ".csv" else file.name
    return file.with_name(f"{name}.result.csv")


def state_word(each: api.JobResult, *, stopped: bool = False) -> str:
    """Where the transaction of a row stands, in a word."""
    if each.refused:
        return "NOT TAKEN IN"
    if each.state == decision_pb2.STATE_UNSPECIFIED:
        return "STOPPED" if stopped else "WAITING"
    return decision_pb2.State.Name(each.state).removeprefix("STATE_")


def write_results(path: Path, results: Iterable[api.JobResult], *, stopped: bool = False) -> None:
    """Writes what came of each row, over what an earlier run wrote.

    Args:
        path: Where.
        results: By row.
        stopped: Whether rows that wait wait for an operator.
    """
    _write(
        path,
        (
            (
                *(each.row, each.transaction_id, state_word(each, stopped=stopped)),
                *("", each.reason, each.remedy),
            )
            for each in results
        ),
    )


def write_faults(path: Path, faults: Iterable[CellFault]) -> None:
    """Writes what is wrong with rows, of which none was sent."""
    _write(path, ((each.row, "", "FAULT", each.column, each.found, "") for each in faults))


def _write(path: Path, lines: Iterable[tuple[object, ...]]) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_HEADINGS)
        for line in lines:
            writer.writerow([_plain(each) for each in line])
    part.replace(path)


def _plain(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
