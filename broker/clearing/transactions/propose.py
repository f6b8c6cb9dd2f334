# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A proposal or a batch: facts, checks, life cycle, effects."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import chain

from broker.clearing.decision.books import GroupKnown
from broker.clearing.decision.case import message_facts
from broker.clearing.decision.declaring import proposed_case
from broker.clearing.decision.desk import Desk
from broker.clearing.decision.proposed_alike import proposed_key
from broker.clearing.decision.receipts import About
from broker.clearing.decision.rows import EntryRow, StatementRow, TransactionRow
from broker.clearing.decision.statements import verdict_result
from broker.clearing.path.fault import JUDGEMENT
from broker.clearing.path.received import Received
from broker.clearing.transactions.settle import settle
from broker.clearing.transactions.transition import with_beginning
from broker.regime.postings import Issue, Move
from broker.regime.regime import Judgement
from broker.rulebook.check import PASSED_OR_NOT, Rule
from broker.rulebook.general.proposal import Proposed
from itmo import limits
from itmo.clock import from_ms, to_ms
from itmo.core.v1 import decision_pb2
from itmo.frozen import replace
from itmo.lifecycle import Completion, Event, State
from itmo.payloads import PayloadKind


def propose(desk: Desk, received: Received) -> list[StatementRow]:
    """Judges every proposed transaction in order; each one's effects are facts for the next.

    Answers with one verdict, and a receipt for each transaction that completed at once; those of a
    batch are one statement.
    """
    rows: list[TransactionRow] = []
    booked: list[tuple[EntryRow, ...]] = []
    results: list[bytes] = []
    seen: dict[bytes, int] = {}
    broken: list[Rule] = []
    checks = len(desk.charter.regimes[received.proposed[0].rulebook].checks)
    for ordinal in range(len(received.proposed)):
        desk.go_on()
        judgement, begun = JUDGEMENT, None
        if not received.faulted:
            ending = _judged(desk, received, ordinal)
            judgement, begun = with_beginning(desk, received, ordinal, ending)
        row, entries = _decide(desk, received, ordinal, judgement)
        rows.append(row)
        booked.append(entries)
        listed = desk.charter.findings.listed(judgement.findings, len(received.proposed), checks)
        broken.extend(listed.broken)
        units = () if row.state is State.INVALIDATED else judgement.units
        recorded = decision_pb2.TransactionVerdict(units=units).SerializeToString()
        if begun is not None:
            other = received.proposed[ordinal].target.rulebook
            recorded += _begun(desk, row, other, begun)
            broken.extend(
                each.check for each in begun.findings if each.outcome not in PASSED_OR_NOT
            )
        results.append(_result(row, listed.serialized, seen, ordinal) + recorded)
    verdict = desk.verdict(received, results, broken)
    completed = []
    for row, entries in zip(rows, booked, strict=True):
        if desk.world.transactions.get(row.transaction_id) is not row:
            continue  # its id belongs to another transaction; the verdict alone speaks of it
        named = desk.change_transaction(replace(row, verdict_hash=verdict.payload_hash))
        if named.state is State.COMPLETED:
            completed.append(About(row.transaction_id, named, entries))
    made = [verdict]
    if completed and received.kind is PayloadKind.PROPOSAL_BATCH:
        made.append(desk.receipts(received, completed))
    else:
        made.extend(desk.receipt(received, each.row, booked=each.booked) for each in completed)
    _deliver(desk, received, made, rows)
    return made


def _begun(desk: Desk, row: TransactionRow, rulebook: str, begun: Judgement) -> bytes:
    """What the other rulebook of a transition says of what begins, as a field of its result."""
    regime = desk.charter.regimes[rulebook]
    listed = desk.charter.findings.listed(begun.findings, 1, len(regime.checks))
    stated = decision_pb2.TransactionVerdict.FromString(listed.serialized)
    said = decision_pb2.TransitionVerdict(
        rulebook_digest=regime.digest,
        findings=stated.findings,
        outcomes=stated.outcomes,
        units=() if row.state is State.INVALIDATED else begun.units,
    )
    return decision_pb2.TransactionVerdict(transition=said).SerializeToString()


