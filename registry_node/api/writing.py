# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From rows to the messages of the operator's service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from itmo.core.v1 import (
    decision_pb2,
    proposal_pb2,
    reconciliation_pb2,
    statements_pb2,
    units_pb2,
)
from itmo.lifecycle import State
from itmo.reasons import CATALOGUE, ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.registry.v1 import reconciliation_service_pb2 as reconciled
from itmo.timestamps import timestamp
from registry_node.blocks import block_of
from registry_node.commands.comparing import Compared
from registry_node.commands.trip import from_ms
from registry_node.damage import decoded, of_rows
from registry_node.health import Slowed
from registry_node.ledger.holdings import Holding
from registry_node.outcomes import Outcome, Story
from registry_node.store.rows import (
    AccountRow,
    AlarmRow,
    CaseRow,
    ItemRow,
    ItemStatus,
    ProofRow,
    TransactionRow,
)
from registry_node.verifying.books import Audit
from registry_node.verifying.proofs import MOST_PROBLEMS

_MESSAGE_STATES: Final = {
    ItemStatus.QUEUED: api.MESSAGE_STATE_PENDING,
    ItemStatus.SIGNED: api.MESSAGE_STATE_PENDING,
    ItemStatus.ANSWERED: api.MESSAGE_STATE_PENDING,
    ItemStatus.DECIDED: api.MESSAGE_STATE_DECIDED,
    ItemStatus.REFUSED: api.MESSAGE_STATE_REFUSED,
}


@of_rows
def outcome(
    found: Outcome, said: Story | None = None, hindrance: ProtocolError | None = None
) -> api.Outcome:
    """What came of a command, what was said of its transaction, and what it waits for."""
    item, shown = found.item, None
    if said is not None:
        shown = told(said)
    elif found.transaction is not None:
        shown = transaction(found.transaction)
    return api.Outcome(
        message_id=item.message_id,
        state=_MESSAGE_STATES[item.status],
        effective=bool(item.effective),
        refusal=refusal_of(item.code, item.found, found.remedy),
        transaction=shown,
        hindrance=None if found.final else refusal(hindrance),
    )


@of_rows
def transaction(row: TransactionRow, reason: str = "") -> api.Transaction:
    """A transaction, and why it was rejected or withdrawn."""
    proposed = decoded(proposal_pb2.ProposedTransaction, row.proposal)
    cause = row.termination_cause
    return api.Transaction(
        transaction_id=row.transaction_id,
        type=proposed.type,
        state=decision_pb2.State.Value(f"STATE_{row.state}"),
        termination_cause=decision_pb2.TerminationCause.Value(f"TERMINATION_CAUSE_{cause}")
        if cause
        else decision_pb2.TERMINATION_CAUSE_UNSPECIFIED,
        from_registry=row.from_registry,
        to_registry=row.to_registry,
        from_account=row.from_account,
        to_account=row.to_account,
        blocks=_blocks(row, proposed),
        quantity=row.quantity,
        completion=proposal_pb2.CompletionMode.Value(f"COMPLETION_MODE_{row.completion}"),
        deadline=None if row.deadline is None else _time(row.deadline),
        marks=row.marks.split(),
        proposed_here=row.proposed_here,
        received_here=row.received_here,
        waiting_here=row.received_here and row.state is State.VALIDATED and row.answer_item is None,
        refusal=refusal_of(row.refusal_code, row.refusal_found),
        create_time=_time(row.created_at),
        update_time=_time(row.updated_at),
        note=proposed.note,
        reason=reason,
        terms=proposed.terms if proposed.HasField("terms") else None,
    )


def _blocks(
    row: TransactionRow, proposed: proposal_pb2.ProposedTransaction
) -> Iterable[units_pb2.UnitBlock]:
    """The units as the verdict records them; until there is one, as they are proposed."""
    recorded = decoded(decision_pb2.TransactionVerdict, row.recorded).units
    return [
        units_pb2.UnitBlock(
            registry=units.registry,
            first=units.first,
            last=units.last,
            quantity=units.last - units.first + 1,
            attributes=units.attributes,
        )
        for units in recorded
    ] or proposed.blocks


@of_rows
def told(found: Story) -> api.Transaction:
    """A transaction with the checks of its verdict."""
    shown = transaction(found.transaction, found.reason)
    shown.findings.extend(found.findings)
    shown.remedies.extend(found.remedies)
    return shown


@of_rows
def story(found: Story, own_node: str) -> api.GetTransactionResponse:
    """A transaction with its history."""
    history = [_proof_entry(proof) for proof in found.proofs]
    history += [_item_entry(item, own_node) for item in found.unsent]
    history += [_alarm_entry(alarm, own_node) for alarm in found.alarms]
    return api.GetTransactionResponse(transaction=told(found), history=history)


