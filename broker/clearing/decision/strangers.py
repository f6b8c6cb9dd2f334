# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What of the world is a node's business: nothing else becomes a fact that its messages are judged by.

A check that is given nothing can tell nothing, so this is the one place where it is decided what
the answers to a message may depend on (protocol, chapter 16). Units that lie in no account of the
registry that keeps the source account, where the sender speaks for that registry, are to a proposal
as if they did not exist.
"""

from __future__ import annotations

from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.world import World
from broker.ledger.units import UnitRow
from broker.rulebook.check import Finding
from broker.rulebook.general.accounts import AccountFacts
from itmo.lifecycle import State
from itmo.serials import SerialRange


def speaks_for(world: World, node: str, registry: str) -> bool:
    """True when the node speaks for the registry."""
    known = world.registries.get(registry)
    return known is not None and known.node == node


def takes_part(row: TransactionRow, node: str) -> bool:
    """True for the proposer, and for a receiver once the proposal was shown to it."""
    if node == row.proposer_node:
        return True
    return node == row.receiver_node and row.state not in {State.PROPOSED, State.INVALIDATED}


def told_of_completion(row: TransactionRow, node: str, against: Finding) -> str:
    """What a node that speaks about a transaction is told of what stands against completing it.

    It is judged by what its proposer may see, so what was found is for the proposer. A receiver
    learns which rule it is, which is the same whatever is true of units, notices and ceilings.
    """
    if node == row.proposer_node:
        return against.found
    return f"{against.check.title}; ask the proposer what stands against it, wait, or reject"


def own_account(world: World, node: str, account_id: str) -> AccountFacts | None:
    """An account, if the node keeps it."""
    account = world.accounts.get(account_id)
    if account is None:
        return None
    keeper = world.registries.get(account.registry)
    return account if keeper is not None and keeper.node == node else None


def account_to_enter(
    world: World, node: str, account_id: str, *, offered: bool
) -> AccountFacts | None:
    """An account that units are to enter, as far as the node may know it.

    Of others' accounts that is an open one that is listed, with its type. What else is
    true of it takes part in the judgement only when units are really offered.

    Args:
        world: The facts of the group.
        node: Who proposes.
        account_id: As the proposal has it.
        offered: Whether every unit that the proposal names is the proposer's to offer.
    """
    account = own_account(world, node, account_id)
    if account is not None:
        return account
    account = world.accounts.get(account_id)
    if account is None or account.closed or not account.listed:
        return None
    return account if offered else account.as_others_know_it()


def own_rows(
    world: World, source: AccountFacts | None, registry: str, wanted: SerialRange
) -> list[UnitRow]:
    """The live rows of a range that a proposal to move them may be judged by.

    Those are the rows in accounts of the registry that keeps the source account: it knows what
    became of units that its accounts hold, and a holder is told that they are used already.

    Args:
        world: The facts of the group.
        source: The source account, if the node that proposes keeps it.
        registry: Where the units originate.
        wanted: Their serials.
    """
    if source is None:
        return []
    return [
        row
        for row in world.units.overlapping(registry, wanted)
        if (holder := world.accounts.get(row.account_id)) is not None
        and holder.registry == source.registry
    ]


def issued_before(world: World, origin: str, wanted: SerialRange) -> tuple[SerialRange, ...]:
    """Of serials to be issued some that live already, for a node that may know it.

    The last block that was issued in the range is enough to refuse; how the units were cut since is
    the business of those who hold them.
    """
    rows = world.units.overlapping(origin, wanted)
    if not rows:
        return ()
    block = world.issued[(origin, rows[-1].issued_first)]
    return (SerialRange(max(block.first, wanted.first), min(block.last, wanted.last)),)
