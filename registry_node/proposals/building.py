# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From an operator's wish to a proposed transaction, pure.

The checks here spare an operator a round trip and keep units from being offered twice. They are
not the rulebook: whoever wants its word on anything at all sends the wish unchecked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from itmo import limits
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.identifiers import parse_account_id, parse_free_text, parse_registry_id
from itmo.quantity import checked_sum
from itmo.reasons import ProtocolError, Reason
from itmo.serials import SerialRange, first_overlap
from itmo.texts import check_texts
from registry_node.blocks import block_of
from registry_node.ledger.holdings import Block, Holding

_REGISTRY_IN_ACCOUNT: Final = slice(4, 9)
"""Where ids made by `make_account_id` name their registry."""


def type_of(written: proposal_pb2.ProposedTransaction) -> str:
    """Returns what a transaction does, in a word."""
    if written.type not in proposal_pb2.TransactionType.values():
        return "transaction of a type that is not known here"
    name = proposal_pb2.TransactionType.Name(written.type)
    return name.removeprefix("TRANSACTION_TYPE_").lower()


def filled_in(
    wish: proposal_pb2.ProposedTransaction, registry_of: Mapping[str, str]
) -> proposal_pb2.ProposedTransaction:
    """Fills in what follows from the accounts, and who gives the last word where nobody said so.

    Args:
        wish: What the operator wants.
        registry_of: The registry of each own account.
    """
    filled = proposal_pb2.ProposedTransaction()
    filled.CopyFrom(wish)
    if wish.type == proposal_pb2.TRANSACTION_TYPE_ISSUANCE:
        filled.from_account = wish.from_account or wish.to_account
    filled.from_registry = wish.from_registry or _registry(filled.from_account, registry_of)
    filled.to_registry = wish.to_registry or _registry(wish.to_account, registry_of)
    filled.completion = wish.completion or proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE
    for block in filled.blocks:
        block.registry = block.registry or filled.from_registry
    for block in filled.transition.blocks:
        block.registry = block.registry or filled.to_registry
    return filled


def going_back(
    wish: proposal_pb2.ProposedTransaction, done: proposal_pb2.ProposedTransaction
) -> proposal_pb2.ProposedTransaction:
    """Fills in a reversal: the units go back to where a transaction brought them from."""
    return proposal_pb2.ProposedTransaction(
        transaction_id=wish.transaction_id,
        type=wish.type,
        from_account=done.to_account,
        to_account=done.from_account,
        from_registry=done.to_registry,
        to_registry=done.from_registry,
        blocks=[
            units_pb2.UnitBlock(registry=block.registry, first=block.first, last=block.last)
            for block in done.blocks
        ],
        completion=wish.completion,
        deadline=wish.deadline if wish.HasField("deadline") else None,
        note=wish.note,
        reverses=done.transaction_id,
    )


def _registry(account_id: str, registry_of: Mapping[str, str]) -> str:
    return registry_of.get(account_id) or account_id[_REGISTRY_IN_ACCOUNT]


def check_wish(wish: proposal_pb2.ProposedTransaction, own_accounts: Collection[str]) -> None:
    """Refuses what cannot come to anything.

    Args:
        wish: What the operator wants, registries filled in.
        own_accounts: The open accounts of this node.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, NOT_FOUND, PAYLOAD_INVALID, TOO_MANY_BLOCKS,
            SERIAL_RANGE_INVALID or QUANTITY_INVALID.
    """
    if wish.from_account not in own_accounts:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"from_account: {wish.from_account[:40]!a} is no open account of this node; list them"
            " with `accounts`.",
            where="from_account",
            found=wish.from_account,
        )
    ended = wish.transition.ending_account
    if wish.HasField("transition") and ended not in own_accounts:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"transition.ending_account: {ended[:40]!a} is no open account of this node; the units end"
            " in their own registry.",
            where="transition.ending_account",
            found=ended,
        )
    parse_account_id(wish.to_account, "to_account")
    parse_registry_id(wish.to_registry, "to_registry")
    parse_free_text(wish.note, "note")
    check_texts(wish.terms, "terms.")
    count = len(wish.blocks)
    if not 1 <= count <= limits.MAX_BLOCKS_PER_PROPOSAL:
        raise ProtocolError(
            Reason.TOO_MANY_BLOCKS if count else Reason.PAYLOAD_INVALID,
            f"blocks has {count} entries, 1 to {limits.MAX_BLOCKS_PER_PROPOSAL} are taken.",
            found=count,
            limit=limits.MAX_BLOCKS_PER_PROPOSAL,
        )
    blocks = blocks_of(wish)
    for registry in sorted({block.registry for block in blocks}):
        parse_registry_id(registry, "blocks.registry")
        pair = first_overlap(b.serials for b in blocks if b.registry == registry)
        if pair is not None:
            raise ProtocolError(
                Reason.SERIAL_RANGE_INVALID,
                f"blocks: {registry}:{pair[0]} and {registry}:{pair[1]} overlap; name each unit once.",
                where="blocks",
            )
    checked_sum((block.serials.quantity for block in blocks), "blocks")


