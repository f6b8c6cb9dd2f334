# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Applies what verified: statements change transactions, accounts and the ledger.

The broker's decisions are facts. One that verifies is carried out even where this node would have
thought otherwise; what does not fit the own records becomes an alarm. One that contradicts signed
evidence held here (another proposal, another final state) does not verify and is not carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, cast

from sqlalchemy import bindparam

from itmo.clock import to_ms
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2, units_pb2
from itmo.findings import stated_of
from itmo.lifecycle import FINAL, State, TerminationCause
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.serials import SerialRange, merge
from itmo.timestamps import moment
from registry_node.commands.answer import answer_all
from registry_node.commands.propose import transaction_row
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.inbox.noticed import take_notice
from registry_node.inbox.opening import Spoken, Statement, Verified
from registry_node.inbox.pinning import take_key
from registry_node.inbox.reconciled import take_reconciliation
from registry_node.inbox.settlement import recorded_of, settle
from registry_node.outbox import items
from registry_node.proposals.building import acts
from registry_node.proposals.policy import AcceptancePolicy, Offer, Ruling, decide
from registry_node.store.rows import (
    AccountState,
    ItemRow,
    ProofRow,
    ProofTransactionRow,
    TransactionRow,
)
from registry_node.store.tables import (
    ACCOUNTS,
    ALARMS,
    PROOF_TRANSACTIONS,
    PROOFS,
    TRANSACTIONS,
)

STATES: Final = {decision_pb2.State.Value(f"STATE_{state}"): state for state in State}
CAUSES: Final = {
    decision_pb2.TerminationCause.Value(f"TERMINATION_CAUSE_{cause}"): cause
    for cause in TerminationCause
}
_PROPOSALS: Final = frozenset({PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH})
_ANSWERS: Final = frozenset(PayloadKind) - _PROPOSALS
_PROOF: Final = PROOFS.select(PROOFS.table.c.payload_hash == bindparam("payload_hash"))
_l, _a = PROOF_TRANSACTIONS.table.c, ALARMS.table.c
_ALARM: Final = ALARMS.select(_a.code == bindparam("code"), _a.found == bindparam("found"))
_LINK: Final = PROOF_TRANSACTIONS.select(
    _l.transaction_id == bindparam("transaction_id"), _l.payload_hash == bindparam("payload_hash")
)


def apply(
    trip: Trip,
    statement: Statement,
    spoken: Sequence[Spoken],
    policy: AcceptancePolicy,
    delivery_sequence: int,
) -> None:
    """Applies one statement, together with what a counterparty said in the same delivery.

    Applying the same statement again changes nothing.

    Raises:
        ProtocolError: the statement contradicts what is signed and stored here.
    """
    if statement.kind is PayloadKind.VERDICT:
        verdict = cast("decision_pb2.Verdict", statement.message)
        named = [result.transaction_id for result in verdict.results]
        item = _own_item(trip, statement)
        _apply_verdict(trip, statement, verdict, item, spoken, policy)
        effective, code, found = None, "", ""
    else:
        receipts = statement.receipts
        named = [each.transaction_id for each in receipts if each.transaction_id]
        _apply_receipts(trip, statement, receipts, _own_item(trip, statement), spoken)
        told = told_by(receipts)
        effective, code, found = told.effective, told.refusal.code, told.refusal.found
    for each in [*spoken, statement]:
        said = isinstance(each, Statement)
        keep_proof(
            trip,
            each,
            named,
            delivery_sequence,
            effective if said else None,
            code if said else "",
            found if said else "",
        )


def keep_proof(
    trip: Trip,
    each: Verified,
    transaction_ids: Sequence[str],
    delivery_sequence: int,
    effective: bool | None,
    code: str,
    found: str,
) -> None:
    """Stores a verified message, once, with the transactions of this node that it speaks of."""
    if _PROOF.first(trip.db, payload_hash=each.payload_hash) is None:
        PROOFS.insert(
            trip.db,
            ProofRow(
                payload_hash=each.payload_hash,
                message_id=each.header.message_id,
                kind=each.kind,
                node=each.header.sender_node,
                causation_id=each.header.causation_id,
                envelope=each.envelope,
                log_index=each.log_index if isinstance(each, Statement) else None,
                judged_at=to_ms(each.judged_at),
                received_at=trip.now_ms,
                delivery_sequence=delivery_sequence,
                effective=effective,
                code=code,
                found=found,
            ),
        )
    for name in dict.fromkeys(transaction_ids):
        link = ProofTransactionRow(transaction_id=name, payload_hash=each.payload_hash)
        if trip.transaction(name) is None:
            continue
        if _LINK.first(trip.db, transaction_id=name, payload_hash=each.payload_hash) is None:
            PROOF_TRANSACTIONS.insert(trip.db, link)


