# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Queries for stored rows that wanted ranges cross, with the searches that keep them short."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import (
    CompoundSelect,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import Subquery

from broker.store import schema as s
from broker.store.lookup_schema import lookup
from itmo.runtime.db.json_text import WHOLE, WORD, rows_listed

_WHOLE: Final = frozenset({"every", "first", "last", "low", "high"})


def wanted_rows(*columns: str) -> Subquery:
    """Rows handed in as one JSON parameter: [[...], ...], a column for each place."""
    return rows_listed("wanted", **{each: WHOLE if each in _WHOLE else WORD for each in columns})


def overlapping(
    rows: Table,
    wanted: Subquery,
    same: Callable[[FromClause], Iterable[ColumnElement[bool]]],
    first: str = "first",
    last: str = "last",
) -> ColumnElement[bool]:
    """True where a row shares a number with a wanted range.

    Rows of which the same is true are disjoint, so only the one that begins last at or before a wanted
    range can reach into it from the left: the search never starts further back.

    Args:
        rows: The table.
        wanted: What `wanted_rows` handed in.
        same: What has to be true of a row besides, such as that it is of the wanted registry.
        first: The column in which a range begins, of rows and of what is wanted.
        last: The column in which it ends.
    """
    before = rows.alias("b")
    start = (
        select(func.max(before.c[first]))
        .where(*same(before), before.c[first] <= wanted.c[first])
        .scalar_subquery()
    )
    return and_(
        *same(rows),
        rows.c[first] >= func.coalesce(start, wanted.c[first]),
        rows.c[first] <= wanted.c[last],
        rows.c[last] >= wanted.c[first],
    )


def units_crossed(*besides: str) -> Select[Any]:
    """Live rows that share a serial with a wanted range, once for each such range.

    What is handed in besides, behind the range, comes along with each row.
    """
    wanted, u = wanted_rows("registry", "first", "last", *besides), s.unit_block
    reaches = overlapping(u, wanted, lambda row: [row.c.registry == wanted.c.registry])
    along = [wanted.c[each] for each in besides]
    return select(*_live(u), *along).select_from(wanted).join(u, reaches)


def held_crossed(*besides: str) -> Select[Any]:
    """Live rows that share a serial with a wanted range and lie in accounts of a registry of the node.

    That is the registry which keeps the account named. Only rows in its accounts are ever looked at,
    so neither the answer nor the work tells a stranger how others hold the range. What is handed in
    besides, behind the range, comes along with each row.
    """
    wanted = wanted_rows("node", "account", "registry", "first", "last", *besides)
    u, a, r = s.unit_block, s.account, s.registry
    reaches = overlapping(
        u,
        wanted,
        lambda row: (
            row.c.account_registry == r.c.registry,
            row.c.registry == wanted.c.registry,
        ),
    )
    return (
        select(*_live(u), *(wanted.c[each] for each in besides))
        .select_from(wanted)
        .join(a, a.c.account_id == wanted.c.account)
        .join(r, and_(r.c.registry == a.c.registry, r.c.node == wanted.c.node))
        .join(u, reaches)
    )


def units_of_registry() -> Select[Any]:
    """Live rows in the accounts of a registry, whoever issued them."""
    u = s.unit_block
    return select(*_live(u)).where(u.c.account_registry == bindparam("of_registry"))


WHOEVER_ISSUES: Final = ""
"""In the place of a node: the one that speaks for the registry that numbers the units."""


def _speaks_for_issuer(wanted: Any) -> ColumnElement[bool]:  # noqa: ANN401  # rows of JSON
    """True where a node speaks for the registry that numbers the wanted serials."""
    r = s.registry
    speaks = or_(r.c.node == wanted.c.node, wanted.c.node == literal_column("''"))
    return and_(r.c.registry == wanted.c.issuer, speaks)


def last_lived() -> Select[Any]:
    """The last live row in each wanted range, where a node speaks for the registry that numbers them.

    One row says whether serials were issued before; how the units were cut since is not the business
    of who issued them any more.
    """
    wanted = wanted_rows("node", "issuer", "registry", "first", "last")
    u, before, r = s.unit_block, s.unit_block.alias("b"), s.registry
    last = (
        select(func.max(before.c.first))
        .where(before.c.registry == wanted.c.registry, before.c.first <= wanted.c.last)
        .scalar_subquery()
    )
    reaches = and_(u.c.registry == wanted.c.registry, u.c.first == last, u.c.last >= wanted.c.first)
    return (
        select(*_live(u))
        .distinct()
        .select_from(wanted)
        .join(r, _speaks_for_issuer(wanted))
        .join(u, reaches)
    )


def reserved_crossed() -> Select[Any]:
    """Serials of a wanted range that issuances wait for, where a node speaks for the one that numbers them."""
    wanted = wanted_rows("node", "issuer", "registry", "first", "last")
    w, r = s.reserved_serials, s.registry
    reaches = overlapping(w, wanted, lambda row: [row.c.registry == wanted.c.registry])
    return select(w).select_from(wanted).join(r, _speaks_for_issuer(wanted)).join(w, reaches)


def _live(rows: Table) -> list[ColumnElement[Any]]:
    """The columns of a live row, but for what follows from its range and its account."""
    return [each for each in rows.c if each.name not in {"quantity", "account_registry"}]


def neighbours() -> CompoundSelect[Any]:
    """Live rows that end just before a wanted range, or begin just behind it."""
    wanted, u = wanted_rows("registry", "first", "last"), s.unit_block
    columns = _live(u)
    one: ColumnElement[int] = literal_column("1")
    before = and_(u.c.registry == wanted.c.registry, u.c.last == wanted.c.first - one)
    behind = and_(u.c.registry == wanted.c.registry, u.c.first == wanted.c.last + one)
    return (
        select(*columns)
        .select_from(wanted)
        .join(u, before)
        .union(select(*columns).select_from(wanted).join(u, behind))
    )


def blocks_issued() -> Select[Any]:
    """Issued blocks by registry and first serial."""
    wanted, i = wanted_rows("registry", "first"), s.issued_block
    same = and_(i.c.registry == wanted.c.registry, i.c.first == wanted.c.first)
    return select(i).select_from(wanted).join(i, same)


def lookups_crossed() -> Select[Any]:
    """Issued blocks whose numbers share one with wanted ones, once for each wanted range.

    Ranges of one name are the same or share no number.
    """
    wanted = wanted_rows("space", "name", "low", "high")
    found, i = lookup, s.issued_block
    overlaps = overlapping(
        found,
        wanted,
        lambda row: (row.c.space == wanted.c.space, row.c.name == wanted.c.name),
        "low",
        "high",
    )
    block = and_(i.c.registry == found.c.registry, i.c.first == found.c.first)
    return (
        select(
            i.c.registry, i.c.first, i.c.last, i.c.attributes,
            found.c.space, found.c.name, found.c.low, found.c.high,
        )
        .select_from(wanted)
        .join(found, overlaps)
        .join(i, block)
    )  # fmt: skip