class Part(Protocol):
    """Units that go to another account than the transaction names."""

    account: str
    first: int
    last: int


def parts(proposed: proposal_pb2.ProposedTransaction) -> Sequence[Part]:
    """Returns the parts that go elsewhere at once.

    A rulebook that has several calls them allotments, one that has at most one a share.
    """
    rulebook = proposed.terms.WhichOneof("rulebook")
    terms = None if rulebook is None else getattr(proposed.terms, rulebook)
    found: Sequence[Part] = getattr(terms, "allotments", ())
    one: Part | None = getattr(terms, "share", None)
    return [*found, one] if one is not None and one.account else found


def registry_of(part: Part, proposed: proposal_pb2.ProposedTransaction) -> str:
    """Returns the originating registry of a part: that of the first block in which it lies."""
    return next(
        (
            each.registry
            for each in proposed.blocks
            if each.first <= part.first <= part.last <= each.last
        ),
        proposed.to_registry,
    )


def acts(block: units_pb2.UnitBlock) -> bool:
    """Says whether a transaction is about the units of a block, and does not merely name them."""
    return block.role != units_pb2.UNIT_ROLE_NAMED


def blocks_of(wish: proposal_pb2.ProposedTransaction) -> tuple[Block, ...]:
    """Returns the units that a transaction is about.

    Raises:
        ProtocolError: SERIAL_RANGE_INVALID.
    """
    return tuple(Block(b.registry, SerialRange(b.first, b.last)) for b in filter(acts, wish.blocks))


def readable_blocks(wish: proposal_pb2.ProposedTransaction) -> tuple[Block, ...]:
    """Returns those blocks that an unchecked transaction is about, and that are blocks at all."""
    found = []
    for block in filter(acts, wish.blocks):
        try:
            found.append(Block(block.registry, SerialRange(block.first, block.last)))
        except ProtocolError:
            continue
    return tuple(found)


def quantity_of(wish: proposal_pb2.ProposedTransaction) -> int:
    """Returns the number of units, 0 where the blocks are not even countable."""
    total = sum(block.serials.quantity for block in readable_blocks(wish))
    return min(total, limits.MAX_SEQUENCE)


def with_attributes(
    wish: proposal_pb2.ProposedTransaction, pieces_of: Callable[[Block], tuple[Holding, ...]]
) -> proposal_pb2.ProposedTransaction:
    """States what is known of the units, so that the receiver learns it under the proposer's name.

    A block whose parts differ becomes several; blocks that state attributes already stay.
    """
    filled = proposal_pb2.ProposedTransaction()
    filled.CopyFrom(wish)
    del filled.blocks[:]
    for block in wish.blocks:
        if block.HasField("attributes") or not acts(block):
            filled.blocks.append(block)
            continue
        runs: list[list[Holding]] = []
        for piece in pieces_of(Block(block.registry, SerialRange(block.first, block.last))):
            if runs and runs[-1][-1].attributes == piece.attributes:
                runs[-1].append(piece)
            else:
                runs.append([piece])
        for run in runs:
            made = block_of(replace(run[0], last=run[-1].last))
            if len(runs) == 1 and block.HasField("quantity"):
                made.quantity = block.quantity
            filled.blocks.append(made)
    if len(filled.blocks) > limits.MAX_BLOCKS_PER_PROPOSAL:
        raise ProtocolError(
            Reason.TOO_MANY_BLOCKS,
            f"the units have {len(filled.blocks)} different sets of attributes,"
            f" {limits.MAX_BLOCKS_PER_PROPOSAL} are taken; propose fewer of them at once.",
            found=len(filled.blocks),
            limit=limits.MAX_BLOCKS_PER_PROPOSAL,
        )
    return filled
