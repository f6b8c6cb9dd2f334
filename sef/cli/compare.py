# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef compare`: two submissions cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from itmo.forms import Json
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen
from sef.cli.reading import Refuse, read_files
from sef.comparing import Compared, compare
from sef.model import Cell
from sef.read_file import ReadFile
from sef.result.wording import plural

SHOWN: Final = 100
"""Differences on a terminal; --json has all."""


def compare_files(
    one: Path, other: Path, refuse: Refuse
) -> tuple[ReadFile, ReadFile, Compared] | None:
    """Carries out `sef compare`; None: a file cannot be read."""
    with Bar() as bar:
        read = read_files((one, other), bar, refuse)
    if read is None:
        return None
    return read[0], read[1], compare(read[0].submission, read[1].submission)


def as_tree(read: tuple[ReadFile, ReadFile, Compared]) -> dict[str, Json]:
    """The comparison as one JSON value."""
    one, other, found = read
    return {
        "same": found.same,
        "cells": found.cells,
        "one": one.submission.source,
        "other": other.submission.source,
        "header": [
            {"field": each.field, "one": each.one, "other": each.other} for each in found.header
        ],
        "differences": [
            {
                "table": each.spot.table.value,
                "row": str(each.spot.row),
                "side": each.spot.side.value,
                "unit": each.spot.unit.value,
                "one": _cell(each.one),
                "other": _cell(each.other),
            }
            for each in found.differences
        ],
    }


def _cell(cell: Cell) -> Json:
    return {"sheet": cell.sheet, "address": cell.address, "says": cell.text}


def tell(screen: Screen, read: tuple[ReadFile, ReadFile, Compared]) -> None:
    """Prints the comparison."""
    one, other, found = read
    names = one.submission.source, other.submission.source
    for each in found.header:
        screen.line(f"{each.field}: {each.one} in {names[0]}, {each.other} in {names[1]}", "red")
    rows = [
        (
            each.spot.table,
            str(each.spot.row),
            each.spot.side,
            each.spot.unit,
            each.one.text,
            each.other.text,
            f"{each.one.sheet} {each.one.address}".strip(),
        )
        for each in found.differences[:SHOWN]
    ]
    if rows:
        screen.table(
            ("table", "row", "side", "unit", "first", "second", "at"),
            rows,
            numbers=("first", "second"),
        )
    if len(found.differences) > SHOWN:
        screen.line(f"and {len(found.differences) - SHOWN} more; see --json", "dim")
    screen.line(
        f"The same: {plural(found.cells, 'cell')}."
        if found.same
        else f"{plural(len(found.differences), 'cell')} of {found.cells} differ.",
        "bold",
    )
