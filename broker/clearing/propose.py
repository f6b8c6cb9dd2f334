# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A proposal or a batch: facts, checks, life cycle, effects."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import cast

from broker.clearing.case import facts_of
from broker.clearing.desk import Desk
from broker.clearing.fault import JUDGEMENT, facts_without_looking
from broker.clearing.received import Received
from broker.clearing.recorded import recorded_units
from broker.clearing.rows import (
    EntryRow,
    PlannedAllotment,
    PlannedBooking,
    PlannedIssue,
    Postings,
    StatementRow,
    TransactionRow,
)
from broker.clearing.settle import settle
from broker.clearing.statements import verdict_result
from broker.ledger.units import LedgerInvariantBroken
from broker.regime.paris import tallies
from broker.rulebook.check import Check
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.case import Facts
from broker.rulebook.paris.proposal import ParisProposed
from broker.rulebook.paris.rulebook import Judgement, judge_proposal
from itmo import limits
from itmo.clock import from_ms, to_ms
from itmo.core.v1 import proposal_pb2
from itmo.lifecycle import Completion, Event, State
from itmo.serials import SerialRange


def propose(desk: Desk, received: Received) -> list[StatementRow]:
    """Judges every proposed transaction in order; each one's effects are facts for the next.

    Answers with one verdict, and a receipt for each transaction that completed at once.
    """
    rows: list[TransactionRow] = []
    booked: list[tuple[EntryRow, ...]] = []
    results: list[bytes] = []
    seen: dict[bytes, int] = {}
    broken: list[Check] = []
    for ordinal, proposed in enumerate(received.proposed):
        desk.go_on()
        if received.faulted:
            facts = facts_without_looking(desk.world, received, proposed, desk.now)
            judgement = JUDGEMENT
        else:
            facts = facts_of(desk.world, received, proposed, desk.now)
            judgement = judge_proposal(facts)
        row, entries = _decide(desk, received, ordinal, facts, judgement)
        rows.append(row)
        booked.append(entries)
        listed = desk.bench.findings.listed(judgement.findings, len(received.proposed))
        broken.extend(listed.broken)
        units = b"" if row.state is State.INVALIDATED else recorded_units(facts, judgement)
        results.append(_result(row, listed.serialized, seen, ordinal) + units)
    verdict = desk.verdict(received, results, broken)
    receipts = []
    for row, entries in zip(rows, booked, strict=True):
        if desk.world.transactions.get(row.transaction_id) != row:
            continue  # its id belongs to another transaction; the verdict alone speaks of it
        named = desk.change_transaction(replace(row, verdict_hash=verdict.payload_hash))
        if named.state is State.COMPLETED:
            receipts.append(desk.receipt(received, named, booked=entries))
    _deliver(desk, received, [verdict, *receipts], rows)
    return [verdict, *receipts]


def _decide(
    desk: Desk, received: Received, ordinal: int, facts: Facts, judgement: Judgement
) -> tuple[TransactionRow, tuple[EntryRow, ...]]:
    row = _row(desk, received, ordinal, facts, judgement)
    if facts.transaction_known:
        return replace(row, state=State.INVALIDATED), ()
    postings = _postings(received, ordinal, facts, judgement) if judgement.valid else None
    desk.add_transaction(row, postings)
    if postings is None:
        return _ended(desk, desk.move(row, Event.INVALIDATE)), ()
    row = desk.move(row, Event.VALIDATE)
    # An account that takes units, now or later, is not closed by a later message of this group.
    desk.world.occupied_accounts.add(row.to_account)
    desk.world.occupied_accounts.update(each.account for each in facts.proposed.allotments)
    if not row.two_party and row.completion is Completion.ON_ACCEPTANCE:
        row, entries = settle(desk, row, locked=False)
        return _ended(desk, row), entries
    if row.type == TransactionType.ISSUANCE:  # nothing to lock: the units do not exist yet
        desk.reserve(row.transaction_id, postings, 1)
    else:
        for registry, serials in _ranges(facts.proposed):
            desk.world.units.lock(registry, serials, row.transaction_id)
    return row, ()


def _ended(desk: Desk, row: TransactionRow) -> TransactionRow:
    """A transaction that ends with its proposal had no deadline but that moment."""
    return desk.change_transaction(replace(row, deadline=row.proposed_at))


