# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what a step does under the rulebook paris: one function for each kind of action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from itmo.identifiers import CooperativeApproachId
from scenarios.fields import Fields
from scenarios.model import BROKER, Action, Batch, BlockSpec, Propose, Register, Reverse
from scenarios.names import NOBODY, Names, Sides
from scenarios.paris.authorization_reading import authorize, change
from scenarios.paris.block_reading import blocks, issued_blocks
from scenarios.paris.mechanism_reading import issue_mechanism
from scenarios.paris.notice_reading import acknowledge, notify, underlying_event
from scenarios.paris.proposal_reading import PROPOSAL, propose
from scenarios.proposal_reading import transaction
from scenarios.report_reading import report
from scenarios.values import Value


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


def batch(value: Value, names: Names) -> Batch:
    """Several proposals of one node, each written as a step of its own, go under one signature."""
    proposals: list[Propose] = []
    for item in value.items():
        entries = item.entries()
        if len(entries) != 1 or (verb := str(entries[0][0].node.value)) not in PROPOSALS:
            item.fault(f"name one proposal: {', '.join(PROPOSALS)}")
            continue
        proposals.append(PROPOSALS[verb](entries[0][1], names))
    proposers = {names.transactions.get(each.id, NOBODY).proposer for each in proposals}
    if len(proposers) > 1:
        value.fault(f"{', '.join(sorted(proposers))} cannot propose under one signature")
    if len(value.items()) < _FEWEST:
        value.fault(f"a batch has {_FEWEST} proposals at least")
    return Batch(verb="batch", proposals=tuple(proposals))


def reverse(value: Value, names: Names) -> Reverse:
    """The receiver of a completed transfer proposes to take its units back."""
    fields = Fields(value, required="id transfer", optional="agreed reason")
    done = fields.need("transfer", names.transaction, "")
    sides = names.transactions.get(done, NOBODY)
    return Reverse(
        verb="reverse",
        id=transaction(fields, names, Sides(sides.receiver, sides.proposer)),
        reverses=done,
        agreed=fields.default("agreed", Value.boolean, True),
        reason=fields.default("reason", Value.text, ""),
    )


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


_FEWEST: Final = 2
"""Proposals of a batch; what is alone is a step by itself."""
PROPOSALS: Final[Mapping[str, Callable[[Value, Names], Propose]]] = {
    "issue": issue,
    "issue_mechanism": issue_mechanism,
    "transfer": partial(move, "transfer", TransactionType.TRANSFER),
    "use": partial(move, "use", TransactionType.USE),
    "cancel": partial(move, "cancel", TransactionType.CANCELLATION),
}
"""Steps that propose a transaction."""
ACTIONS: Final[Mapping[str, Callable[[Value, Names], Action]]] = {
    "authorize": authorize,
    "amend": partial(change, "amend"),
    "revoke": partial(change, "revoke"),
    **PROPOSALS,
    "batch": batch,
    "reverse": reverse,
    "register": register,
    "report": report,
    "notify": notify,
    "underlying_event": underlying_event,
    "acknowledge": acknowledge,
}
"""Steps of this rulebook."""