def _judged(desk: Desk, received: Received, ordinal: int) -> Judgement:
    world, regimes, proposed = desk.world, desk.charter.regimes, received.proposed[ordinal]
    # There is something where the group proposes several.
    key = proposed_key(world, regimes, received, proposed) if world.proposed_alike else None
    told = world.proposed_alike.get(key)
    if told is not None:
        head = received.header
        message = message_facts(world, head.sender_node, head.creation_time, proposed)
        judgement = told(message, proposed)
        if judgement is not None:
            return judgement
    declared = proposed_case(world, regimes, received, ordinal, desk.now)
    known = GroupKnown(world, declared.needs)
    regime = regimes[proposed.rulebook]
    judgement = regime.judge(declared.case, known, received.written[ordinal])
    if key is not None and told is None:
        world.proposed_alike[key] = regime.told_of_proposed(declared.case, known)
    return judgement


def _decide(
    desk: Desk, received: Received, ordinal: int, judgement: Judgement
) -> tuple[TransactionRow, tuple[EntryRow, ...]]:
    row = _row(desk, received, ordinal, judgement)
    if row.transaction_id in desk.world.transactions:
        return replace(row, state=State.INVALIDATED), ()
    postings = judgement.postings
    desk.add_transaction(row, postings)
    if postings is None:
        return _ended(desk, desk.move(row, Event.INVALIDATE)), ()
    row = desk.move(row, Event.VALIDATE)
    # An account that takes units, now or later, is not closed by a later message of this group.
    for part in postings.parts:
        for each in chain[Issue | Move](part.issues, part.moves):
            desk.world.occupied_accounts.add(each.to_account)
    if not row.two_party and row.completion is Completion.ON_ACCEPTANCE:
        row, entries = settle(desk, row, locked=False)
        return _ended(desk, row), entries
    desk.keep(row.transaction_id)
    return row, ()


def _ended(desk: Desk, row: TransactionRow) -> TransactionRow:
    """A transaction that ends with its proposal had no deadline but that moment."""
    return desk.change_transaction(replace(row, deadline=row.proposed_at))


def _row(desk: Desk, received: Received, ordinal: int, judgement: Judgement) -> TransactionRow:
    proposed = received.proposed[ordinal]
    # What is known of a registry may be what a fault was about.
    receiver = None if received.faulted else _receiver(desk, received, proposed)
    now = desk.now_ms
    deadline = proposed.deadline or desk.now + desk.charter.transaction_lifetime
    if judgement.not_after is not None:
        deadline = min(deadline, datetime.combine(judgement.not_after, time.min, UTC))
    return TransactionRow(
        transaction_id=proposed.transaction_id,
        type=proposed.stated_type,
        state=State.PROPOSED,
        termination_cause=None,
        from_registry=proposed.from_registry,
        to_registry=proposed.target.to_registry,
        from_account=proposed.from_account,
        to_account=proposed.target.to_account,
        proposer_node=received.header.sender_node,
        receiver_node=receiver,
        # Past the largest quantity only the checks matter; they refuse such a proposal.
        quantity=min(proposed.quantity, limits.MAX_SEQUENCE),
        completion=proposed.completion,
        rulebook=proposed.rulebook,
        marks=judgement.marks,
        proposed_at=now,
        deadline=to_ms(deadline),
        updated_at=now,
        message_id=received.header.message_id,
        ordinal=ordinal,
        proposal_hash=received.payload_hash,
        verdict_hash=b"",
        answer_hash=None,
        closing_hash=None,
        moves=0,
    )


def _receiver(desk: Desk, received: Received, proposed: Proposed) -> str | None:
    registry = desk.world.registries.get(proposed.target.to_registry)
    if proposed.begins is not None:
        # Whoever speaks for both registries has said all that there is to say.
        node = None if registry is None else registry.node
        return None if node == received.header.sender_node else node
    return registry.node if registry is not None and proposed.between_registries else None


def _result(row: TransactionRow, findings: bytes, seen: dict[bytes, int], ordinal: int) -> bytes:
    earlier = seen.setdefault(findings, ordinal)
    return verdict_result(
        transaction_id=row.transaction_id,
        state=row.state,
        deadline=from_ms(row.deadline) if row.state is State.VALIDATED else None,
        quantity=row.quantity,
        marks=row.marks,
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
