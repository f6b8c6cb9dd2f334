# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the timeline answers: a unit, a page of units, the totals of an approach, at any place in the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Final

from broker.reports.completed import By
from broker.reports.paris.timeline_tables import COLUMNS, FOR_EVER, LIVING, SIZES, Lived, read
from broker.reports.paris.visibility import Caller, Totals
from itmo.clock import to_ms
from itmo.serials import SerialRange

Key = tuple[str, int]
"""Originating registry and first serial."""
BEGIN: Final[Key] = ("", 0)
_THEN: Final = "since <= :place AND until > :place"
# Their text is of constants.
_HELD_BY: Final = {
    column: (
        f"SELECT {COLUMNS} FROM lived WHERE {column} = :name AND approach = :approach"  # noqa: S608
        f" AND (registry, first) > (:registry, :first) AND {_THEN}"
        " ORDER BY registry, first LIMIT :limit"
    )
    for column in ("holder", "party")
}
_AROUND: Final = "WHERE registry = :registry AND size = :size AND first BETWEEN :earliest AND :serial AND last >= :serial"
_TOUCHED: Final = f"SELECT transaction_id, place FROM touched {_AROUND}"  # noqa: S608
_MOMENT: Final = "SELECT place FROM step WHERE latest <= ? ORDER BY latest DESC, place DESC LIMIT 1"
_SUMS: Final = (
    "SELECT held, used, cancelled, first_transferred FROM summed WHERE approach = ? AND since <= ?"
    " ORDER BY since DESC LIMIT 1"
)
_FIRST_TRANSFERRED: Final = (
    f"SELECT registry, first, last FROM lived WHERE until = {FOR_EVER} AND first_transferred = 1"  # noqa: S608
    " AND host = :host AND (registry, first) > (:registry, :first) ORDER BY registry, first"
)
_DONE: Final = (
    "SELECT decided_at, log_index, ordinal, transaction_id, other FROM done"
    " WHERE registry = :registry AND decided_at >= :since AND decided_at < :before"
    " AND (decided_at, log_index, ordinal) >= (:at, :place, :ordinal)"
    " ORDER BY decided_at, log_index, ordinal"
)
_CONCERNED: Final = (
    "SELECT decided_at, place, ordinal, transaction_id FROM concerned WHERE party = :party"
    " AND (decided_at, place, ordinal, transaction_id) > (:at, :place, :ordinal, :name)"
    " AND decided_at < :before AND place <= :until"
    " ORDER BY decided_at, place, ordinal, transaction_id LIMIT :limit"
)
_SIZE_ABOVE: Final = "SELECT min(size) FROM touched WHERE registry = ? AND size > ?"
# The ranges are gone through, and what is in each of them is looked up.
_TOUCHING: Final = (
    "SELECT DISTINCT transaction_id, place FROM json_each(:runs) AS run CROSS JOIN touched"
    " ON registry = :registry AND size = :size AND place <= :until"
    " AND touched.first BETWEEN json_extract(run.value, '$[0]') - :reach AND json_extract(run.value, '$[1]')"
    " WHERE last >= json_extract(run.value, '$[0]')"
)
_KEPT: Final = f"SELECT {COLUMNS} FROM lived WHERE holder = :holder AND {_THEN} LIMIT :limit"  # noqa: S608
_HOLDING: Final = (
    f"SELECT {COLUMNS} FROM lived WHERE party = :holder"  # noqa: S608
    " AND (approach, registry, first, size, since) > (:approach, :registry, :first, :size, :since)"
    " ORDER BY approach, registry, first, size, since LIMIT :limit"
)


def place_of(timeline: sqlite3.Connection, as_of: datetime | None) -> int:
    """The last place in the log that counts as of a moment; None: now. -1: nothing had changed a unit."""
    if as_of is None:
        return FOR_EVER - 1
    found = timeline.execute(_MOMENT, (to_ms(as_of),)).fetchone()
    return found[0] if found else -1


def touched(timeline: sqlite3.Connection, registry: str, serial: int) -> By:
    """What did something to a unit: transactions, and the places of statements that restated it."""
    return _by(
        row for names in _around(registry, serial) for row in timeline.execute(_TOUCHED, names)
    )


def touching(
    timeline: sqlite3.Connection, runs: Mapping[str, Sequence[SerialRange]], until: int
) -> By:
    """What did something to units of some runs up to a place in the log."""
    found: set[tuple[str, int]] = set()
    for registry, listed in runs.items():
        names = {
            "registry": registry, "until": until,
            "runs": json.dumps([(run.first, run.last) for run in listed]),
        }  # fmt: skip
        size = -1
        while (size := timeline.execute(_SIZE_ABOVE, (registry, size)).fetchone()[0]) is not None:
            reach = {"size": size, "reach": (1 << size) - 1}
            found.update(timeline.execute(_TOUCHING, {**names, **reach}))
    return _by(found)


def _by(found: Iterable[tuple[str, int]]) -> By:
    listed = sorted((place, name) for name, place in found)
    return By(
        transactions=tuple(each for each in listed if each[1]),
        places=tuple(place for place, name in listed if not name),
    )


def lives(timeline: sqlite3.Connection, registry: str, serial: int) -> list[Lived]:
    """The range that a unit is in now; nothing before it was issued."""
    names = {"registry": registry, "first": serial, "last": serial}
    return list(map(read, timeline.execute(LIVING, names)))


