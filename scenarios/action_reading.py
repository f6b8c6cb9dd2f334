# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what a step does: one function for each kind of action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.registries import OperationalStatus
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from itmo.identifiers import CooperativeApproachId, parse_authorization_id, parse_entity_id
from itmo.lifecycle import ACTOR_OF, Actor, Completion, Event
from itmo.reasons import ProtocolError, shown
from registry_node.paris.authorization_template import KEYS, Statement, fill
from scenarios.block_reading import blocks, issued_blocks
from scenarios.fields import Fields
from scenarios.mechanism_reading import issue_mechanism
from scenarios.model import (
    BROKER,
    Action,
    Answer,
    Authorize,
    BlockSpec,
    Disturb,
    Disturbance,
    Elements,
    Propose,
    Register,
    Reverse,
    SetStatus,
)
from scenarios.names import NO_PARTY, NO_REGISTRY, Names, Sides
from scenarios.report_reading import report
from scenarios.share_reading import share
from scenarios.values import Value
from scenarios.world_reading import years

_PURPOSES: Final = {
    "NDC": (Purpose.NDC,),
    "IMP": (Purpose.IMP,),
    "OP": (Purpose.OP,),
    "OIMP": (Purpose.IMP, Purpose.OP),
}
_DEFINITIONS: Final = {
    definition.value.lower().replace("_", "-"): definition for definition in FirstTransferDefinition
}
_COMPLETIONS: Final = {mode.value.lower().replace("_", "-"): mode for mode in Completion}
_STATUSES: Final = {
    "non-operational": OperationalStatus.NON_OPERATIONAL,
    "transactions-disallowed": OperationalStatus.TRANSACTIONS_DISALLOWED,
}
_ELEMENTS: Final = (
    "quantity parties entities vintages use_years first_transfer other_purposes date terms conditions_of_change"
    " quantity_is_limit binds_first_transferred"
)
_TEMPLATE: Final = tuple(
    key
    for key in KEYS
    if key not in _ELEMENTS.split()
    and key not in {"id", "version", "party", "cooperative_approach", "purposes", "revoked"}
)
"""Keys of the standard electronic template that are taken as they are written there."""
PROPOSAL: Final = "completion first_transfer purpose entity deadline note"
_MAX_TIMEOUT: Final = timedelta(days=3)


def _elements(fields: Fields, names: Names) -> Elements:
    return Elements(
        cooperative_approach=fields.maybe("cooperative_approach", names.approach),
        purposes=fields.maybe("purposes", _purposes),
        quantity=fields.maybe("quantity", lambda v: v.integer(0, 2**63 - 2)),
        parties=fields.maybe("parties", lambda v: tuple(map(names.party, v.items()))),
        entities=fields.maybe("entities", lambda v: tuple(map(_entity, v.items()))),
        vintages=fields.maybe("vintages", years),
        use_years=fields.maybe("use_years", years),
        first_transfer=fields.maybe("first_transfer", lambda v: v.choice(_DEFINITIONS)),
        other_purposes=fields.maybe("other_purposes", Value.text),
        date=fields.maybe("date", Value.date),
        terms=fields.maybe("terms", Value.text),
        conditions_of_change=fields.maybe("conditions_of_change", Value.text),
        quantity_is_limit=fields.maybe("quantity_is_limit", Value.boolean),
        binds_first_transferred=fields.maybe("binds_first_transferred", Value.boolean),
        template=_template(fields),
    )


def _template(fields: Fields) -> dict[str, object] | None:
    """Keys of the template, judged by the table that judges the files of a registry node."""
    found: dict[str, object] = {}
    for key in _TEMPLATE:
        value = fields.value_of(key)
        if value is None:
            continue
        before = len(value.problems)
        written = value.plain()
        if len(value.problems) > before:
            continue
        try:
            fill(Statement(), {key: written}, key)
        except ProtocolError as error:
            value.fault(error.message)
        else:
            found[key] = written
    return found or None


def _purposes(value: Value) -> tuple[Purpose, ...]:
    named = [purpose for item in value.items() for purpose in item.choice(_PURPOSES)]
    return tuple(dict.fromkeys(named))


def _entity(value: Value) -> str:
    return value.admitted(parse_entity_id) or ""


def signer(fields: Fields, names: Names, party: str, key: str) -> None:
    """The node that signs for the Party must exist and be running."""
    if party and party not in names.signers:
        fields.at(key).fault(f"no node signs for {party}; list it under a node")
    names.must_run(names.signers.get(party, ""), fields.at(key))


