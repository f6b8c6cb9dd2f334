# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The invariant of final periods (2/CMA.3 annex para 12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from broker.regime.paris import stated_keys
from broker.regime.paris.statements.party import read as read_party
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.years import NdcPeriod
from broker.store import schema as s
from broker.store.stated import Span, stated_messages
from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement

_BOOKED: Final = Statement(
    select(
        s.adjustment_entry.c.entry_id,
        s.adjustment_entry.c.party,
        s.adjustment_entry.c.year,
        s.adjustment_entry.c.booked_at,
        s.message.c.log_index,
    )
    .join(s.transaction, s.transaction.c.transaction_id == s.adjustment_entry.c.transaction_id)
    .join(s.message, s.message.c.message_id == s.transaction.c.message_id)
    .order_by(s.adjustment_entry.c.entry_id)
)
_Stated = dict[str, list[tuple[int, PartyFacts]]]


def nothing_is_booked_after(connection: Connection) -> Iterator[str]:
    """Nothing was booked in a period on or after the finality date known when it was proposed."""
    stated: _Stated = defaultdict(list)
    for message in stated_messages(connection, Span.every(stated_keys.RULEBOOK, stated_keys.PARTY)):
        stated[message.name].append((message.log_index, read_party(message.payload)))
    for entry_id, party, year, booked_at, proposed in in_portions(connection, _BOOKED):
        period = _period(stated, party, year, proposed)
        final = period.finality_date if period is not None else None
        if final is not None and from_ms(booked_at).date() >= final:
            yield f"adjustment {entry_id} of {party} for {year} was booked on or after {final}"


def _period(stated: _Stated, party: str, year: int, until: int) -> NdcPeriod | None:
    known = [facts for log_index, facts in stated.get(party, ()) if log_index < until]
    return known[-1].period_of(year) if known else None
