# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Life cycle of a transaction: the one table of allowed moves.

The proto enum, the CHECK constraints of the stores and the protocol document are compared with this
table by tests. A transaction between two registries needs its receiver; one within a registry has
no receiver and is never accepted or rejected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from itmo.reasons import ProtocolError, Reason


class State(StrEnum):
    """Where a transaction stands; the names of the secretariat's draft standard."""

    PROPOSED = "PROPOSED"
    VALIDATED = "VALIDATED"
    INVALIDATED = "INVALIDATED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


class Event(StrEnum):
    """What moves a transaction on."""

    VALIDATE = "VALIDATE"
    INVALIDATE = "INVALIDATE"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    COMPLETE = "COMPLETE"
    WITHDRAW = "WITHDRAW"
    TIME_OUT = "TIME_OUT"


class Actor(StrEnum):
    """Who may cause an event."""

    BROKER = "BROKER"
    PROPOSER = "PROPOSER"
    RECEIVER = "RECEIVER"


class Completion(StrEnum):
    """When an accepted transaction completes.

    ON_ACCEPTANCE: the proposal's signature is the proposer's consent in advance, so acceptance and
    completion are two moves in one commit. BY_PROPOSER: the proposer completes with a message.
    """

    ON_ACCEPTANCE = "ON_ACCEPTANCE"
    BY_PROPOSER = "BY_PROPOSER"


class TerminationCause(StrEnum):
    """Why a transaction was terminated."""

    WITHDRAWN = "WITHDRAWN"
    TIMED_OUT = "TIMED_OUT"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table: an event, from where to where, and for which transactions.

    Attributes:
        state: State before.
        event: What happens.
        to: State after.
        single: Whether the move exists for a transaction within one registry.
        two_party: Whether the move exists for a transaction between two registries.
    """

    state: State
    event: Event
    to: State
    single: bool
    two_party: bool


MOVES: Final = (
    Move(State.PROPOSED, Event.VALIDATE, State.VALIDATED, single=True, two_party=True),
    Move(State.PROPOSED, Event.INVALIDATE, State.INVALIDATED, single=True, two_party=True),
    Move(State.VALIDATED, Event.ACCEPT, State.ACCEPTED, single=False, two_party=True),
    Move(State.VALIDATED, Event.REJECT, State.REJECTED, single=False, two_party=True),
    Move(State.VALIDATED, Event.COMPLETE, State.COMPLETED, single=True, two_party=False),
    Move(State.VALIDATED, Event.WITHDRAW, State.TERMINATED, single=True, two_party=True),
    Move(State.VALIDATED, Event.TIME_OUT, State.TERMINATED, single=True, two_party=True),
    Move(State.ACCEPTED, Event.COMPLETE, State.COMPLETED, single=False, two_party=True),
    Move(State.ACCEPTED, Event.TIME_OUT, State.TERMINATED, single=False, two_party=True),
)

TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {(move.state, move.event): move.to for move in MOVES}
)
"""Every move of any transaction; which ones a given transaction has is a column of MOVES."""

_TWO_PARTY: Final = {(move.state, move.event): move.to for move in MOVES if move.two_party}
_SINGLE: Final = {(move.state, move.event): move.to for move in MOVES if move.single}

ACTOR_OF: Final[Mapping[Event, Actor]] = MappingProxyType(
    {
        Event.VALIDATE: Actor.BROKER,
        Event.INVALIDATE: Actor.BROKER,
        Event.ACCEPT: Actor.RECEIVER,
        Event.REJECT: Actor.RECEIVER,
        Event.COMPLETE: Actor.PROPOSER,
        Event.WITHDRAW: Actor.PROPOSER,
        Event.TIME_OUT: Actor.BROKER,
    }
)

FINAL: Final = frozenset({State.INVALIDATED, State.REJECTED, State.COMPLETED, State.TERMINATED})
HOLDS_LOCK: Final = frozenset({State.VALIDATED, State.ACCEPTED})


class IllegalTransition(ProtocolError):  # noqa: N818 - the name is the domain's word for it
    """The life cycle has no such move; reason ILLEGAL_TRANSITION with state, event, allowed."""


def allowed_events(state: State, *, two_party: bool) -> tuple[Event, ...]:
    """Returns the events that can happen in a state, in the order of the table; none when final."""
    table = _TWO_PARTY if two_party else _SINGLE
    return tuple(event for origin, event in table if origin is state)


def advance(state: State, event: Event, *, two_party: bool) -> State:
    """Returns the state after an event.

    Args:
        state: The state before.
        event: What happens.
        two_party: Whether two registries take part, so that the receiver has to accept.

    Raises:
        IllegalTransition: The table has no such move.
    """
    table = _TWO_PARTY if two_party else _SINGLE
    to = table.get((state, event))
    if to is None:
        allowed = ",".join(allowed_events(state, two_party=two_party))
        raise IllegalTransition(
            Reason.ILLEGAL_TRANSITION,
            f"A transaction that is {state} does not know {event}; "
            f"possible from here: {allowed or 'nothing, the state is final'}.",
            state=state,
            event=event,
            allowed=allowed,
        )
    return to
