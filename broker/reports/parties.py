# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house knows of Parties, from the newest statement about each."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy import bindparam, select

from broker.clearing import reading
from broker.rulebook.facts import PartyFacts
from broker.store import schema as s
from broker.store.statements import sql
from itmo.core.v1 import statements_pb2

_PARTY: Final = sql(
    select(s.message.c.payload)
    .join(s.party_statement, s.party_statement.c.message_id == s.message.c.message_id)
    .where(s.party_statement.c.party == bindparam("of_party"))
    .order_by(s.party_statement.c.log_index.desc())
)
_PARTIES: Final = sql(
    select(s.party_statement.c.party).distinct().order_by(s.party_statement.c.party)
)
_INVENTORY: Final = sql(
    select(s.inventory.c.tonnes).where(
        s.inventory.c.party == bindparam("of_party"), s.inventory.c.year == bindparam("of_year")
    )
)


def party_facts(connection: sqlite3.Connection, party: str) -> PartyFacts | None:
    """What the newest statement says of a Party; None where nothing was ever stated."""
    row = connection.execute(_PARTY, {"of_party": party}).fetchone()
    if row is None:
        return None
    return reading.party(statements_pb2.PartyStatement.FromString(row[0]))


def known_parties(connection: sqlite3.Connection) -> list[str]:
    """Parties of which something was stated."""
    return [row[0] for row in connection.execute(_PARTIES)]


def inventory(connection: sqlite3.Connection, party: str, year: int) -> int | None:
    """A Party's inventory of a year in t CO2 eq, as stated last; None where it is not known."""
    row = connection.execute(_INVENTORY, {"of_party": party, "of_year": year}).fetchone()
    return int(row[0]) if row else None
