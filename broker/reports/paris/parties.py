# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house knows of Parties, from the newest statement about each at any time."""

from __future__ import annotations

from datetime import datetime

from broker.adjustments.entries import GHG
from broker.regime.paris import stated_keys
from broker.regime.paris.statements.approach import approach as read_approach
from broker.regime.paris.statements.levels import as_known
from broker.regime.paris.statements.levels import read as read_levels
from broker.regime.paris.statements.party import read as read_party
from broker.reports.snapshot import until
from broker.rulebook.paris.approaches import ApproachFacts
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.years import LevelKind
from broker.store.stated import Span, last_stated, stated_messages
from itmo.paris.v1 import approaches_pb2, parties_pb2
from itmo.runtime.db.connection import Connection


def party_facts(
    connection: Connection, party: str, as_of: datetime | None = None
) -> PartyFacts | None:
    """What the newest statement says of a Party; None where nothing was ever stated.

    Args:
        connection: The database.
        party: The Party.
        as_of: Leave out what was stated later; None: everything.
    """
    messages = stated_messages(connection, Span.one(stated_keys.party(party)))
    known = [each.payload for each in messages if each.decided_at <= until(as_of)]
    return read_party(known[-1]) if known else None


def latest_statement(connection: Connection, party: str) -> parties_pb2.PartyStatement | None:
    """The newest statement about a Party; None where nothing was ever stated."""
    found = last_stated(connection, Span.one(stated_keys.party(party)))
    return parties_pb2.PartyStatement.FromString(found[0].payload) if found else None


def latest_approach(
    connection: Connection, approach: str
) -> approaches_pb2.CooperativeApproachStatement | None:
    """The newest statement about a cooperative approach; None where nothing was ever stated."""
    found = last_stated(connection, Span.one(stated_keys.approach(approach)))
    if not found:
        return None
    return approaches_pb2.CooperativeApproachStatement.FromString(found[0].payload)


def approach_statements(
    connection: Connection,
) -> list[approaches_pb2.CooperativeApproachStatement]:
    """The newest statement about every cooperative approach, by id."""
    found = last_stated(connection, Span.every(stated_keys.RULEBOOK, stated_keys.APPROACH))
    return [approaches_pb2.CooperativeApproachStatement.FromString(e.payload) for e in found]


def known_approaches(connection: Connection) -> list[ApproachFacts]:
    """Every cooperative approach as it was stated last, by id."""
    return list(map(read_approach, approach_statements(connection)))


def levels(
    connection: Connection,
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
    span = Span.one(stated_keys.levels(party, kind, metric))
    known = (each for each in stated_messages(connection, span) if each.decided_at <= until(as_of))
    return as_known(read_levels(each.payload) for each in known)
