# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Places in words: whose submission, which sheet, row or cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from aef.checks.filed import Filed
from aef.checks.states import Reference
from aef.model import Place


def at(place: Place) -> str:
    """A sheet with row or cell, after a comma; empty for a submission as a whole."""
    if not place.sheet:
        return ""
    if not place.row:
        return f", {place.sheet}"
    if place.column.islower():
        return f", {place.sheet}, row {place.row}, field {place.column}"
    return f", {place.sheet}, " + (
        f"cell {place.column}{place.row}" if place.column else f"row {place.row}"
    )


def places(references: Iterable[Reference]) -> tuple[str, ...]:
    """Places for people, those on one sheet together: "..., Table 3 Actions, cells I9, I10"."""
    sheets: dict[tuple[Filed, str], list[Place]] = defaultdict(list)
    for each in references:
        listed = sheets[each.filed, each.place.sheet]
        if each.place not in listed:
            listed.append(each.place)
    within = {filed for filed, sheet in sheets if sheet}
    return tuple(
        f"{filed.name}{_together(_widest(listed))}"
        for (filed, sheet), listed in sheets.items()
        # A submission is not named as a whole beside a place in it, nor a cell beside its row.
        if sheet or filed not in within
    )


def _widest(listed: list[Place]) -> list[Place]:
    rows = {each.row for each in listed if not each.column}
    return [each for each in listed if not each.column or each.row not in rows]


def _together(listed: list[Place]) -> str:
    cells = [f"{each.column}{each.row}" for each in listed if each.row and each.column.isupper()]
    rows = [str(each.row) for each in listed if each.row and not each.column]
    for word, numbers in (("cells", cells), ("rows", rows)):
        if len(listed) == len(numbers) > 1:
            return f", {listed[0].sheet}, {word} {', '.join(numbers)}"
    return "; ".join(at(each) if not number else at(each)[2:] for number, each in enumerate(listed))
