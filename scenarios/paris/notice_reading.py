# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of steps in which one side lets others know under the rulebook paris, and of those that answer."""

from __future__ import annotations

from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.noticed import ProgrammeEventKind
from scenarios.fields import Fields
from scenarios.model import BROKER, Acknowledge, BlockSpec, Notify, Propose, UnderlyingEvent
from scenarios.names import NO_PARTY, Names
from scenarios.notice_reading import new_id
from scenarios.paris.authorization_reading import signer
from scenarios.paris.block_reading import blocks
from scenarios.paris.proposal_reading import PROPOSAL, propose
from scenarios.values import Value

_KINDS: Final = {kind.value.lower(): kind for kind in ProgrammeEventKind}


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
        id=new_id(fields, names, names.signers.get(party, "")),
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
        id=new_id(fields, names, node),
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
