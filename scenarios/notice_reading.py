# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of steps in which one side lets others know, and of those that answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.noticed import ProgrammeEventKind
from itmo.reasons import shown
from scenarios.action_reading import PROPOSAL, propose, signer
from scenarios.block_reading import blocks
from scenarios.fields import Fields
from scenarios.model import (
    BROKER,
    Acknowledge,
    Action,
    BlockSpec,
    Maintain,
    Notify,
    Propose,
    UnderlyingEvent,
    Write,
)
from scenarios.names import NO_PARTY, NO_REGISTRY, Names
from scenarios.values import Value

_KINDS: Final = {kind.value.lower(): kind for kind in ProgrammeEventKind}


def _new_id(fields: Fields, names: Names, sender: str) -> str:
    name = fields.need("id", Value.text, "")
    if name in names.notices:
        fields.at("id").fault(f"another notice has the id {shown(name)} already")
    if name:
        names.notices[name] = sender
    return name


def notify(value: Value, names: Names) -> Notify:
    """A Party gives issued units another authorization or vintage."""
    fields = Fields(
        value, required="id party blocks", optional="authorization vintage reason unknown"
    )
    names = names.saying(fields)
    party = fields.need("party", names.party, NO_PARTY)
    signer(fields, names, party, "party")
    if "authorization" not in fields and "vintage" not in fields:
        value.fault("say what changes, under the key authorization or vintage")
    written: tuple[BlockSpec, ...] = fields.need("blocks", lambda v: blocks(v, names), ())
    return Notify(
        verb="notify",
        id=_new_id(fields, names, names.signers.get(party, "")),
        party=party,
        blocks=written,
        authorization=fields.maybe("authorization", names.authorization),
        vintage=fields.maybe("vintage", Value.year),
        reason=fields.default("reason", Value.text, ""),
    )


def underlying_event(value: Value, names: Names) -> UnderlyingEvent:
    """A crediting programme cancels units of its own, or sees them used."""
    fields = Fields(
        value,
        required="id programme kind first last",
        optional="date beneficiary purpose",
    )
    programme = fields.need("programme", names.programme, "")
    node = names.programmes.get(programme, "")
    names.must_run(node, value)
    return UnderlyingEvent(
        verb="underlying_event",
        id=_new_id(fields, names, node),
        node=node,
        programme=programme,
        kind=fields.need("kind", lambda v: v.choice(_KINDS), ProgrammeEventKind.CANCELLATION),
        first=fields.need("first", Value.text_or_number, ""),
        last=fields.need("last", Value.text_or_number, ""),
        date=fields.maybe("date", Value.date),
        beneficiary=fields.default("beneficiary", Value.text, ""),
        purpose=fields.default("purpose", Value.text, ""),
    )


def acknowledge(value: Value, names: Names) -> Acknowledge | Propose:
    """A node says that it read a notice, or cancels or uses the units that it is about."""
    trades = value.is_mapping() and any(key.node.value == "from" for key, _ in value.entries())
    if trades:
        fields = Fields(value, required="id notice from to blocks", optional=PROPOSAL)
        giver = fields.need("from", names.account, "")
        taker = fields.need("to", names.account, "")
        used = names.account_types.get(taker) == AccountType.USE_IMP.value
        kind = TransactionType.USE if used else TransactionType.CANCELLATION
        written: tuple[BlockSpec, ...] = fields.need("blocks", lambda v: blocks(v, names), ())
        return propose(
            "acknowledge",
            kind,
            fields,
            names,
            giver,
            taker,
            written,
            notice=fields.need("notice", names.notice, ""),
        )
    fields = Fields(value, required="notice node", optional="note")
    node = fields.need("node", names.program, "")
    names.must_run(node, value)
    if node == BROKER:
        fields.at("node").fault("the clearing-house acknowledges nothing; name a node")
    return Acknowledge(
        verb="acknowledge",
        notice=fields.need("notice", names.notice, ""),
        node=node,
        note=fields.default("note", Value.text, ""),
    )


def write(value: Value, names: Names) -> Write:
    """The administrators of one node write to those of registries and programmes."""
    fields = Fields(value, required="id node to subject", optional="text")
    node = fields.need("node", names.program, "")
    names.must_run(node, value)
    if node == BROKER:
        fields.at("node").fault("the clearing-house announces maintenance; name a node")

    def recipients(listed: Value) -> tuple[str, ...]:
        return tuple(_recipient(each, names) for each in listed.items())

    return Write(
        verb="write",
        id=_new_id(fields, names, node),
        node=node,
        recipients=fields.need("to", recipients, ()),
        subject=fields.need("subject", Value.text, ""),
        text=fields.default("text", Value.text, ""),
    )


def _recipient(value: Value, names: Names) -> str:
    name = value.text()
    if name and name not in names.registries and name not in names.programmes:
        value.fault(f"no node speaks for {shown(name)}; write to a registry or a programme")
    return name


def maintain(value: Value, names: Names) -> Maintain:
    """The operator announces a window without new proposals, of one registry or of all."""
    fields = Fields(value, required="start end", optional="registry reason")
    names.must_run(BROKER, value)
    start: datetime | None = fields.maybe("start", Value.time)
    end: datetime | None = fields.maybe("end", Value.time)
    if start is not None and end is not None and end <= start:
        fields.at("end").fault("the window ends before it starts")
    return Maintain(
        verb="maintain",
        registry=fields.default("registry", names.registry, NO_REGISTRY),
        start=start,
        end=end,
        reason=fields.default("reason", Value.text, ""),
    )


NOTICE_ACTIONS: Final[Mapping[str, Callable[[Value, Names], Action]]] = {
    "notify": notify,
    "underlying_event": underlying_event,
    "acknowledge": acknowledge,
    "write": write,
    "maintain": maintain,
}