def authorize(value: Value, names: Names) -> Authorize:
    """A Party authorizes."""
    fields = Fields(
        value,
        required="id party cooperative_approach purposes",
        optional=f"version {_ELEMENTS} {' '.join(_TEMPLATE)} unknown",
    )
    names = names.saying(fields)
    name = fields.need("id", lambda v: v.admitted(parse_authorization_id) or "", "")
    party = fields.need("party", names.party, NO_PARTY)
    signer(fields, names, party, "party")
    version = fields.maybe("version", lambda v: v.integer(1, 10**6))
    known = names.authorizations.setdefault(name, [])
    if party in known and version is None:
        fields.at("id").fault(f"authorized already; use amend, or state the version of {name}")
    known += [party] if party and party not in known else []
    return Authorize(
        verb="authorize", id=name, party=party, version=version, elements=_elements(fields, names)
    )


def change(verb: str, value: Value, names: Names) -> Authorize:
    """A Party amends or revokes an authorization; what is left out stays as it was."""
    optional = "party version date terms id authorization difference unknown"
    if verb == "amend":
        optional = f"cooperative_approach purposes {optional} {_ELEMENTS} {' '.join(_TEMPLATE)}"
    else:
        optional = f"{optional} revocation_ground revocation_reason"
    fields = Fields(value, optional=optional) if value.is_mapping() else None
    if fields is None:
        name_at, named = value, names.authorization(value)
    else:
        names = names.saying(fields)
        if ("id" in fields) == ("authorization" in fields):
            value.fault("name the authorization, under the key authorization")
        key = "id" if "id" in fields else "authorization"
        name_at, named = fields.at(key), fields.default(key, names.authorization, "")
    parties = names.authorizations.get(named, [])
    party = fields.maybe("party", names.party) if fields is not None else None
    if party is not None and fields is not None and parties and party not in parties:
        fields.at("party").fault(f"{party} has not authorized {shown(named)}")
    if party is None and len(parties) > 1:
        name_at.fault(f"{', '.join(parties)} have each authorized this id; add the key party")
    signs = party or (parties[0] if parties else NO_PARTY)
    if not signs and names.unknown:
        name_at.fault("the key party is missing: nobody is known to have authorized this")
    names.must_run(names.signers.get(signs, ""), name_at)
    return Authorize(
        verb=verb,
        id=named,
        party=signs,
        version=fields.maybe("version", lambda v: v.integer(1, 10**6)) if fields else None,
        elements=_elements(fields, names) if fields else Elements(),
        revoked=verb == "revoke",
    )


def issue(value: Value, names: Names) -> Propose:
    """Units come into being."""
    fields = Fields(
        value, required="id account blocks", optional=f"authorization {PROPOSAL} unknown"
    )
    names = names.saying(fields)
    account = fields.need("account", names.account, "")
    names.place(account, "")
    authorization = fields.maybe("authorization", names.authorization)
    written: tuple[BlockSpec, ...] = fields.need(
        "blocks", lambda v: issued_blocks(v, account, names), ()
    )
    if authorization is None and not all(block.cer for block in written):
        value.fault("the key authorization is missing; only blocks with cer do without")
    covered = tuple(
        replace(block, authorization=block.authorization or authorization) for block in written
    )
    return propose("issue", TransactionType.ISSUANCE, fields, names, account, account, covered)


def move(verb: str, kind: TransactionType, value: Value, names: Names) -> Propose:
    """Units move from one account to another: a transfer, a use or a cancellation."""
    year = " year" if kind is TransactionType.USE else ""
    fields = Fields(value, required="id from to blocks", optional=f"{PROPOSAL}{year} unknown")
    names = names.saying(fields)
    giver = fields.need("from", names.account, "")
    taker = fields.need("to", names.account, "")
    names.place(giver, taker)
    names.place(taker, giver)
    written: tuple[BlockSpec, ...] = fields.need("blocks", lambda v: blocks(v, names), ())
    return propose(verb, kind, fields, names, giver, taker, written)


