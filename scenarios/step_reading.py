# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of steps: when, what, and what must hold afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from itmo.clock import to_text
from itmo.lifecycle import State
from itmo.reasons import shown
from scenarios.action_reading import ACTIONS as OF_EVERY
from scenarios.books import Reconcile
from scenarios.fields import Fields, unknown_key
from scenarios.kyoto.action_reading import ACTIONS as OF_KYOTO
from scenarios.model import RULEBOOKS, Action, Disturb, Rulebook, Step, StepExpectation, Wait
from scenarios.names import Names
from scenarios.paris.action_reading import ACTIONS as OF_PARIS
from scenarios.values import EPOCH, Value

ACTIONS: Final[Mapping[Rulebook, Mapping[str, Callable[[Value, Names], Action]]]] = {
    Rulebook.PARIS: {**OF_EVERY, **OF_PARIS},
    Rulebook.KYOTO: {**OF_EVERY, **OF_KYOTO},
}
"""What a step may do, by the rulebook that it is under."""
STATES: Final = {state.value: state for state in State}
_FINDING: Final = re.compile(r"[A-Z][A-Z0-9_]{1,63}", re.ASCII)
_AROUND: Final = ("rulebook", "at", "after", "expect")


def steps(value: Value, start: datetime, names: Names) -> tuple[Step, ...]:
    """Steps in their order; the clock goes from each to the next and never back."""
    read = []
    now = start
    for index, item in enumerate(value.items()):
        step = _step(index, item, now, names)
        if step is not None:
            now = step.time
            read.append(step)
    return tuple(read)


def _step(index: int, value: Value, now: datetime, names: Names) -> Step | None:
    entries = value.entries()
    around = {str(key.node.value): body for key, body in entries if key.node.value in _AROUND}
    rulebook = around["rulebook"].choice(RULEBOOKS) if "rulebook" in around else names.rulebook
    action_at = _named(entries, rulebook)
    time = _time(around, now)
    if action_at is None:
        if value.is_mapping():
            value.fault("the step does nothing; name an action, or wait")
        return None
    name = str(action_at[0].node.value)
    read = ACTIONS[rulebook].get(name)
    if name == "wait":
        time = _wait(action_at[1], around, now, time)
        action: Action = Wait()
    elif read is not None:
        action = read(action_at[1], names.under(rulebook))
        if isinstance(action, Reconcile) and action.snapshot is not None:
            time = _not_before_now(action_at[1], action.snapshot, time)
    else:
        return None
    expect = _expect(around["expect"], action, names) if "expect" in around else None
    return Step(index=index, line=action_at[0].line, time=time, action=action, expect=expect)


def _named(entries: list[tuple[Value, Value]], rulebook: Rulebook) -> tuple[Value, Value] | None:
    """The key of the one action of a step, known or not, and what stands under it."""
    found: tuple[Value, Value] | None = None
    known = ACTIONS[rulebook]
    for key, body in entries:
        name = str(key.node.value)
        if name in _AROUND:
            continue
        others = [each.value for each, actions in ACTIONS.items() if name in actions]
        if name not in known and others:
            key.fault(
                f"{name} is a step under the rulebook {others[0]}; this one is under"
                f" {rulebook.value}: write rulebook: {others[0]} beside it"
            )
        elif name not in known and name != "wait":
            key.fault(unknown_key(name, [*known, "wait", *_AROUND]))
        elif found is not None:
            key.fault("a step does one thing; make this another step")
        found = found or (key, body)
    return found


def _time(around: dict[str, Value], now: datetime) -> datetime:
    if "at" in around and "after" in around:
        around["after"].fault("a step has a time (at) or a delay (after), not both")
    if "at" in around:
        return _not_before(around["at"], now)
    if "after" in around:
        return now + around["after"].duration()
    return now


def _not_before(value: Value, now: datetime) -> datetime:
    return _not_before_now(value, value.time(), now)


def _not_before_now(value: Value, time: datetime, now: datetime) -> datetime:
    if EPOCH < time < now:
        value.fault(f"the clock shows {to_text(now)} here already and never goes back")
    return max(time, now)


def _wait(value: Value, around: dict[str, Value], now: datetime, time: datetime) -> datetime:
    """A length of time, a point in time, or either under its own key beside the step."""
    timed = "at" in around or "after" in around
    if value.is_null() and timed:
        return time
    if timed:
        value.fault("a step waits by at or after, or by what stands here, not by both")
    if value.is_mapping():
        fields = Fields(value, optional="for until")
        if ("for" in fields) == ("until" in fields):
            value.fault("say how long (for) or until when (until)")
        until = fields.maybe("until", lambda v: _not_before(v, now))
        return until or now + fields.default("for", Value.duration, now - now)
    return _not_before(value, now) if value.is_time() else now + value.duration()


def _expect(value: Value, action: Action, names: Names) -> StepExpectation:
    if isinstance(action, Disturb | Wait):
        value.fault(f"there is nothing to expect of {action.verb}; expect it of another step")
    fields = Fields(value, optional="state states findings")
    return StepExpectation(
        state=fields.maybe("state", lambda v: v.choice(STATES)),
        states=fields.default("states", lambda v: _states(v, names), {}),
        findings=fields.default("findings", _findings, ()),
    )


def _states(value: Value, names: Names) -> dict[str, State]:
    """Where transactions stand, by their names."""
    return {names.transaction(key): body.choice(STATES) for key, body in value.entries()}


def _findings(value: Value) -> tuple[str, ...]:
    names = []
    for item in value.items():
        name = item.text()
        if name and _FINDING.fullmatch(name) is None:
            item.fault(f"found {shown(name)}, expected the id of a check such as ID_LOCKED")
        names.append(name)
    return tuple(names)
