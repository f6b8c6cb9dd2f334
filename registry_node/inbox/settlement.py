# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Completion in the own ledger: units leave and enter accounts as the broker decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from itmo.core.v1 import proposal_pb2
from itmo.reasons import Reason
from itmo.serials import SerialRange
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.ledger.holdings import Block, Holding, Ledger
from registry_node.proposals.building import readable_blocks
from registry_node.store.rows import Action, TransactionRow


def settle(trip: Trip, row: TransactionRow, *, first_transfer: bool) -> None:
    """Carry out a completed transaction; what does not fit the own records becomes an alarm."""
    proposed = decoded(proposal_pb2.ProposedTransaction, row.proposal)
    own = trip.identity.registries
    issued = proposed.type == proposal_pb2.TRANSACTION_TYPE_ISSUANCE
    leaves = not issued and row.from_registry in own
    enters = row.to_registry in own
    blocks = readable_blocks(proposed)
    ledger = trip.ledger(blocks, row.transaction_id)
    discrepancies: list[str] = []
    for written in proposed.blocks:
        block = Block(written.registry, SerialRange(written.first, written.last))
        taken: tuple[Holding, ...] = ()
        if leaves:
            taken, odd = ledger.debit(block, row.from_account, row.transaction_id)
            discrepancies.extend(odd)
        if enters:
            stated = written.attributes.SerializeToString(deterministic=True)
            newly = True if first_transfer else (False if issued else None)
            if proposed.type == proposal_pb2.TRANSACTION_TYPE_REVERSAL:
                # What the first transfer was is undone where the reversed transfer made it.
                taken = tuple(replace(piece, first_transferred=None) for piece in taken)
            for holding in _entering(block, taken, row.to_account, stated, newly):
                discrepancies.extend(ledger.credit(holding))
    if issued:
        discrepancies.extend(_allot(ledger, proposed, row))
    ledger.release(row.transaction_id)
    trip.save_ledger(ledger)
    if leaves:
        trip.instruct(Action.DEBIT, row.transaction_id, row.from_account, blocks)
    if enters:
        trip.instruct(Action.CREDIT, row.transaction_id, row.to_account, blocks)
    for odd_one in discrepancies:
        trip.alarm(Reason.LEDGER_AUDIT_FAILED, odd_one, transaction_id=row.transaction_id)


def _allot(
    ledger: Ledger, proposed: proposal_pb2.ProposedTransaction, row: TransactionRow
) -> list[str]:
    """Units of an issuance that went on at once; whether first transferred, no receipt here says."""
    discrepancies: list[str] = []
    for part in proposed.allotments:
        block = Block(row.to_registry, SerialRange(part.first, part.last))
        taken, odd = ledger.debit(block, row.to_account, row.transaction_id)
        discrepancies.extend(odd)
        for piece in taken:
            moved = replace(piece, account_id=part.account, first_transferred=None)
            discrepancies.extend(ledger.credit(moved))
    return discrepancies


def _entering(
    block: Block,
    taken: Sequence[Holding],
    account_id: str,
    stated: bytes,
    first_transferred: bool | None,
) -> list[Holding]:
    """The holdings that a block becomes: what left an own account keeps what is known of it."""
    made = [
        replace(
            piece,
            account_id=account_id,
            attributes=piece.attributes or stated,
            first_transferred=True if first_transferred else piece.first_transferred,
        )
        for piece in taken
    ]
    missing = [block.serials]
    for piece in taken:
        missing = [rest for run in missing for rest in run.subtract(piece.serials)]
    made.extend(
        Holding(
            registry=block.registry,
            first=run.first,
            last=run.last,
            account_id=account_id,
            attributes=stated,
            first_transferred=first_transferred,
            reserved_by=None,
        )
        for run in missing
    )
    return made
