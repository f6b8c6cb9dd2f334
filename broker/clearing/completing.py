# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a validated transaction may still be completed, as the world stands now."""

from __future__ import annotations

from dataclasses import replace

from broker.clearing.case import facts_of
from broker.clearing.desk import Desk
from broker.clearing.received import Received
from broker.clearing.rows import TransactionRow
from broker.clearing.strangers import told_of_completion
from broker.regime.paris.postings import accounting_of, blocks_of, entity_of
from broker.regime.paris.reading import stated_attributes
from broker.regime.refusals import NoEffect
from broker.regime.regime import Postings
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.registries import OperationalStatus
from broker.rulebook.paris.completion import judge_completion
from broker.rulebook.paris.proposal import ParisProposed, ParisProposedBlock
from itmo.identifiers import NodeId, TransactionId


def check_still_possible(desk: Desk, row: TransactionRow, received: Received) -> None:
    """Looks again at what may have changed since the verdict and must stop a completion.

    Raises:
        NoEffect: something did; the transaction waits as before.
    """
    for name in sorted({row.from_registry, row.to_registry}):
        registry = desk.world.registries.get(name)
        if registry is None or registry.status is OperationalStatus.NON_OPERATIONAL:
            raise NoEffect("REG_OPERATIONAL", f"registry {name} is suspended; wait or reject")
    postings = desk.world.postings[row.transaction_id]
    for name in sorted({each.to_account for each in postings.moves} - {row.to_account}):
        account = desk.world.accounts.get(name)
        if account is None or account.closed:
            raise NoEffect("ACC_EXISTS", "an account that the issuance allots units to is closed")
    # Whoever speaks, it is the proposer's transaction that is judged, by what the proposer has.
    proposer = replace(received.header, sender_node=NodeId(row.proposer_node))
    as_proposed = replace(received, header=proposer)
    # Its own reservation is what it completes, and others are judged when they complete.
    proposed = _proposed(row, postings)
    facts = facts_of(desk.world, as_proposed, proposed, desk.now, waiting=False)
    against = judge_completion(facts, accounting_of(postings))
    if against is not None:
        speaker = received.header.sender_node
        raise NoEffect(
            against.check.id,
            told_of_completion(row, speaker, against),
            against.check.remedy if speaker == row.proposer_node else "",
        )


def _proposed(row: TransactionRow, postings: Postings) -> ParisProposed:
    """The transaction as it was validated, as far as it is judged again."""
    stated = {each.units: stated_attributes(each.attributes) for each in postings.issues}
    return ParisProposed(
        transaction_id=TransactionId(row.transaction_id),
        type=TransactionType(row.type),
        from_account=row.from_account,
        to_account=row.to_account,
        from_registry=row.from_registry,
        to_registry=row.to_registry,
        blocks=tuple(
            ParisProposedBlock(
                registry=units.registry,
                first=units.range.first,
                last=units.range.last,
                attributes=stated.get(units),
            )
            for units in blocks_of(postings)
        ),
        completion=row.completion,
        entity=entity_of(postings),
        reverses=TransactionId(postings.reverses) if postings.reverses else None,
        notice_id=postings.notice_id,
    )
