# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The dearest messages that the protocol lets a node send, and dearer ones that it refuses.

Payloads only: whoever uses them signs them and chooses whether they are only to be validated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Final

from google.protobuf.message import Message

from itmo import limits
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.payloads import PayloadKind

Transactions = Callable[[], proposal_pb2.ProposedTransaction]
"""Makes a transfer with a fresh id, between the accounts of the attack; its blocks are replaced."""


_BATCHED: Final = 100
"""Proposals of a batch that is filled up: more would leave no room for what fills it."""


def fragments(make: Transactions, registry: str, first: int, pieces: int) -> Iterator[Message]:
    """Proposals within one registry that cut a range into pieces of one unit, every second moved.

    Sent again with a transfer that leads back, one account holds all pieces, and what is proposed
    over them is valid, as long as alike neighbours are told apart by the transaction that moved them.

    Args:
        make: A transfer from the account that holds the range to another one of its registry.
        registry: Where the units were issued.
        first: The first serial of the range, which holds two units for each piece wanted.
        pieces: How many pieces are to be made.
    """
    serials = [first + 2 * place for place in range(pieces // 2)]
    for start in range(0, len(serials), limits.MAX_BLOCKS_PER_PROPOSAL):
        part = serials[start : start + limits.MAX_BLOCKS_PER_PROPOSAL]
        yield proposal_pb2.Proposal(
            transaction=_over(make(), registry, [(serial, serial) for serial in part])
        )


def dearest(
    make: Transactions, registry: str, first: int
) -> dict[str, tuple[PayloadKind, Message]]:
    """The dearest legal messages over a range that `fragments` has cut, by what makes them dear."""
    pieces = limits.MAX_PIECES_PER_MESSAGE
    proposals = limits.MAX_PROPOSALS_PER_BATCH
    each = pieces // proposals
    blocks = limits.MAX_BLOCKS_PER_MESSAGE // proposals
    return {
        "one block over many pieces": (
            PayloadKind.PROPOSAL,
            proposal_pb2.Proposal(
                transaction=_over(make(), registry, [(first, first + pieces - 1)])
            ),
        ),
        "many proposals, each over many pieces": (
            PayloadKind.PROPOSAL_BATCH,
            proposal_pb2.ProposalBatch(
                transactions=[
                    _over(make(), registry, [(first + at * each, first + (at + 1) * each - 1)])
                    for at in range(proposals)
                ]
            ),
        ),
        "as many blocks as are taken": (
            PayloadKind.PROPOSAL_BATCH,
            proposal_pb2.ProposalBatch(
                transactions=[
                    _over(
                        make(), registry,
                        [(first + at * blocks + k, first + at * blocks + k) for k in range(blocks)],
                    )
                    for at in range(proposals)
                ]
            ),
        ),
        "the same units in every proposal": (
            PayloadKind.PROPOSAL_BATCH,
            proposal_pb2.ProposalBatch(
                transactions=[
                    _over(make(), registry, [(first, first + each - 1)]) for _ in range(proposals)
                ]
            ),
        ),
    }  # fmt: skip


def too_dear(
    make: Transactions, registry: str, first: int
) -> dict[str, tuple[PayloadKind, Message]]:
    """Messages that were taken before, and held the writer for seconds or minutes."""
    span = (first, first + 20 * limits.MAX_PIECES_PER_MESSAGE)
    return {
        "overlapping blocks": (
            PayloadKind.PROPOSAL,
            proposal_pb2.Proposal(
                transaction=_over(make(), registry, [span] * limits.MAX_BLOCKS_PER_PROPOSAL)
            ),
        ),
        "too many pieces": (
            PayloadKind.PROPOSAL,
            proposal_pb2.Proposal(transaction=_over(make(), registry, [span])),
        ),
        "too many pieces in all": (
            PayloadKind.PROPOSAL_BATCH,
            proposal_pb2.ProposalBatch(
                transactions=[
                    _over(make(), registry, [(first, first + 499)]) for _ in range(_BATCHED)
                ]
            ),
        ),
        "too many blocks in all": (
            PayloadKind.PROPOSAL_BATCH,
            proposal_pb2.ProposalBatch(
                transactions=[
                    _over(make(), registry, [(first + k, first + k) for k in range(500)])
                    for _ in range(_BATCHED)
                ]
            ),
        ),
    }


def largest(make: Transactions, registry: str, first: int) -> tuple[PayloadKind, Message]:
    """A batch that decides cheaply and is as large as a payload may be."""
    batch = proposal_pb2.ProposalBatch(
        transactions=[_over(make(), registry, []) for _ in range(_BATCHED)]
    )
    room = limits.MAX_PAYLOAD_BYTES - 32 * limits.KIB
    text = sha256(b"filler").hexdigest() * (limits.MAX_TEXT // 64)
    at = 0
    while batch.ByteSize() + len(text) < room:
        each = batch.transactions[at % _BATCHED]
        each.note = text
        serial = first + at
        each.blocks.add(registry=registry, first=serial, last=serial)
        stated = each.blocks[-1].attributes.paris
        for name in ("sector", "activity_type", "cooperative_approach", "non_ghg_metric"):
            setattr(stated, name, text[: limits.MAX_IDENTIFIER])
        at += 1
        if at == limits.MAX_BLOCKS_PER_MESSAGE:
            break
    return PayloadKind.PROPOSAL_BATCH, batch


def _over(
    made: proposal_pb2.ProposedTransaction, registry: str, ranges: list[tuple[int, int]]
) -> proposal_pb2.ProposedTransaction:
    del made.blocks[:]
    made.blocks.extend(
        units_pb2.UnitBlock(registry=registry, first=first, last=last) for first, last in ranges
    )
    return made
