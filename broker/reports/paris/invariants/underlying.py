# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of what stands behind units: read again from what was stated when they were issued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import literal_column, select

from broker.clearing.decision.rows import IssuedRow
from broker.regime.paris.lookups import UNDERLYING, lookups_of
from broker.regime.paris.reading import stated_attributes
from broker.regime.postings import Lookup
from broker.reports.paris.views import of_paris
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.underlying import given, standing_behind
from broker.store import schema as s
from broker.store.lookup_schema import lookup
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement
from itmo.serial_sets import text
from itmo.underlying import UnderlyingRange, unit_id

_LOOKUPS: Final = Statement(
    select(lookup).where(lookup.c.space == literal_column(f"'{UNDERLYING}'"))
)
_ISSUED: Final = Statement(
    select(s.issued_block)
    .where(of_paris(s.issued_block.c.rulebook))
    .order_by(s.issued_block.c.registry, s.issued_block.c.first)
)


def underlying_units_stand_behind_one_unit(connection: Connection) -> Iterator[str]:
    """Each unit of a programme, and each CER, backs one unit, and is kept in its normal form."""
    named: dict[tuple[str, int], set[Lookup]] = defaultdict(set)
    for space, name, low, high, registry, first in in_portions(connection, _LOOKUPS):
        named[registry, first].add(Lookup(space, name, low, high))
    found: list[tuple[UnderlyingRange, str]] = []
    for row in (IssuedRow(*each) for each in in_portions(connection, _ISSUED)):
        block = text((row.registry, row.first, row.last))
        stated = stated_attributes(row.attributes)
        behind, kept = standing_behind(stated), named[row.registry, row.first]
        if set(lookups_of(stated)) != kept:
            told = " and ".join(
                f"{each.low} to {each.high} of {each.name}" for each in sorted(kept)
            )
            yield f"{block} was issued against {_said(behind)}; {told or 'nothing'} is kept"
        if behind is None:
            if _names_some(stated):
                yield f"{block} names underlying units that cannot be read"
            continue
        if behind.quantity != row.last - row.first + 1:
            yield f"{block} was issued against {_said(behind)}, which are {behind.quantity} units"
        found.append((behind, block))
    reach: tuple[UnderlyingRange, str] | None = None
    for behind, block in sorted(found):
        if reach is not None and reach[0].overlaps(behind):
            yield f"{_said(behind)} stand behind {block} and partly behind {reach[1]}"
        if reach is None or reach[0].series != behind.series or reach[0].last < behind.last:
            reach = behind, block


def _names_some(stated: Attributes) -> bool:
    return stated.cer is not None or given(stated.underlying)


def _said(behind: UnderlyingRange | None) -> str:
    if behind is None:
        return "nothing"
    ids = unit_id(behind, behind.first), unit_id(behind, behind.last)
    return f"{ids[0]} to {ids[1]} of {behind.registry}"