def _around(registry: str, serial: int) -> Iterator[dict[str, object]]:
    """Where ranges lie that a unit is in, the small ones first.

    Ranges of a size class are no longer than its greatest, so that of each only those are looked at
    that begin at most so far to the left.
    """
    for size in range(SIZES):
        earliest = max(0, serial - (1 << size) + 1)
        yield {"registry": registry, "size": size, "serial": serial, "earliest": earliest}


def held(
    timeline: sqlite3.Connection,
    caller: Caller,
    approach: str,
    place: int,
    after: Key,
    limit: int,
) -> list[Lived]:
    """A page of what registries and Parties of a caller held of an approach, by registry and serial."""
    found: dict[Key, Lived] = {}
    for column, names in (("holder", caller.registries), ("party", caller.hosts)):
        for name in sorted(names):
            wanted = {
                "name": name, "approach": approach, "place": place,
                "registry": after[0], "first": after[1], "limit": limit,
            }  # fmt: skip
            for row in map(read, timeline.execute(_HELD_BY[column], wanted)):
                found[row.registry, row.first] = row
    return [found[key] for key in sorted(found)[:limit]]


def totals(timeline: sqlite3.Connection, approach: str, place: int) -> Totals:
    """Units of an approach in the ledger by what had become of them."""
    found = timeline.execute(_SUMS, (approach, place)).fetchone() or ("0",) * 4
    in_accounts, used, cancelled, first_transferred = map(int, found)
    return Totals(
        cooperative_approach=approach,
        issued=in_accounts + used + cancelled,
        held=in_accounts,
        used=used,
        cancelled=cancelled,
        first_transferred=first_transferred,
    )


def first_transferred(
    timeline: sqlite3.Connection, host: str, after: Key, limit: int
) -> list[tuple[str, SerialRange]]:
    """A page of a host's first transferred units in whole runs, behind one that ends with a serial."""
    rows = timeline.execute(
        _FIRST_TRANSFERRED, {"host": host, "registry": after[0], "first": after[1]}
    )
    runs: list[tuple[str, SerialRange]] = []
    for registry, first, last in rows:
        if runs and runs[-1][0] == registry and runs[-1][1].last + 1 == first:
            runs[-1] = registry, SerialRange(runs[-1][1].first, last)
        elif len(runs) == limit:
            break
        else:
            runs.append((registry, SerialRange(first, last)))
    return runs


@dataclass(frozen=True, slots=True, order=True)
class Concern:
    """A completed transaction, or a statement that restated units, of which units a Party is concerned with.

    Attributes:
        decided_at: Milliseconds since 1970.
        transaction_id: Empty of a statement.
    """

    decided_at: int
    place: int
    ordinal: int
    transaction_id: str


def concerns(
    timeline: sqlite3.Connection, party: str, after: Concern, before: int, until: int, limit: int
) -> list[Concern]:
    """What concerned a Party, by the time and the place at which it was decided.

    Args:
        timeline: Its tables.
        party: That held units before or after, or that they come from.
        after: Only what stands behind this one.
        before: Only what was decided before this time, milliseconds since 1970.
        until: Only up to this place in the log.
        limit: At most so many.
    """
    names = {
        "party": party, "at": after.decided_at, "place": after.place, "ordinal": after.ordinal,
        "name": after.transaction_id, "before": before, "until": until, "limit": limit,
    }  # fmt: skip
    return [Concern(*row) for row in timeline.execute(_CONCERNED, names)]


def kept_in(timeline: sqlite3.Connection, registry: str, place: int, limit: int) -> list[Lived]:
    """Units in the accounts of a registry at a place in the log, at most so many ranges."""
    names = {"holder": registry, "place": place, "limit": limit}
    return list(map(read, timeline.execute(_KEPT, names)))


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a range that a Party ever held stands among all of them."""

    approach: str = ""
    registry: str = ""
    first: int = 0
    size: int = 0
    since: int = -1


def held_ever(timeline: sqlite3.Connection, holder: str, after: Holding, limit: int) -> list[Lived]:
    """A page of all ranges that were ever in a Party's accounts, by approach, registry and serial.

    Args:
        timeline: Its tables.
        holder: Whose accounts, as `Side.party`.
        after: Only what stands behind this one.
        limit: At most so many.
    """
    names = {"holder": holder, "limit": limit, **asdict(after)}
    return list(map(read, timeline.execute(_HOLDING, names)))


Deal = tuple[int, int, int]
"""When transactions were completed, at which place in the log, and their place in what proposed them.

One acceptance completes what several proposals asked for, so that transactions may have the same."""


def done(
    timeline: sqlite3.Connection,
    registries: Iterable[str],
    party: str,
    span: tuple[int, int],
    since: Deal,
) -> Iterator[list[str]]:
    """Transactions in which registries took part, and a Party's, in a span of time from one on.

    They come in the order in which they were completed, each once; those that it does not tell apart together.
    """

    def of(registry: str) -> Iterator[tuple[Deal, str]]:
        names = {
            "registry": registry, "since": span[0], "before": span[1],
            "at": since[0], "place": since[1], "ordinal": since[2],
        }  # fmt: skip
        for *deal, name, other in timeline.execute(_DONE, names):
            if party in {registry[:3], other[:3]}:
                yield (deal[0], deal[1], deal[2]), name

    for _, found in groupby(merge(*map(of, sorted(registries))), key=itemgetter(0)):
        yield sorted({name for _, name in found})
