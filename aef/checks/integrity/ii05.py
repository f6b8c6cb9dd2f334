# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""II05: a unit's link to the unit of the crediting programme behind it stays the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from aef.checks.casefile import Entry
from aef.checks.history import changes
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
)
from aef.checks.wording import CITATION, cell, ids
from aef.model import UnitRow
from itmo.nomenclature import UNDERLYING_REGISTRIES
from itmo.underlying import UnderlyingRange, read_underlying

_NUMBERS: Final = re.compile(r"([0-9]{1,18})", re.ASCII)

_Value = tuple[str, str, str] | UnderlyingRange


def _value(entry: Entry) -> _Value | None:
    """The underlying units in their normal form; as they are written where they have none."""
    row = entry.row
    if not row.underlying_first_id or not row.underlying_last_id:
        return None
    if not row.underlying_registry and "underlying_registry" in row.written:
        return None
    return _normal(row) or (
        row.underlying_registry, row.underlying_first_id, row.underlying_last_id,
    )  # fmt: skip


def _normal(row: UnitRow) -> UnderlyingRange | None:
    read = read_underlying(row.underlying_registry, row.underlying_first_id, row.underlying_last_id)
    return read if isinstance(read, UnderlyingRange) else None


def _offset(row: UnitRow) -> tuple[str, int] | None:
    """What precedes the counting part of the underlying ids, and where unit number 0 would lie."""
    first, last = (_NUMBERS.split(x) for x in (row.underlying_first_id, row.underlying_last_id))
    if row.span is None or len(first) != len(last):
        return None
    apart = [
        place for place, pair in enumerate(zip(first, last, strict=True)) if len(set(pair)) > 1
    ]
    if not apart:
        apart = [len(first) - 2]
    place = apart[0]
    if len(apart) > 1 or place % 2 == 0 or place < 0:
        return None
    rest = "".join(each for at, each in enumerate(first) if at != place)
    return f"{row.underlying_registry}|{place}|{rest}", int(first[place]) - row.span.first


def _named_alike(one: UnitRow, other: UnitRow) -> bool:
    """False where one names the programme's registry in words of its own; then the ids alone decide."""
    named = {one.underlying_registry, other.underlying_registry}
    return len(named) == 1 or named <= set(UNDERLYING_REGISTRIES)


def _differ(one: Entry, other: Entry) -> bool:
    if not _named_alike(one.row, other.row):
        row = replace(other.row, underlying_registry=one.row.underlying_registry)
        other = replace(other, row=row)
    if (one.first, one.last) == (other.first, other.last):
        return _value(one) != _value(other)
    # Parts of a block: the underlying unit of each unit must be the same one.
    here, there = _normal(one.row), _normal(other.row)
    if here is not None and there is not None:
        return _apart(one, here, other, there)
    ours, theirs = _offset(one.row), _offset(other.row)
    return ours is not None and theirs is not None and ours != theirs


def _apart(one: Entry, here: UnderlyingRange, other: Entry, there: UnderlyingRange) -> bool:
    """True when a unit of both rows has two underlying units."""
    spans = one.row.span, other.row.span
    if spans[0] is None or spans[1] is None:
        return False
    low, high = max(each.first for each in spans if each), min(each.last for each in spans if each)
    return here.series != there.series or any(
        here.first + (place - spans[0].first) * here.step
        != there.first + (place - spans[1].first) * there.step
        for place in (low, high)
    )


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry in inquiry.file.entries:
        row = entry.row
        if bool(row.underlying_first_id) != bool(row.underlying_last_id):
            empty = "underlying_last_id" if row.underlying_first_id else "underlying_first_id"
            yield from lacking(entry, empty)
    for entry, before in changes(inquiry.file, _value, _differ):
        yield inconsistent(
            entry.reference(ids(entry.row), "underlying_first_id"),
            f"underlying units {_said(entry.row)}",
            f"the same as before: {_said(before.row)} for {ids(before.row)}",
            before.reference(ids(before.row), "underlying_first_id"),
        )


def _said(row: UnitRow) -> str:
    return f"{cell(row.underlying_first_id)} to {cell(row.underlying_last_id)}"


CHECK: Final = ConsistencyCheck(
    id="II05",
    title="Underlying units stay the same",
    group=Group.INTEGRITY,
    meaning="First and last id of the underlying units stay the same through a unit's life.",
    citation=CITATION,
    remedy="Give the ids of the crediting programme's units as at the first transfer.",
    run=_run,
)