def _own_item(trip: Trip, statement: Statement) -> ItemRow | None:
    """The own message that a statement decides on, now known to be recorded.

    Raises:
        ProtocolError: the statement is about other bytes than this node ever signed.
    """
    if not statement.header.causation_id:
        return None
    item = items.find_item(trip, statement.header.causation_id)
    if item is None:
        return None
    found = items.recorded(trip, item.message_id, statement.message_hash)
    if found is None:
        raise _contradiction(
            "message_hash", f"names no message {item.message_id} that this node signed"
        )
    return found


# -- verdicts -----------------------------------------------------------------------------------


def _apply_verdict(
    trip: Trip,
    statement: Statement,
    verdict: decision_pb2.Verdict,
    item: ItemRow | None,
    spoken: Sequence[Spoken],
    policy: AcceptancePolicy,
) -> None:
    if item is not None and item.kind in _PROPOSALS:
        _judge_own(trip, statement, verdict, item)
    proposal = _said(spoken, statement, _PROPOSALS)
    if proposal is None:
        return
    results = {each.transaction_id: each for each in reversed(verdict.results)}
    rulings: dict[PayloadKind, dict[str, list[str]]] = {}
    for proposed in _transactions(proposal):
        result = results.get(proposed.transaction_id)
        if result is None:
            continue
        offer = _take_offer(trip, statement, result, proposal, proposed)
        ruling = (
            None if offer is None else _ruled(trip, offer, warnings_of(verdict, result), policy)
        )
        if ruling is not None:
            kind, because = ruling
            rulings.setdefault(kind, {}).setdefault(because, []).append(proposed.transaction_id)
    for kind, by_reason in rulings.items():
        for because, names in by_reason.items():
            answer_all(trip, kind, names, reason=because)


def _judge_own(
    trip: Trip, statement: Statement, verdict: decision_pb2.Verdict, item: ItemRow
) -> None:
    own = items.transactions_of(item)
    if [result.transaction_id for result in verdict.results] != list(own):
        raise _contradiction("results", "are not those of the transactions proposed")
    valid = False
    for result in verdict.results:
        row = trip.transaction(result.transaction_id)
        state = STATES.get(result.state)
        valid = valid or state is not State.INVALIDATED
        if row is None or row.state is not State.PROPOSED:
            continue
        row = _judged(trip, row, statement, result)
        if row.state is State.INVALIDATED:
            trip.release(row)
    items.decided(trip, item, effective=valid, code="", found="")


def _judged(
    trip: Trip,
    row: TransactionRow,
    statement: Statement,
    result: decision_pb2.TransactionVerdict,
) -> TransactionRow:
    """The transaction after its verdict; completion is applied by its receipt."""
    invalid = result.state == decision_pb2.STATE_INVALIDATED
    waits = result.HasField("deadline")
    if not invalid:
        _check_units(row, result)
    return trip.change(
        replace(
            row,
            state=State.INVALIDATED if invalid else State.VALIDATED,
            proposal_hash=statement.message_hash,
            verdict_hash=statement.payload_hash,
            marks=" ".join(result.marks),
            recorded=recorded_of(result),
            deadline=to_ms(moment(result.deadline, "deadline")) if waits else None,
        )
    )


def _check_units(row: TransactionRow, result: decision_pb2.TransactionVerdict) -> None:
    """Compares the units that a verdict speaks of with those proposed.

    Raises:
        ProtocolError: they are not the same.
    """
    proposed = decoded(proposal_pb2.ProposedTransaction, row.proposal)
    if _merged(result.units) != _merged(each for each in proposed.blocks if acts(each)):
        raise _contradiction("units", "are not those of the transaction proposed")
    if _merged(result.transition.units) != _merged(proposed.transition.blocks):
        raise _contradiction("transition.units", "are not those of the transaction proposed")


