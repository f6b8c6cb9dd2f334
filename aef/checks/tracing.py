# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From ranges of units back to the rows they came from, and what is noted of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from aef.checks.casefile import Entry
from aef.checks.lacking import lacking, without_units
from aef.checks.rolling import Roll
from aef.checks.series import OverlapIndex
from aef.checks.states import Note, Reference, undetermined
from itmo.serial_sets import Range


def rows_of(
    ranges: Iterable[Range], entries: Iterable[Entry]
) -> Iterator[tuple[Range, Entry | None]]:
    """For each range, the first row that it comes from."""
    ranges = list(ranges)
    if not ranges:
        return
    wanted = {series for series, _, _ in ranges}
    listed: dict[str, list[tuple[int, int, Entry]]] = defaultdict(list)
    for each in entries:
        if each.series in wanted:
            listed[each.series].append((each.first, each.last, each))
    indexes = {series: OverlapIndex(rows) for series, rows in listed.items()}
    for one in ranges:
        index = indexes.get(one[0])
        yield one, next(index.overlapping(one[1], one[2]), None) if index else None


def not_placed(roll: Roll) -> Iterator[Note]:
    """Rows whose units, date or effect cannot be told: the year cannot be replayed whole."""
    for entry in roll.unplaced:
        found = list(lacking(entry, "type", "date"))
        if not entry.series:
            found += without_units(entry)
        # What has a date, a type and units moves nothing where its event is not known.
        yield from found or lacking(entry, "subtype")


def opening_unknown(roll: Roll) -> Iterator[Note]:
    """The report of the year before, where it was not given."""
    if roll.gap:
        yield undetermined(Reference(roll.filed), roll.gap)