def propose(
    verb: str,
    kind: TransactionType,
    fields: Fields,
    names: Names,
    giver: str,
    taker: str,
    written: tuple[BlockSpec, ...],
    *,
    notice: str = "",
) -> Propose:
    """A proposal from the keys that all of them share."""
    name = fields.need("id", Value.text, "")
    if name in names.transactions:
        fields.at("id").fault(f"another transaction has the id {shown(name)} already")
    sides = Sides(names.node_of(giver), names.node_of(taker))
    names.must_run(sides.proposer, fields.value)
    if name:
        names.transactions[name] = sides
    return Propose(
        verb=verb,
        type=kind,
        id=name,
        from_account=giver,
        to_account=taker,
        blocks=written,
        completion=fields.default(
            "completion", lambda v: v.choice(_COMPLETIONS), Completion.ON_ACCEPTANCE
        ),
        first_transfer=fields.maybe("first_transfer", Value.boolean),
        year=fields.maybe("year", Value.year),
        purpose=fields.default("purpose", Value.text, ""),
        entity=fields.default("entity", _entity, ""),
        deadline=fields.maybe("deadline", _timeout),
        note=fields.default("note", Value.text, ""),
        notice=notice,
    )


def reverse(value: Value, names: Names) -> Reverse:
    """The receiver of a completed transfer proposes to take its units back."""
    fields = Fields(value, required="id transfer", optional="agreed reason")
    name = fields.need("id", Value.text, "")
    done = fields.need("transfer", names.transaction, "")
    if name in names.transactions:
        fields.at("id").fault(f"another transaction has the id {shown(name)} already")
    sides = names.transactions.get(done)
    if sides is not None:
        names.must_run(sides.receiver, fields.value)
        names.transactions[name] = Sides(sides.receiver, sides.proposer)
    return Reverse(
        verb="reverse",
        id=name,
        reverses=done,
        agreed=fields.default("agreed", Value.boolean, True),
        reason=fields.default("reason", Value.text, ""),
    )


def _timeout(value: Value) -> timedelta:
    timeout = value.duration()
    if timeout > _MAX_TIMEOUT:
        value.wrong(f"at most {_MAX_TIMEOUT.days} days, the protocol's limit")
    return timeout


def answer(verb: str, event: Event, value: Value, names: Names) -> Answer:
    """A side of a transaction has its say: the id alone, or with a reason."""
    fields = Fields(value, required="id", optional="reason") if value.is_mapping() else None
    if fields is None:
        name = names.transaction(value)
        reason = ""
    else:
        name = fields.need("id", names.transaction, "")
        reason = fields.default("reason", Value.text, "")
    sides = names.transactions.get(name)
    if sides is not None:
        proposer_speaks = ACTOR_OF[event] is Actor.PROPOSER
        names.must_run(sides.proposer if proposer_speaks else sides.receiver, value)
    return Answer(verb=verb, event=event, id=name, reason=reason)


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


def register(value: Value, names: Names) -> Register:
    """An activity is registered, today unless another day is stated."""
    fields = Fields(value, required="activity", optional="cooperative_approach date node unknown")
    node = fields.default("node", names.program, BROKER)
    names.must_run(node, value)
    names = names.saying(fields)
    alone = next(iter(names.approaches)) if len(names.approaches) == 1 else ""
    if not alone and "cooperative_approach" not in fields:
        value.fault("the key cooperative_approach is missing; there are several")
    return Register(
        verb="register",
        activity=fields.need("activity", Value.text, ""),
        approach=fields.default(
            "cooperative_approach", names.approach, CooperativeApproachId(alone)
        ),
        date=fields.maybe("date", Value.date),
        node="" if node == BROKER else node,
    )


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
    "authorize": authorize,
    "amend": partial(change, "amend"),
    "revoke": partial(change, "revoke"),
    "issue": issue,
    "issue_mechanism": issue_mechanism,
    "transfer": partial(move, "transfer", TransactionType.TRANSFER),
    "use": partial(move, "use", TransactionType.USE),
    "cancel": partial(move, "cancel", TransactionType.CANCELLATION),
    "reverse": reverse,
    "accept": partial(answer, "accept", Event.ACCEPT),
    "reject": partial(answer, "reject", Event.REJECT),
    "complete": partial(answer, "complete", Event.COMPLETE),
    "withdraw": partial(answer, "withdraw", Event.WITHDRAW),
    "register": register,
    "share": share,
    "report": report,
    "suspend": partial(set_status, "suspend"),
    "resume": partial(set_status, "resume"),
    **{each.value: partial(disturb, each) for each in Disturbance},
}
"""Every step but `wait`, which is about time alone, and those of `notice_reading`."""

NOT_YET: Final = frozenset(
    {
        "reconcile",
        "convert", "retire", "replace", "carry_over", "change_expiry",
    }
)  # fmt: skip
"""Steps of the format that this version does not play."""