def _proof_entry(proof: ProofRow) -> api.HistoryEntry:
    return api.HistoryEntry(
        time=_time(proof.judged_at),
        kind=proof.kind.value,
        node=proof.node,
        message_id=proof.message_id,
        payload_hash=proof.payload_hash.hex(),
        effective=proof.effective,
        refusal=refusal_of(proof.code, proof.found),
    )


def _item_entry(item: ItemRow, node: str) -> api.HistoryEntry:
    return api.HistoryEntry(
        time=_time(item.changed_at),
        kind=item.kind.value,
        node=node,
        message_id=item.message_id,
        effective=False if item.status is ItemStatus.REFUSED else None,
        refusal=refusal_of(item.code, item.found),
    )


def _alarm_entry(row: AlarmRow, node: str) -> api.HistoryEntry:
    return api.HistoryEntry(
        time=_time(row.at), kind="alarm", node=node, refusal=refusal_of(row.code, row.found)
    )


@of_rows
def account(row: AccountRow, holdings: Sequence[Holding] = ()) -> api.Account:
    """An account, with what it holds."""
    held = [holding for holding in holdings if holding.account_id == row.account_id]
    stated = decoded(statements_pb2.AccountStatement, row.statement)
    return api.Account(
        account_id=row.account_id,
        registry=row.registry,
        account_type=row.account_type,
        entity=stated.entity,
        state=api.AccountState.Value(f"ACCOUNT_STATE_{row.state}"),
        quantity=sum(holding.quantity for holding in held),
        reserved_quantity=sum(holding.quantity for holding in held if holding.reserved_by),
        rulebook=stated.rulebook,
        terms=stated.terms if stated.HasField("terms") else None,
    )


@of_rows
def holding(row: Holding) -> api.Holding:
    """Units in an account."""
    block = block_of(row)
    block.quantity = row.quantity
    return api.Holding(
        block=block,
        account_id=row.account_id,
        reserved_by=row.reserved_by or "",
        marks=row.marks.split(),
    )


@of_rows
def alarm(row: AlarmRow) -> api.Alarm:
    """An alarm."""
    return api.Alarm(
        time=_time(row.at),
        code=row.code,
        found=row.found,
        transaction_id=row.transaction_id,
        delivery_sequence=row.delivery_sequence or 0,
        number=row.number or 0,
        acknowledge_time=None if row.acknowledged_at is None else _time(row.acknowledged_at),
    )


def refusal(error: ProtocolError | None) -> decision_pb2.Refusal | None:
    """A failure as it is shown, with what to do about it."""
    return None if error is None else refusal_of(error.reason, error.message)


def slowed(found: Slowed | None) -> api.Slowed | None:
    """What the broker asks this node to wait for."""
    if found is None:
        return None
    return api.Slowed(refusal=refusal(found.error), until=timestamp(found.until))


def refusal_of(code: str, found: str, remedy: str = "") -> decision_pb2.Refusal | None:
    """Why there is no effect, and what to do: as the broker said, or as the reason's entry says."""
    if not code:
        return None
    known = CATALOGUE[Reason(code)].remedy if code in Reason.__members__ else ""
    return decision_pb2.Refusal(code=code, found=found, remedy=remedy or known)


def _time(stored: int) -> Timestamp:
    return timestamp(from_ms(stored))


@of_rows
def verified(found: Audit) -> api.VerifyReceiptsResponse:
    """What verification found."""
    return api.VerifyReceiptsResponse(
        checked=found.checked,
        valid=found.valid,
        problems=[
            api.VerificationProblem(
                payload_hash=problem.payload_hash.hex(),
                transaction_id=problem.transaction_id,
                code=problem.code,
                found=problem.found,
            )
            for problem in found.problems[:MOST_PROBLEMS]
        ],
    )


def reconciliation(found: Compared) -> reconciled.ReconciliationStanding:
    """Writes how the books of a registry stand."""
    shown = reconciled.ReconciliationStanding(
        registry=found.registry, cases=[_open_case(row) for row in found.cases]
    )
    row = found.last
    if row is not None:
        shown.reconciliation_id = row.reconciliation_id
        shown.result = reconciled.ReconciliationResult.Value(f"RECONCILIATION_RESULT_{row.outcome}")
        shown.begin_time.CopyFrom(timestamp(from_ms(row.begun_at)))
        shown.snapshot_time.CopyFrom(timestamp(from_ms(row.changed_at)))
        shown.snapshot_index = row.log_index
        shown.found = row.found
    return shown


def _open_case(row: CaseRow) -> reconciled.OpenCase:
    known = decoded(reconciliation_pb2.ReconciliationAnswer, row.differences)
    return reconciled.OpenCase(
        case_id=row.case_id,
        open_time=timestamp(from_ms(row.opened_at)),
        differences=known.differences,
    )
