# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Queries for stored rows that wanted ranges cross, with the searches that keep them short."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    CompoundSelect,
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


def units_crossed(*besides: str) -> Select[Any]:
    """Live rows that share a serial with a wanted range, once for each such range.

    What is handed in besides, behind the range, comes along with each row.

    Live ranges are disjoint, so only the row with the greatest first at or before the wanted first
    can reach into the range from the left: the search never starts further back.
    """
    wanted, u, before = (
        wanted_rows("registry", "first", "last", *besides),
        s.unit_block,
        s.unit_block.alias("b"),
    )
    start = (
        select(func.max(before.c.first))
        .where(before.c.registry == wanted.c.registry, before.c.first <= wanted.c.first)
        .scalar_subquery()
    )
    reaches = and_(
        u.c.registry == wanted.c.registry,
        u.c.first >= func.coalesce(start, wanted.c.first),
        u.c.first <= wanted.c.last,
        u.c.last >= wanted.c.first,
    )
    along = [wanted.c[each] for each in besides]
    return select(*_live(u), *along).select_from(wanted).join(u, reaches)


def held_crossed(*besides: str) -> Select[Any]:
    """Live rows that share a serial with a wanted range and lie in accounts of a registry of the node.

    That is the registry which keeps the account named. Only rows in its accounts are ever looked at,
    so neither the answer nor the work tells a stranger how others hold the range. What is handed in
    besides, behind the range, comes along with each row.
    """
    wanted = wanted_rows("node", "account", "registry", "first", "last", *besides)
    u, before, a, r = s.unit_block, s.unit_block.alias("b"), s.account, s.registry
    start = (
        select(func.max(before.c.first))
        .where(
            before.c.account_registry == r.c.registry,
            before.c.registry == wanted.c.registry,
            before.c.first <= wanted.c.first,
        )
        .scalar_subquery()
    )
    reaches = and_(
        u.c.account_registry == r.c.registry,
        u.c.registry == wanted.c.registry,
        u.c.first >= func.coalesce(start, wanted.c.first),
        u.c.first <= wanted.c.last,
        u.c.last >= wanted.c.first,
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
    w, before, r = s.reserved_serials, s.reserved_serials.alias("b"), s.registry
    start = (
        select(func.max(before.c.first))
        .where(before.c.registry == wanted.c.registry, before.c.first <= wanted.c.first)
        .scalar_subquery()
    )
    reaches = and_(
        w.c.registry == wanted.c.registry,
        w.c.first >= func.coalesce(start, wanted.c.first),
        w.c.first <= wanted.c.last,
        w.c.last >= wanted.c.first,
    )
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

    Ranges of one name are the same or share no number, so the search starts as it does for units.
    """
    wanted = wanted_rows("space", "name", "low", "high")
    found, before, i = lookup, lookup.alias("b"), s.issued_block
    start = (
        select(func.max(before.c.low))
        .where(
            before.c.space == wanted.c.space,
            before.c.name == wanted.c.name,
            before.c.low <= wanted.c.low,
        )
        .scalar_subquery()
    )
    overlaps = and_(
        found.c.space == wanted.c.space,
        found.c.name == wanted.c.name,
        found.c.low >= func.coalesce(start, wanted.c.low),
        found.c.low <= wanted.c.high,
        found.c.high >= wanted.c.low,
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
