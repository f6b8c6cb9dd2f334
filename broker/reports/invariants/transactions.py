# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of transactions: their events, played through the life cycle, give their state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import select

from broker.store import schema as s
from broker.store.decoding import Row
from itmo.lifecycle import FINAL, Event, State, TerminationCause, advance
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement

_T: Final = s.transaction
_E: Final = s.transaction_event
_TRANSACTIONS: Final = Statement(
    select(
        _T.c.transaction_id,
        _T.c.state,
        _T.c.termination_cause,
        _T.c.receiver_node,
        _T.c.updated_at,
        _T.c.moves,
    ).order_by(_T.c.transaction_id)
)
_EVENTS: Final = Statement(
    select(
        _E.c.transaction_id,
        _E.c.ordinal,
        _E.c.event,
        _E.c.from_state,
        _E.c.to_state,
        _E.c.log_index,
        s.log_leaf.c.decided_at,
    )
    .outerjoin(s.log_leaf, s.log_leaf.c.log_index == _E.c.log_index)
    .order_by(_E.c.transaction_id, _E.c.ordinal)
)
_CAUSE: Final = {
    Event.TIME_OUT: TerminationCause.TIMED_OUT,
    Event.WITHDRAW: TerminationCause.WITHDRAWN,
}


def events_give_states(connection: Connection) -> Iterator[str]:
    """The events of each transaction, in order, lead from PROPOSED to where it stands."""
    histories = groupby(in_portions(connection, _EVENTS), key=itemgetter(0))
    history = next(histories, None)
    events: Sequence[Row] = tuple(history[1]) if history else ()
    for row in in_portions(connection, _TRANSACTIONS):
        while history is not None and history[0] < row[0]:
            yield f"events of {history[0]} are recorded, but no such transaction"
            history = next(histories, None)
            events = tuple(history[1]) if history else ()
        if history is not None and history[0] == row[0]:
            yield from _broken(row, events)
            history = next(histories, None)
            events = tuple(history[1]) if history else ()
        else:
            yield f"transaction {row[0]} has no events"
    while history is not None:
        yield f"events of {history[0]} are recorded, but no such transaction"
        history = next(histories, None)


def _broken(row: Row, events: Sequence[Row]) -> Iterator[str]:
    transaction_id, state, cause, receiver_node, updated_at, moves = row
    at, place = State.PROPOSED, -1
    for expected, (_, ordinal, name, from_state, to_state, log_index, _) in enumerate(events):
        told = f"event {ordinal} of {transaction_id}"
        if ordinal != expected:
            yield f"transaction {transaction_id} has no event {expected}"
            return
        try:
            to = advance(at, Event(name), two_party=receiver_node is not None)
        except (ProtocolError, ValueError):
            yield f"{told} is {name}, which is not possible from {at}"
            return
        if (from_state, to_state) != (at, to):
            yield f"{told} goes from {from_state} to {to_state}; it must go from {at} to {to}"
        if log_index < place or events[expected][6] is None:
            yield f"{told} names decision {log_index}, which is out of order or not in the log"
        at, place = to, log_index
    if at != state or moves != len(events):
        yield (
            f"transaction {transaction_id} is {state} after {moves} moves; its {len(events)} events"
            f" lead to {at}"
        )
    if updated_at != events[-1][6]:
        yield f"transaction {transaction_id} was not changed last when its last event was decided"
    if cause != (_CAUSE.get(Event(events[-1][2])) if State(state) in FINAL else None):
        yield f"transaction {transaction_id} ended by {events[-1][2]}, not because {cause}"