def _merged(
    units: Iterable[units_pb2.UnitBlock | decision_pb2.RecordedUnits],
) -> dict[str, list[SerialRange]]:
    found: dict[str, list[SerialRange]] = {}
    for each in units:
        found.setdefault(each.registry, []).append(SerialRange(each.first, each.last))
    return {registry: list(merge(ranges)) for registry, ranges in found.items()}


def _take_offer(
    trip: Trip,
    statement: Statement,
    result: decision_pb2.TransactionVerdict,
    proposal: Spoken,
    proposed: proposal_pb2.ProposedTransaction,
) -> TransactionRow | None:
    """Takes what was proposed into the books; returns it where it waits for an answer of this node."""
    identity = trip.identity
    own_proposal = proposal.header.sender_node == identity.node
    # What was invalidated is offered to nobody, also where both registries are this node's own.
    # A transition by the node of both registries is completed at once, too.
    received = (
        proposed.to_registry in identity.registries
        and proposed.to_registry != proposed.from_registry
        and result.HasField("deadline")
    )
    row = trip.transaction(proposed.transaction_id)
    if row is None:
        if not (received or own_proposal):
            return None
        row = transaction_row(trip, proposed, proposed_here=own_proposal, received_here=received)
        row = replace(row, number=TRANSACTIONS.insert(trip.db, row))
        row = _judged(trip, row, statement, result)
    elif not received or row.received_here:
        return None
    else:
        row = trip.change(replace(row, received_here=True))
    return row if received and row.state is State.VALIDATED else None


def _ruled(
    trip: Trip, row: TransactionRow, warnings: tuple[str, ...], policy: AcceptancePolicy
) -> tuple[PayloadKind, str] | None:
    """What the policy answers, and why; None: a person does."""
    decision = decide(
        policy,
        Offer(
            from_registry=row.from_registry,
            quantity=row.quantity,
            to_account=row.to_account,
            to_account_open=trip.open_account(row.to_account),
            warnings=warnings,
        ),
    )
    if decision.ruling is Ruling.ACCEPT:
        return PayloadKind.ACCEPTANCE, ""
    if decision.ruling is Ruling.REJECT:
        return PayloadKind.REJECTION, decision.because
    return None


def warnings_of(
    verdict: decision_pb2.Verdict, result: decision_pb2.TransactionVerdict
) -> tuple[str, ...]:
    """Returns the ids of checks that did not pass but do not invalidate."""
    broken = (decision_pb2.OUTCOME_FAILED, decision_pb2.OUTCOME_INCONCLUSIVE)
    return tuple(
        finding.check_id
        for finding in stated_of(verdict, result).findings
        if finding.severity == decision_pb2.SEVERITY_WARNING and finding.outcome in broken
    )


# -- receipts -----------------------------------------------------------------------------------


def told_by(receipts: Sequence[decision_pb2.Receipt]) -> decision_pb2.Receipt:
    """Which of the receipts on one message says what became of it: it took effect where any part did."""
    return next((each for each in receipts if each.effective), receipts[0])


def _apply_receipts(
    trip: Trip,
    statement: Statement,
    receipts: Sequence[decision_pb2.Receipt],
    item: ItemRow | None,
    spoken: Sequence[Spoken],
) -> None:
    if not receipts:
        raise _contradiction("receipts", "are none")
    # Of a proposal that completed at once, the verdict has decided already.
    if item is not None and item.kind not in _PROPOSALS:
        _decide_item(trip, item, receipts)
    for receipt in receipts:
        if receipt.transaction_id:
            _apply_receipt(trip, statement, receipt, item, spoken)
        else:
            take_notice(trip, statement, receipt, item, spoken)
            take_key(trip, statement, spoken)
            take_reconciliation(trip, statement, receipt, item, spoken)


def _apply_receipt(
    trip: Trip,
    statement: Statement,
    receipt: decision_pb2.Receipt,
    item: ItemRow | None,
    spoken: Sequence[Spoken],
) -> None:
    row = trip.transaction(receipt.transaction_id)
    if row is None:
        # One of many may be named that is not this node's: it took no effect, and concerns others.
        if statement.kind is PayloadKind.RECEIPT_BATCH and not receipt.effective:
            return
        raise ProtocolError(
            Reason.TRANSACTION_UNKNOWN,
            f"nothing is known here of transaction {receipt.transaction_id[:40]!a}",
            transaction_id=receipt.transaction_id[:40],
        )
    if not receipt.effective:
        return
    _check_chain(trip, row, receipt)
    if item is None and spoken:
        _said(spoken, statement, _ANSWERS)
    _move(trip, row, receipt)


