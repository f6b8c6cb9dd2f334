# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What other registries report of units that one of them reports: found without reading all of it.

Ranges of one reporter are disjoint, so that of each the search begins at the one row that can reach in
from the left. How much is compared is bounded; where there is more, every other node has an equal
share of it, so that nobody can crowd out what somebody else reports.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select

from broker.rulebook.general.reported import ReportedUnits
from broker.store import sharing_schema as s
from broker.store.decoding import Row
from broker.store.sql import REGISTRIES
from itmo import limits
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import Read
from itmo.runtime.db.statement import Statement, some

MAX_OTHERS: Final = limits.MAX_REPORTED_HOLDINGS
"""Rows of other registries that one report is compared with: as many as one registry reports. What lies
past them is found when its own registry reports, or by an export."""

Span = tuple[int, int]
"""First and last serial number."""
Pair = tuple[str, str]
"""An originating registry, and another registry that reports units of it."""

_H: Final = s.reported_holding
reported: Final = Read(ReportedUnits, _H.c.keys())
"""A row of reported_holding."""
_NEXT: Final = Statement(
    select(func.min(_H.c.reporter)).where(
        _H.c.registry == bindparam("of_registry"), _H.c.reporter > bindparam("after")
    )
)


def _within() -> Select[Any]:
    before = _H.alias("b")
    start = (
        select(func.max(before.c.first))
        .where(
            before.c.reporter == bindparam("of_reporter"),
            before.c.registry == bindparam("of_registry"),
            before.c.first <= bindparam("since"),
        )
        .scalar_subquery()
    )
    return (
        select(_H)
        .where(
            _H.c.reporter == bindparam("of_reporter"),
            _H.c.registry == bindparam("of_registry"),
            _H.c.first >= func.coalesce(start, bindparam("since")),
            _H.c.first <= bindparam("upto"),
            _H.c.last >= bindparam("since"),
        )
        .order_by(_H.c.first)
    )


_WITHIN: Final = Statement(_within())
_FIRST: Final = 2
"""The column of the first serial."""


def spans(ranges: Iterable[tuple[str, int, int]]) -> dict[str, Span]:
    """From the first to the last unit of each originating registry."""
    found: dict[str, Span] = {}
    for registry, first, last in ranges:
        low, high = found.get(registry, (first, last))
        found[registry] = min(low, first), max(high, last)
    return found


def others(
    connection: Connection, reporter: str, wanted: Mapping[str, Span]
) -> list[ReportedUnits]:
    """Rows of other registries between the first and last units of a report, or a fair part of them."""
    pairs = list(_pairs(connection, reporter, wanted))
    shares = _shares(connection, pairs)
    rows: list[Row] = []
    more: list[tuple[Pair, int]] = []
    for pair in pairs:
        found = _rows(connection, pair, wanted[pair[0]], shares[pair])
        rows += found
        if len(found) == shares[pair]:
            more.append((pair, found[-1][_FIRST] + 1))
    for pair, since in more:
        left = MAX_OTHERS - len(rows)
        if left > 0:
            rows += _rows(connection, pair, (since, wanted[pair[0]][1]), left)
    return [reported(row) for row in rows]


def count_others(connection: Connection, reporter: str, wanted: Mapping[str, Span]) -> int:
    """How many there are, or MAX_OTHERS; each registry that has some counts besides its rows."""
    found = 0
    for pair in _pairs(connection, reporter, wanted):
        found += 1 + len(_rows(connection, pair, wanted[pair[0]], MAX_OTHERS - found))
        if found >= MAX_OTHERS:
            return MAX_OTHERS
    return found


def _pairs(connection: Connection, reporter: str, wanted: Mapping[str, Span]) -> Iterator[Pair]:
    """Who else reports units of each registry; at most as many as rows are compared."""
    left = MAX_OTHERS
    for registry in sorted(wanted):
        after = ""
        while left:
            names = {"of_registry": registry, "after": after}
            (after,) = connection.execute(_NEXT, names).fetchone()
            if after is None:
                break
            left -= 1
            if after != reporter:
                yield registry, after


def _shares(connection: Connection, pairs: list[Pair]) -> dict[Pair, int]:
    """How many rows of each pair are compared at least: an equal number of each node."""
    names = {"wanted": json.dumps(sorted({reporter for _, reporter in pairs}))}
    nodes = {row[0]: row[1] for row in connection.execute(REGISTRIES, names)}
    of_node = Counter(nodes[reporter] for _, reporter in pairs)
    return {pair: max(1, MAX_OTHERS // len(of_node) // of_node[nodes[pair[1]]]) for pair in pairs}


def _rows(connection: Connection, pair: Pair, span: Span, most: int) -> list[Row]:
    registry, reporter = pair
    names = {"of_reporter": reporter, "of_registry": registry, "since": span[0], "upto": span[1]}
    return some(connection, _WITHIN, names, most)
