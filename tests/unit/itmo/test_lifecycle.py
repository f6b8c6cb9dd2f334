# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from itertools import product

import pytest

from itmo.lifecycle import (
    ACTOR_OF,
    FINAL,
    HOLDS_LOCK,
    MOVES,
    TRANSITIONS,
    Actor,
    Completion,
    Event,
    IllegalTransition,
    State,
    TerminationCause,
    advance,
    allowed_events,
)
from itmo.reasons import ProtocolError, Reason

# Written out again on purpose, from the diagram of the architecture and not from the table.
TWO_PARTY = {
    "PROPOSED VALIDATE": "VALIDATED",
    "PROPOSED INVALIDATE": "INVALIDATED",
    "VALIDATED ACCEPT": "ACCEPTED",
    "VALIDATED REJECT": "REJECTED",
    "VALIDATED WITHDRAW": "TERMINATED",
    "VALIDATED TIME_OUT": "TERMINATED",
    "ACCEPTED COMPLETE": "COMPLETED",
    "ACCEPTED TIME_OUT": "TERMINATED",
}
SINGLE = {
    "PROPOSED VALIDATE": "VALIDATED",
    "PROPOSED INVALIDATE": "INVALIDATED",
    "VALIDATED COMPLETE": "COMPLETED",
    "VALIDATED WITHDRAW": "TERMINATED",
    "VALIDATED TIME_OUT": "TERMINATED",
}


@pytest.mark.parametrize("two_party", [True, False])
@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_pair_of_state_and_event(state: State, event: Event, two_party: bool) -> None:
    expected = (TWO_PARTY if two_party else SINGLE).get(f"{state} {event}")
    if expected is not None:
        assert advance(state, event, two_party=two_party) is State(expected)
        return
    with pytest.raises(IllegalTransition) as caught:
        advance(state, event, two_party=two_party)
    assert isinstance(caught.value, ProtocolError)
    assert caught.value.reason is Reason.ILLEGAL_TRANSITION
    allowed = allowed_events(state, two_party=two_party)
    assert caught.value.metadata == {"state": state, "event": event, "allowed": ",".join(allowed)}
    assert event not in allowed


def test_the_table_has_no_ambiguous_or_useless_row() -> None:
    assert len(MOVES) == len(TRANSITIONS)
    assert all(move.single or move.two_party for move in MOVES)
    assert dict(TRANSITIONS) == {
        (State(pair.split()[0]), Event(pair.split()[1])): State(to)
        for pair, to in (TWO_PARTY | SINGLE).items()
    }


def test_the_table_cannot_be_edited() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[State.COMPLETED, Event.WITHDRAW] = State.TERMINATED  # type: ignore[index]


@pytest.mark.parametrize("two_party", [True, False])
def test_final_states_are_those_without_a_way_out(two_party: bool) -> None:
    reached = {State.PROPOSED} | {
        move.to for move in MOVES if (move.two_party if two_party else move.single)
    }
    without_exit = {state for state in reached if not allowed_events(state, two_party=two_party)}
    assert without_exit == FINAL & reached


def test_every_waiting_state_can_time_out_and_only_waiting_states_hold_locks() -> None:
    assert {state for state, event in TRANSITIONS if event is Event.TIME_OUT} == HOLDS_LOCK
    assert not HOLDS_LOCK & FINAL


def test_actors() -> None:
    assert set(ACTOR_OF) == set(Event)
    assert {event for event, actor in ACTOR_OF.items() if actor is Actor.RECEIVER} == {
        Event.ACCEPT,
        Event.REJECT,
    }
    assert {event for event, actor in ACTOR_OF.items() if actor is Actor.PROPOSER} == {
        Event.COMPLETE,
        Event.WITHDRAW,
    }


@pytest.mark.parametrize("enum", [State, Event, Actor, Completion, TerminationCause])
def test_values_equal_names(enum: type[State]) -> None:
    assert all(member.value == member.name for member in enum)