def _row(
    desk: Desk, received: Received, ordinal: int, facts: Facts, judgement: Judgement
) -> TransactionRow:
    proposed = facts.proposed
    receiver = facts.to_registry.node if facts.to_registry and proposed.between_registries else None
    now = to_ms(desk.now)
    lifetime = desk.bench.transaction_lifetime
    return TransactionRow(
        transaction_id=proposed.transaction_id,
        type=proposed.type.value,
        state=State.PROPOSED,
        termination_cause=None,
        from_registry=proposed.from_registry,
        to_registry=proposed.to_registry,
        from_account=proposed.from_account,
        to_account=proposed.to_account,
        proposer_node=received.header.sender_node,
        receiver_node=receiver,
        # Past the largest quantity only the checks matter; they refuse such a proposal.
        quantity=min(sum(r.quantity for _, r in _ranges(proposed)), limits.MAX_SEQUENCE),
        completion=proposed.completion,
        first_transfer=bool(judgement.accounting.first_transfer),
        proposed_at=now,
        deadline=to_ms(_deadline(facts, judgement, proposed.deadline or desk.now + lifetime)),
        updated_at=now,
        message_id=received.header.message_id,
        ordinal=ordinal,
        proposal_hash=received.payload_hash,
        verdict_hash=b"",
        answer_hash=None,
        closing_hash=None,
        moves=0,
    )


def _deadline(facts: Facts, judgement: Judgement, wished: datetime) -> datetime:
    """When it times out: before a period that it books in is final (2/CMA.3 annex para 12)."""
    if not judgement.valid:
        return wished
    days = [
        period.finality_date
        for entry in judgement.accounting.entries
        if (party := facts.parties.get(entry.party)) is not None
        and (period := party.period_of(entry.year)) is not None
        and period.finality_date is not None
    ]
    return min([wished, *(datetime.combine(day, time.min, UTC) for day in days)])


def _ranges(proposed: ParisProposed) -> list[tuple[str, SerialRange]]:
    return [(b.registry, b.range) for b in proposed.blocks if b.range is not None]


def _postings(received: Received, ordinal: int, facts: Facts, judgement: Judgement) -> Postings:
    return Postings(
        blocks=tuple(_ranges(facts.proposed)),
        issues=_issues(received, ordinal, facts.proposed)
        if facts.proposed.type is TransactionType.ISSUANCE
        else (),
        first_transfer=judgement.accounting.first_transfer,
        entries=tuple(
            PlannedBooking(
                e.party, e.year, e.quantity, e.kind.value, e.metric,
                e.registry, e.range.first, e.range.last, e.generation,
            )
            for e in judgement.accounting.entries
        ),
        tallies=tallies.counted(facts, judgement.accounting),
        reserves=tallies.reserved(facts),
        first_transfer_undone=judgement.accounting.first_transfer_undone,
        reverses=facts.proposed.reverses or "",
        allotments=tuple(
            PlannedAllotment(facts.proposed.to_registry, wanted.first, wanted.last, each.account)
            for each in facts.proposed.allotments
            if (wanted := each.range) is not None
        ),
        notice_id=facts.proposed.notice_id,
        entity=facts.proposed.entity,
    )  # fmt: skip


def _issues(received: Received, ordinal: int, proposed: ParisProposed) -> tuple[PlannedIssue, ...]:
    payload = received.payload
    if isinstance(payload, proposal_pb2.ProposalBatch):
        written = payload.transactions[ordinal]
    else:
        written = cast("proposal_pb2.Proposal", payload).transaction
    issues = []
    for block, read in zip(written.blocks, proposed.blocks, strict=True):
        stated = read.attributes
        if stated is None:
            raise LedgerInvariantBroken("a valid issuance states every block's attributes")
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


def _result(row: TransactionRow, findings: bytes, seen: dict[bytes, int], ordinal: int) -> bytes:
    earlier = seen.setdefault(findings, ordinal)
    return verdict_result(
        transaction_id=row.transaction_id,
        state=row.state,
        deadline=from_ms(row.deadline) if row.state is State.VALIDATED else None,
        quantity=row.quantity,
        first_transfer=row.first_transfer,
        findings=findings if earlier == ordinal else b"",
        findings_of=0 if earlier == ordinal else earlier + 1,
    )


def _deliver(
    desk: Desk, received: Received, made: list[StatementRow], rows: list[TransactionRow]
) -> None:
    """The proposer gets every statement; a receiver the proposal as signed, and the verdict.

    Only a validated proposal is shown to its receiver. A batch has one receiver (see the gate).
    """
    only = rows[0].transaction_id if len(rows) == 1 else None
    desk.deliver(received.header.sender_node, made, only)
    receivers = {row.receiver_node for row in rows if row.state is State.VALIDATED}
    for receiver in sorted(node for node in receivers if node is not None):
        desk.deliver(receiver, made[:1], only, received.header.message_id)
