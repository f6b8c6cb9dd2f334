# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house knows of Parties, from the newest statement about each at any time."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from broker.adjustments.entries import GHG
from broker.regime.paris import reading
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.years import LevelKind
from broker.store import schema as s
from broker.store.statements import sql
from itmo.clock import to_ms
from itmo.core.v1 import statements_pb2

_LATEST: Final = 2**63 - 1
"""No decision is later: milliseconds since 1970."""

_PARTY: Final = sql(
    select(s.message.c.payload)
    .join(s.party_statement, s.party_statement.c.message_id == s.message.c.message_id)
    .join(s.log_leaf, s.log_leaf.c.log_index == s.party_statement.c.log_index)
    .where(
        s.party_statement.c.party == bindparam("of_party"),
        s.log_leaf.c.decided_at <= bindparam("until"),
    )
    .order_by(s.party_statement.c.log_index.desc())
)
_APPROACH: Final = sql(
    select(s.message.c.payload)
    .join(s.cooperative_approach, s.cooperative_approach.c.message_id == s.message.c.message_id)
    .where(s.cooperative_approach.c.cooperative_approach == bindparam("of_approach"))
)
_PARTIES: Final = sql(
    select(s.party_statement.c.party).distinct().order_by(s.party_statement.c.party)
)
_LEVELS: Final = sql(
    select(s.party_level.c.year, s.party_level.c.amount)
    .join(s.log_leaf, s.log_leaf.c.log_index == s.party_level.c.log_index)
    .where(
        s.party_level.c.party == bindparam("of_party"),
        s.party_level.c.metric == bindparam("of_metric"),
        s.party_level.c.level_kind == bindparam("of_level"),
        s.log_leaf.c.decided_at <= bindparam("until"),
    )
    .order_by(s.party_level.c.log_index)
)
_INDICATORS: Final = sql(
    select(s.party_level.c.metric)
    .distinct()
    .where(s.party_level.c.party == bindparam("of_party"))
    .order_by(s.party_level.c.metric)
)


def until(as_of: datetime | None) -> int:
    """The last moment that counts, as the database has it; None: everything counts."""
    return _LATEST if as_of is None else to_ms(as_of)


def party_facts(
    connection: sqlite3.Connection, party: str, as_of: datetime | None = None
) -> PartyFacts | None:
    """What the newest statement says of a Party; None where nothing was ever stated.

    Args:
        connection: The database.
        party: The Party.
        as_of: Leave out what was stated later; None: everything.
    """
    row = connection.execute(_PARTY, {"of_party": party, "until": until(as_of)}).fetchone()
    if row is None:
        return None
    return reading.party(statements_pb2.PartyStatement.FromString(row[0]))


def latest_statement(
    connection: sqlite3.Connection, party: str
) -> statements_pb2.PartyStatement | None:
    """The newest statement about a Party; None where nothing was ever stated."""
    row = connection.execute(_PARTY, {"of_party": party, "until": _LATEST}).fetchone()
    return None if row is None else statements_pb2.PartyStatement.FromString(row[0])


def latest_approach(
    connection: sqlite3.Connection, approach: str
) -> statements_pb2.CooperativeApproachStatement | None:
    """The newest statement about a cooperative approach; None where nothing was ever stated."""
    row = connection.execute(_APPROACH, {"of_approach": approach}).fetchone()
    return None if row is None else statements_pb2.CooperativeApproachStatement.FromString(row[0])


def known_parties(connection: sqlite3.Connection) -> list[str]:
    """Parties of which something was stated."""
    return [row[0] for row in connection.execute(_PARTIES)]


def levels(
    connection: sqlite3.Connection,
    party: str,
    kind: LevelKind = LevelKind.INVENTORY,
    *,
    metric: str = GHG,
    as_of: datetime | None = None,
) -> dict[int, int]:
    """Yearly figures of a Party in units of the metric, as stated last; years not known are left out.

    Args:
        connection: The database.
        party: The Party.
        kind: Which figures: of the inventory, a part of it, or the target.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
        as_of: Leave out what was stated later; None: everything.
    """
    names = {
        "of_party": party,
        "of_metric": metric,
        "of_level": kind.value,
        "until": until(as_of),
    }
    return dict(connection.execute(_LEVELS, names).fetchall())


def metrics_of(connection: sqlite3.Connection, party: str) -> list[str]:
    """Metrics in which a Party stated yearly figures."""
    return [row[0] for row in connection.execute(_INDICATORS, {"of_party": party})]
