# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Cases: ranges on which books and record differ stay where they are until a person settled it.

What a registry's node states puts units of that registry in quarantine, and nobody else's: a false claim
binds who made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.strangers import takes_part
from broker.clearing.notices.notices import Announced
from broker.clearing.path.received import Received
from broker.clearing.reconciliation.comparing import Difference
from broker.clearing.reconciliation.reconciliation_rows import (
    CaseEvent,
    CaseEventRow,
    CaseRight,
    CaseRow,
    Owner,
    QuarantineRow,
    ReconciliationRow,
)
from broker.regime.refusals import NoEffect
from itmo import limits
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.identifiers import parse_free_text
from itmo.lifecycle import State
from itmo.reasons import Reason
from itmo.serials import SerialRange

_RIGHT: Final = {pb.CaseRight.Value(f"CASE_RIGHT_{each}"): each for each in CaseRight}
_SHOWN: Final = 5
"""Ranges, or transactions, named in one step of a history; the case lists all."""


def found(desk: Desk, row: ReconciliationRow, message_id: str, listed: Sequence[Difference]) -> str:
    """Puts what differs in quarantine, in a case; what lies there already stays in its own.

    Returns:
        The case: a new one where something is new.
    """
    known = _known(desk, row.registry, listed)
    for case_id in sorted(known):
        if case_id != row.case_id:
            _own(desk, case_id, Owner.REGISTRY)
            _note(desk, case_id, CaseEvent.DIFFERS_STILL, message_id, "the books differ still")
    fresh = [rest for each in listed for rest in _not_yet(desk, row.registry, each)]
    room = max(0, limits.MAX_QUARANTINED - _held(desk, row.registry))
    left_out, fresh = fresh[room:], fresh[:room]
    if not fresh:
        return row.case_id or min(known, default="") or _open(desk, row, message_id, [], left_out)
    if row.case_id in desk.world.reconciled.cases and row.case_id not in known:
        _add(desk, row.case_id, row.registry, fresh)
        _own(desk, row.case_id, Owner.REGISTRY)
        text = _told(fresh, left_out)
        _note(desk, row.case_id, CaseEvent.ADDED, message_id, text)
        return row.case_id
    return _open(desk, row, message_id, fresh, left_out)


def _open(
    desk: Desk,
    row: ReconciliationRow,
    case_id: str,
    fresh: Sequence[Difference],
    left_out: Sequence[Difference],
) -> str:
    desk.world.reconciled.cases[case_id] = CaseRow(
        case_id=case_id, registry=row.registry, opened_at=desk.now_ms, owner=Owner.REGISTRY
    )
    desk.effects.reconciled.cases.add(case_id)
    _add(desk, case_id, row.registry, fresh)
    _note(desk, case_id, CaseEvent.OPENED, case_id, _told(fresh, left_out))
    return case_id


def _add(desk: Desk, case_id: str, registry: str, listed: Iterable[Difference]) -> None:
    for each in listed:
        recorded, stated = each.recorded, each.stated
        made = QuarantineRow(
            case_id=case_id,
            books_of=registry,
            registry=each.registry,
            first=each.first,
            last=each.last,
            kind=each.kind.value,
            recorded_account=recorded.part.account_id if recorded else "",
            stated_account=stated.part.account_id if stated else "",
            recorded_class=recorded.part.unit_class if recorded else "",
            stated_class=stated.part.unit_class if stated else "",
        )
        desk.world.reconciled.quarantined.append(made)
        desk.effects.reconciled.quarantined.append(made)


def _known(desk: Desk, registry: str, listed: Iterable[Difference]) -> set[str]:
    """The open cases that have some of what differs."""
    return {row.case_id for each in listed for row in _overlapping(desk, registry, each)}


def _overlapping(desk: Desk, registry: str, each: Difference) -> list[QuarantineRow]:
    rows = desk.world.reconciled.quarantined.overlapping(
        (registry, each.registry), each.first, each.last
    )
    return [row for row in rows if not row.lifted]


def _not_yet(desk: Desk, registry: str, each: Difference) -> Iterator[Difference]:
    """The parts of what differs that are in no open case."""
    rest = [SerialRange(each.first, each.last)]
    for row in _overlapping(desk, registry, each):
        taken = SerialRange(row.first, row.last)
        rest = [left for run in rest for left in run.subtract(taken)]
    for run in rest:
        yield replace(each, first=run.first, last=run.last)


