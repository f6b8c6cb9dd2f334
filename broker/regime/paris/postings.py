# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What completing a valid transaction does to the ledgers, and what it counts for."""

from __future__ import annotations

from broker.clearing.rows import (
    PlannedAllotment,
    PlannedBooking,
    PlannedIssue,
    Postings,
)
from broker.regime.paris import tallies
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.proposal import ParisProposed
from itmo.core.v1 import proposal_pb2
from itmo.serials import SerialRange


def postings_of(
    facts: ParisCase, written: proposal_pb2.ProposedTransaction, accounting: Accounting
) -> Postings:
    """What completing a valid transaction does.

    Args:
        facts: By which it was judged.
        written: As its proposer wrote it.
        accounting: What it means in the rulebook's eyes.
    """
    return Postings(
        blocks=tuple(_ranges(facts.proposed)),
        issues=_issues(written, facts.proposed)
        if facts.proposed.type is TransactionType.ISSUANCE
        else (),
        first_transfer=accounting.first_transfer,
        entries=tuple(
            PlannedBooking(
                e.party, e.year, e.quantity, e.kind.value, e.metric,
                e.registry, e.range.first, e.range.last, e.generation,
            )
            for e in accounting.entries
        ),
        tallies=tallies.counted(facts, accounting),
        reserves=tallies.reserved(facts),
        first_transfer_undone=accounting.first_transfer_undone,
        reverses=facts.proposed.reverses or "",
        allotments=tuple(
            PlannedAllotment(facts.proposed.to_registry, wanted.first, wanted.last, each.account)
            for each in facts.proposed.allotments
            if (wanted := each.range) is not None
        ),
        notice_id=facts.proposed.notice_id,
        entity=facts.proposed.entity,
    )  # fmt: skip


def _ranges(proposed: ParisProposed) -> list[tuple[str, SerialRange]]:
    return [(b.registry, b.range) for b in proposed.blocks if b.range is not None]


def _issues(
    written: proposal_pb2.ProposedTransaction, proposed: ParisProposed
) -> tuple[PlannedIssue, ...]:
    issues = []
    for block, read in zip(written.blocks, proposed.blocks, strict=True):
        stated = read.attributes
        if stated is None:
            message = "a valid issuance states every block's attributes"
            raise ValueError(message)
        issues.append(
            PlannedIssue(
                registry=block.registry,
                first=block.first,
                last=block.last,
                attributes=block.attributes.SerializeToString(),
                vintage=stated.vintage,
                party=stated.first_transferring_party,
                authorization_id=stated.authorization.id if stated.authorization else "",
                authorization_version=stated.authorization.version if stated.authorization else 0,
            )
        )
    return tuple(issues)
