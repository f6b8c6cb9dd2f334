# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Receipts about books: what they found is kept, and the books are stated as they are then.

A receipt is a snapshot: every delivery before it is in the books, and none after it. So what it asks for
is put together in the transaction in which it is applied, and sent later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from itmo.clock import to_ms
from itmo.core.v1 import decision_pb2
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.payloads import PayloadKind
from registry_node.commands.comparing import case_of, held_of, named, trail_of
from registry_node.commands.stating import stated
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.differing import difference_text
from registry_node.inbox.opening import Spoken, Statement
from registry_node.store.rows import CaseRow, ItemRow, ReconciliationOutcome, ReconciliationRow
from registry_node.store.tables import CASES, RECONCILIATIONS

_OUTCOMES: Final = {
    pb.RECONCILIATION_OUTCOME_AGREED: ReconciliationOutcome.AGREED,
    pb.RECONCILIATION_OUTCOME_DIFFERS: ReconciliationOutcome.DIFFERS,
}
_SHOWN: Final = 3
"""Ranges named in an alarm; `reconcile` lists all."""


def take_reconciliation(
    trip: Trip,
    statement: Statement,
    receipt: decision_pb2.Receipt,
    item: ItemRow | None,
    spoken: Sequence[Spoken],
) -> None:
    """Keeps what a receipt says of the books, or that a case was settled; applied twice, nothing changes."""
    if item is not None and item.kind is PayloadKind.RECONCILIATION_STATEMENT:
        _keep(trip, statement, receipt, item)
        return
    said = next((each for each in spoken if each.payload_hash == statement.message_hash), None)
    if receipt.effective and said is not None and said.kind is PayloadKind.CASE_RESOLUTION:
        _resolve(trip, statement, cast("pb.CaseResolution", said.message))


def asks_for_books(statement: Statement) -> bool:
    """Says whether a statement of the broker is a receipt that asks for more of the books."""
    if statement.kind is not PayloadKind.RECEIPT:
        return False
    return bool(cast("decision_pb2.Receipt", statement.message).reconciliation.stage)


def state_books(trip: Trip, statement: Statement) -> None:
    """Puts together what a receipt asks for next, from the books as they are now."""
    if not asks_for_books(statement):
        return
    receipt = cast("decision_pb2.Receipt", statement.message)
    answer = receipt.reconciliation
    row = named(trip, answer.reconciliation_id)
    if row is None:
        return
    written = stated(
        answer,
        row.registry,
        (receipt.log_index, statement.header.creation_time),
        held_of(trip, row.registry),
        lambda units: trail_of(trip, units),
    )
    if written is not None:
        body = written.SerializeToString()
        RECONCILIATIONS.replace(trip.db, replace(row, next_statement=body))


def _keep(trip: Trip, statement: Statement, receipt: decision_pb2.Receipt, item: ItemRow) -> None:
    written = decoded(pb.ReconciliationStatement, item.body)
    name = written.reconciliation_id or item.message_id
    row = named(trip, name)
    if row is None:
        row = _taken_back(item, written, name)
        RECONCILIATIONS.insert(trip.db, row)
    answer = receipt.reconciliation
    stage = pb.ReconciliationStage.Name(answer.stage).removeprefix("RECONCILIATION_STAGE_")
    row = replace(
        row,
        changed_at=to_ms(statement.header.creation_time),
        log_index=receipt.log_index,
        stage=stage if receipt.effective and answer.stage else "",
        outcome=_OUTCOMES.get(answer.outcome, ReconciliationOutcome.OPEN)
        if receipt.effective
        else ReconciliationOutcome.REFUSED,
        found=receipt.refusal.found,
        case_id=answer.case_id or row.case_id,
        next_statement=b"",
    )
    RECONCILIATIONS.replace(trip.db, row)
    if answer.differences:
        _differ(trip, row, answer)


def _taken_back(item: ItemRow, written: pb.ReconciliationStatement, name: str) -> ReconciliationRow:
    """A reconciliation that this store does not know: it was begun before the store was restored."""
    return ReconciliationRow(
        reconciliation_id=name,
        registry=written.registry,
        begun_at=item.created_at,
        changed_at=item.created_at,
        log_index=0,
        stage="",
        outcome=ReconciliationOutcome.OPEN,
        found="",
        case_id="",
        next_statement=b"",
    )


def _differ(trip: Trip, row: ReconciliationRow, answer: pb.ReconciliationAnswer) -> None:
    known = case_of(trip, answer.case_id)
    found = pb.ReconciliationAnswer()
    if known is None:
        known = CaseRow(
            case_id=answer.case_id,
            registry=row.registry,
            opened_at=row.changed_at,
            differences=b"",
            resolution=b"",
            resolved_at=None,
        )
        CASES.insert(trip.db, known)
    else:
        found = decoded(pb.ReconciliationAnswer, known.differences)
    before = [each.SerializeToString(deterministic=True) for each in found.differences]
    fresh = [
        each
        for each in answer.differences
        if each.SerializeToString(deterministic=True) not in before
    ]
    found.differences.extend(fresh)
    CASES.replace(trip.db, replace(known, differences=found.SerializeToString()))
    if fresh:
        trip.alarm("ID_RECONCILED", _told(row.registry, answer.case_id, fresh))


def _told(registry: str, case_id: str, fresh: Sequence[pb.Difference]) -> str:
    listed = "; ".join(map(difference_text, fresh[:_SHOWN]))
    more = f"; and {len(fresh) - _SHOWN} more" if len(fresh) > _SHOWN else ""
    return (
        f"the books of {registry} and the clearing-house's record differ: {listed}{more}. These units cannot"
        f" move until case {case_id} is resolved; `registry-node reconcile` lists them and says what to do"
    )


def _resolve(trip: Trip, statement: Statement, written: pb.CaseResolution) -> None:
    row = case_of(trip, written.case_id)
    if row is not None and not row.resolution:
        moment = to_ms(statement.header.creation_time)
        settled = replace(row, resolution=written.SerializeToString(), resolved_at=moment)
        CASES.replace(trip.db, settled)
