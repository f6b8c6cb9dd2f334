# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reversals: the operator's agreement, and what a proposal to reverse has to be judged by.

A reversal is a transaction of its own, proposed by the registry that holds the units and accepted by
the one that gave them, after the broker's operator agreed in a signed statement (architecture
section 3; UNFCCC ITMO hub, reverting diagram; 6/CMA.4 annex I para 17(c)). Nothing is edited: the
units go back, what the transfer made of them is taken back, and what was booked is booked the other
way.
"""

from __future__ import annotations

from typing import cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import ReversalRow, TransactionRow
from broker.clearing.decision.strangers import takes_part
from broker.clearing.decision.world import World
from broker.clearing.path.received import Received
from broker.regime.postings import Postings
from broker.regime.refusals import NoEffect
from broker.rulebook.general.case import ReversedFacts
from broker.rulebook.general.proposal import Proposed
from itmo.core.v1 import statements_pb2
from itmo.frozen import replace
from itmo.identifiers import (
    RegistryId,
    TransactionId,
    parse_free_text,
    parse_transaction_id,
)
from itmo.lifecycle import State
from itmo.reasons import Reason


def agree_to_reversal(desk: Desk, received: Received) -> None:
    """Takes in the operator's agreement that a completed transfer may be reversed, once.

    Raises:
        NoEffect, ProtocolError: the transaction is no completed transfer between two registries, no
            reason is given, or it was agreed to before.
    """
    written = cast("statements_pb2.ReversalStatement", received.payload)
    name = parse_transaction_id(written.transaction_id, "transaction_id")
    if not parse_free_text(written.reason, "reason").strip():
        raise NoEffect(Reason.PAYLOAD_INVALID, "reason: say what the review found")
    row = desk.world.transactions.get(name)
    if row is None:
        raise NoEffect(Reason.TRANSACTION_UNKNOWN, f"no transaction {name}")
    if row.state is not State.COMPLETED or not transfers(desk, row):
        raise NoEffect(
            "REV_FITS_TRANSFER",
            f"transaction {name} is a {row.type} and {row.state}; only a"
            " completed transfer is reversed",
        )
    if not row.two_party:
        raise NoEffect(
            "REV_FITS_TRANSFER",
            f"transaction {name} stayed in {row.from_registry}; move the units back by a transfer",
        )
    if name in desk.world.reversals:
        raise NoEffect(Reason.ALREADY_EXISTS, f"the reversal of {name} was agreed to before")
    desk.world.reversals[name] = ReversalRow(name, received.header.message_id, None)
    desk.effects.reversals.add(name)


def transfers(desk: Desk, row: TransactionRow) -> bool:
    """True for a transaction that moves units into accounts which they can leave again.

    An issuance does something else, and so do a reversal and what only restates units.
    """
    postings = desk.world.postings[row.transaction_id]
    if postings.issues or postings.reverses or not postings.moves:
        return False
    return not any(desk.world.accounts[each.to_account].final for each in postings.moves)


def mark_reversed(desk: Desk, transaction_id: str, reversed_by: str) -> None:
    """Notes which transaction reversed another."""
    agreed = desk.world.reversals[transaction_id]
    desk.world.reversals[transaction_id] = replace(agreed, reversed_by=reversed_by)
    desk.effects.reversals.add(transaction_id)


def reversed_facts(world: World, sender: str, proposed: Proposed) -> ReversedFacts | None:
    """What is known of the transaction that a proposal reverses.

    None: it reverses none, one in which its sender takes no part, or one of another rulebook.
    """
    if proposed.reverses is None:
        return None
    row = world.transactions.get(proposed.reverses)
    if row is None or row.rulebook != proposed.rulebook or not takes_part(row, sender):
        return None
    agreed = world.reversals.get(proposed.reverses)
    done = world.postings.get(proposed.reverses, Postings())
    return ReversedFacts(
        type=row.type,
        completed=row.state is State.COMPLETED,
        from_account=row.from_account,
        to_account=row.to_account,
        from_registry=row.from_registry,
        to_registry=row.to_registry,
        blocks=tuple((RegistryId(each.registry), each.range) for each in done.blocks),
        agreed=agreed is not None,
        reversed_by=TransactionId(agreed.reversed_by) if agreed and agreed.reversed_by else None,
        done=done,
    )
