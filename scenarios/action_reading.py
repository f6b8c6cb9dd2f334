# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what a step does under every rulebook: one function for each kind of action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from broker.rulebook.general.registries import OperationalStatus
from itmo.lifecycle import ACTOR_OF, Actor, Event
from scenarios.books_reading import reconcile, resolve
from scenarios.fields import Fields
from scenarios.model import BROKER, Action, Answer, Disturb, Disturbance, SetStatus
from scenarios.names import NO_REGISTRY, Names
from scenarios.notice_reading import maintain, write
from scenarios.share_reading import share
from scenarios.values import Value

_STATUSES: Final = {
    "non-operational": OperationalStatus.NON_OPERATIONAL,
    "transactions-disallowed": OperationalStatus.TRANSACTIONS_DISALLOWED,
}


def answer(verb: str, event: Event, value: Value, names: Names) -> Answer:
    """A side of a transaction, or of several of one node, has its say: the id alone, or with a reason."""
    fields = Fields(value, required="id", optional="reason") if value.is_mapping() else None
    if fields is None:
        ids, reason = _answered(event, value, names), ""
    else:
        ids = fields.need("id", lambda each: _answered(event, each, names), ())
        reason = fields.default("reason", Value.text, "")
    proposer_speaks = ACTOR_OF[event] is Actor.PROPOSER
    speakers = set()
    for name in ids:
        if sides := names.transactions.get(name):
            speaker = sides.proposer if proposer_speaks else sides.receiver
            names.must_run(speaker, value)
            speakers.add(speaker)
    if len(speakers) > 1:
        value.fault(f"{', '.join(sorted(speakers))} cannot answer under one signature")
    return Answer(verb=verb, event=event, ids=ids, reason=reason)


def _answered(event: Event, value: Value, names: Names) -> tuple[str, ...]:
    """The transactions that are answered: one, or a list of those accepted or rejected together."""
    if not value.is_list():
        return (names.transaction(value),)
    if event not in (Event.ACCEPT, Event.REJECT):
        value.fault("transactions are completed and withdrawn one by one")
    ids = tuple(names.transaction(each) for each in value.items())
    if not ids or len(set(ids)) < len(ids):
        value.fault("name each transaction once, and one at least")
    return ids


def set_status(verb: str, value: Value, names: Names) -> SetStatus:
    """The operator suspends or resumes a registry."""
    status = OperationalStatus.OPERATIONAL
    if verb == "suspend":
        status = OperationalStatus.NON_OPERATIONAL
    names.must_run(BROKER, value)
    if not value.is_mapping():
        registry, reason = names.registry(value), ""
    else:
        optional = "reason status" if verb == "suspend" else "reason"
        fields = Fields(value, required="registry", optional=optional)
        registry = fields.need("registry", names.registry, NO_REGISTRY)
        reason = fields.default("reason", Value.text, "")
        status = fields.default("status", lambda v: v.choice(_STATUSES), status)
    return SetStatus(verb=verb, registry=registry, status=status, reason=reason)


def disturb(disturbance: Disturbance, value: Value, names: Names) -> Disturb:
    """Something befalls a program, or ends."""
    if value.is_mapping():
        fields = Fields(value, required="node")
        node = fields.need("node", names.program, "")
    else:
        node = names.program(value)
    if disturbance is Disturbance.CRASH:
        names.must_run(node, value)
        names.crashed[node] = value.line
    elif disturbance is Disturbance.RESTART:
        if node and names.crashed.pop(node, None) is None:
            value.fault(f"{node} has not crashed")
    elif node == BROKER:
        value.fault("the clearing-house has no connection to lose; use crash and restart")
    elif disturbance is Disturbance.OFFLINE:
        if node in names.offline:
            value.fault(f"{node} is offline already")
        names.offline.add(node)
    elif node:
        if node not in names.offline:
            value.fault(f"{node} is not offline")
        names.offline.discard(node)
    return Disturb(disturbance=disturbance, node=node)


ACTIONS: Final[Mapping[str, Callable[[Value, Names], Action]]] = {
    "accept": partial(answer, "accept", Event.ACCEPT),
    "reject": partial(answer, "reject", Event.REJECT),
    "complete": partial(answer, "complete", Event.COMPLETE),
    "withdraw": partial(answer, "withdraw", Event.WITHDRAW),
    "share": share,
    "reconcile": reconcile,
    "resolve": resolve,
    "suspend": partial(set_status, "suspend"),
    "resume": partial(set_status, "resume"),
    "write": write,
    "maintain": maintain,
    **{each.value: partial(disturb, each) for each in Disturbance},
}
"""Every step but `wait`, which is about time alone, and those of one rulebook."""