def _held(desk: Desk, registry: str) -> int:
    rows = desk.world.reconciled.quarantined
    return sum(row.books_of == registry and not row.lifted for row in rows)


def trail(
    desk: Desk, row: ReconciliationRow, received: Received, named: Sequence[pb.TrailEntry]
) -> None:
    """Compares transactions that a node has carried out on the units with those of the record."""
    sender, world = received.header.sender_node, desk.world
    unknown = []
    for each in named:
        known = world.transactions.get(each.transaction_id)
        if (
            known is None
            or not takes_part(known, sender)
            or known.state is not State.COMPLETED
            or known.proposal_hash != each.proposal_hash
        ):
            unknown.append(each.transaction_id[:36])
    if unknown:
        _own(desk, row.case_id, Owner.OPERATOR)
        text = (
            f"of {len(named)} transactions that the node has carried out on these units the record does"
            f" not have {_some(unknown)} as completed"
        )
    else:
        text = f"the record has all of {len(named)} transactions that the node has carried out on these units"
    _note(desk, row.case_id, CaseEvent.TRAIL, received.header.message_id, text)


def agree(desk: Desk, registry: str, message_id: str) -> None:
    """Notes that the books of a registry agree: its open cases wait for the operator."""
    for case_id, case in sorted(desk.world.reconciled.cases.items()):
        if case.registry == registry and case.open and case.owner is not Owner.OPERATOR:
            _own(desk, case_id, Owner.OPERATOR)
            text = "books and record are the same again"
            _note(desk, case_id, CaseEvent.AGREES, message_id, text)


def resolve(desk: Desk, received: Received) -> Announced:
    """Settles a case at the word of the operator, and lets its units go; the registry's node hears of it.

    Raises:
        NoEffect, ProtocolError: no such case, settled before, or without saying what was right and why.
    """
    written = cast("pb.CaseResolution", received.payload)
    right = _RIGHT.get(written.right)
    parse_free_text(written.reason, "reason")
    if right is None or not written.reason.strip():
        listed = ", ".join(_RIGHT.values())
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"right: expected one of {listed}; reason: what the review found",
        )
    case = desk.world.reconciled.cases.get(written.case_id)
    if case is None:
        raise NoEffect(Reason.NOT_FOUND, f"there is no case {written.case_id[:36]!a}")
    if not case.open:
        raise NoEffect(Reason.ALREADY_EXISTS, f"case {case.case_id} was resolved before")
    message_id = received.header.message_id
    desk.world.reconciled.cases[case.case_id] = replace(
        case,
        found_right=right,
        reason=written.reason,
        resolved_by=message_id,
        resolved_at=desk.now_ms,
    )
    desk.effects.reconciled.cases.add(case.case_id)
    desk.world.reconciled.lift(case.case_id)
    desk.effects.reconciled.lifted.add(case.case_id)
    text = f"found right: {right.lower()}; {written.reason}"
    _note(desk, case.case_id, CaseEvent.RESOLVED, message_id, text)
    return Announced(frozenset({desk.world.registries[case.registry].node}), notice=False)


def _own(desk: Desk, case_id: str, owner: Owner) -> None:
    case = desk.world.reconciled.cases[case_id]
    if case.owner is not owner:
        desk.world.reconciled.cases[case_id] = replace(case, owner=owner)
        desk.effects.reconciled.cases.add(case_id)


def _note(desk: Desk, case_id: str, event: CaseEvent, message_id: str, text: str) -> None:
    desk.effects.reconciled.events.append(
        CaseEventRow(
            case_id=case_id,
            log_index=desk.world.log_size,
            event=event,
            message_id=message_id,
            at=desk.now_ms,
            found=text,
        )
    )


def _told(listed: Sequence[Difference], left_out: Sequence[Difference]) -> str:
    text = "; ".join(f"{each.text} {each.kind.lower()}" for each in listed[:_SHOWN])
    if len(listed) > _SHOWN:
        text += f"; and {len(listed) - _SHOWN} more ranges"
    if left_out:
        text += (
            f"; {len(left_out)} ranges besides are not held: at most {limits.MAX_QUARANTINED} of one"
            " registry are; suspend it"
        )
    return text


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