def _decide_item(trip: Trip, item: ItemRow, receipts: Sequence[decision_pb2.Receipt]) -> None:
    receipt = told_by(receipts)
    refusal = receipt.refusal
    items.decided(trip, item, effective=receipt.effective, code=refusal.code, found=refusal.found)
    for remark in receipt.remarks:
        # What goes on being so is remarked on every report; a person needs to be told once.
        if _ALARM.first(trip.db, code=remark.code, found=remark.found) is None:
            trip.alarm(remark.code, remark.found)
    for each in receipts:
        if not each.effective:
            # One among many, or whatever the message was about.
            only = each.transaction_id if len(receipts) > 1 else None
            items.undo(trip, item, each.refusal.code, each.refusal.found, only)
    if not receipt.effective or item.kind is not PayloadKind.ACCOUNT_STATEMENT:
        return
    stated = decoded(statements_pb2.AccountStatement, item.body)
    row = trip.account(stated.account_id)
    if row is not None and row.message_id == item.message_id:
        state = AccountState.CLOSED if stated.closed else AccountState.OPEN
        ACCOUNTS.replace(trip.db, replace(row, state=state))


def _check_chain(trip: Trip, row: TransactionRow, receipt: decision_pb2.Receipt) -> None:
    """Compares a receipt with what is signed and stored here of the same transaction."""
    if row.proposal_hash is None:
        item = items.proposing_item(trip, row.transaction_id)
        known = items.versions(trip, item) if item else []
        if receipt.proposal_hash not in {version.payload_hash for version in known}:
            raise _contradiction("proposal_hash", "names no proposal that is stored here")
    elif receipt.proposal_hash != row.proposal_hash:
        raise _contradiction("proposal_hash", "names another proposal than the verdict")
    if row.verdict_hash is not None and receipt.verdict_hash != row.verdict_hash:
        raise _contradiction("verdict_hash", "names another verdict than the one stored here")
    if row.answer_hash is not None and receipt.answer_hash != row.answer_hash:
        raise _contradiction("answer_hash", "names another answer than the one stored here")
    same = (
        receipt.from_registry == row.from_registry
        and receipt.to_registry == row.to_registry
        and receipt.quantity == row.quantity
    )
    if not same:
        raise _contradiction("quantity", "or the registries differ from the proposal")


def _move(trip: Trip, row: TransactionRow, receipt: decision_pb2.Receipt) -> None:
    state = STATES.get(receipt.state)
    if state is None:
        raise _contradiction("state", "is not defined")
    if row.state in FINAL:
        if state is not row.state:
            raise _contradiction(
                "state", f"is {state} after {row.state}: two statements of the broker contradict"
            )
        return
    row = trip.change(
        replace(
            row,
            state=state,
            termination_cause=CAUSES.get(receipt.termination_cause),
            proposal_hash=receipt.proposal_hash,
            verdict_hash=receipt.verdict_hash or row.verdict_hash,
            answer_hash=receipt.answer_hash or None,
            closing_hash=receipt.closing_hash or None,
            marks=" ".join(receipt.marks) if state is State.COMPLETED else row.marks,
            deadline=None if state in FINAL else row.deadline,
        )
    )
    if state is State.COMPLETED:
        settle(trip, row, receipt.restated)
    elif state in FINAL:
        trip.release(row)


def _said(
    spoken: Sequence[Spoken], statement: Statement, kinds: frozenset[PayloadKind]
) -> Spoken | None:
    """What the statement decides on, among what was delivered with it.

    Raises:
        ProtocolError: other bytes were delivered than the broker decided on.
    """
    candidates = [each for each in spoken if each.kind in kinds]
    for each in candidates:
        if each.payload_hash == statement.message_hash:
            return each
    if candidates:
        raise _contradiction("message_hash", "is not that of the message delivered with it")
    return None


def _transactions(proposal: Spoken) -> list[proposal_pb2.ProposedTransaction]:
    if isinstance(proposal.message, proposal_pb2.ProposalBatch):
        return list(proposal.message.transactions)
    return [cast("proposal_pb2.Proposal", proposal.message).transaction]


def _contradiction(where: str, found: str) -> ProtocolError:
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{where} {found}.", where=where)
