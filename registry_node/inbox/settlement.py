# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Completion in the own ledger: units leave and enter accounts as the broker decided.

What the units are is what the verdict says of them, whatever the proposal states, and of those that
became something else what the receipt says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.reasons import Reason
from itmo.serials import SerialRange
from registry_node.blocks import attributes_of
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.ledger.holdings import Block, Holding, Ledger
from registry_node.proposals.building import parts, registry_of
from registry_node.store.rows import Action, TransactionRow


def recorded_of(result: decision_pb2.TransactionVerdict) -> bytes:
    """What of a verdict is kept to settle by: the units, and those that begin in a transition."""
    kept = decision_pb2.TransactionVerdict(units=result.units)
    if result.transition.units:
        kept.transition.units.extend(result.transition.units)
    return kept.SerializeToString(deterministic=True)


def recorded_units(row: TransactionRow, account_id: str) -> list[Holding]:
    """The units of a validated transaction as the verdict records them, as held in an account."""
    verdict = decoded(decision_pb2.TransactionVerdict, row.recorded)
    return _holdings(verdict.units, account_id)


def _holdings(recorded: Iterable[decision_pb2.RecordedUnits], account_id: str) -> list[Holding]:
    return [
        Holding(
            registry=units.registry,
            first=units.first,
            last=units.last,
            account_id=account_id,
            attributes=attributes_of(units),
            marks=" ".join(units.marks),
            reserved_by=None,
        )
        for units in recorded
    ]


def _entering(
    row: TransactionRow, proposed: proposal_pb2.ProposedTransaction, own: Collection[str]
) -> list[Holding]:
    """The units that enter own accounts: in a transition those that ended, and those that begin."""
    if proposed.HasField("transition"):
        verdict = decoded(decision_pb2.TransactionVerdict, row.recorded)
        ended = proposed.transition.ending_account
        return [
            *(recorded_units(row, ended) if row.from_registry in own else []),
            *(
                _holdings(verdict.transition.units, row.to_account)
                if row.to_registry in own
                else []
            ),
        ]
    if row.to_registry not in own:
        return []
    return _allotted(recorded_units(row, row.to_account), proposed)


def settle(trip: Trip, row: TransactionRow, restated: Iterable[decision_pb2.RecordedUnits]) -> None:
    """Carries out a completed transaction; what does not fit the own records becomes an alarm.

    Units leave and enter first; what the clearing-house restates is so of them afterwards.
    """
    proposed = decoded(proposal_pb2.ProposedTransaction, row.proposal)
    own = trip.identity.registries
    leaving = recorded_units(row, row.from_account)
    changed = {Block(each.registry, SerialRange(each.first, each.last)): each for each in restated}
    ledger = trip.ledger([*map(_block, leaving), *changed], row.transaction_id)
    discrepancies: list[str] = []
    if row.from_registry in own:
        left, discrepancies = _leave(ledger, row, leaving)
        if left:
            trip.instruct(Action.DEBIT, row.transaction_id, row.from_account, left)
    entering = _entering(row, proposed, own)
    for units in entering:
        discrepancies.extend(ledger.credit(units))
    _restate(ledger, changed)
    # The account that the transaction names comes first; others take part of what enters it.
    entering.sort(key=lambda units: (units.account_id != row.to_account, units.account_id))
    for account_id, credited in groupby(entering, lambda units: units.account_id):
        now = [piece for units in credited for piece in ledger.pieces(_block(units))]
        trip.instruct(Action.CREDIT, row.transaction_id, account_id, now)
    ledger.release(row.transaction_id)
    trip.save_ledger(ledger)
    for odd_one in discrepancies:
        trip.alarm(Reason.LEDGER_AUDIT_FAILED, odd_one, transaction_id=row.transaction_id)


def _restate(ledger: Ledger, changed: Mapping[Block, decision_pb2.RecordedUnits]) -> None:
    """Lets units be what the clearing-house says that they are now, as far as they are held here."""
    for block, said in changed.items():
        attributes = attributes_of(said)
        stated = " ".join(said.marks)
        ledger.restate(block, lambda row: replace(row, attributes=attributes, marks=stated))  # noqa: B023  # called at once


def _leave(
    ledger: Ledger, row: TransactionRow, leaving: Sequence[Holding]
) -> tuple[Sequence[Holding], list[str]]:
    """Takes units out of the account that they leave; returns those, and what does not fit.

    Into the account that they leave only units come that were reserved there before, to stand there as
    something else, and units that come into being, of which none leave.
    """
    if row.from_account == row.to_account:
        leaving = [
            piece
            for units in leaving
            for piece in ledger.pieces(_block(units))
            if piece.reserved_by == row.transaction_id
        ]
    discrepancies: list[str] = []
    for units in leaving:
        _, odd = ledger.debit(_block(units), row.from_account, row.transaction_id)
        discrepancies.extend(odd)
    return leaving, discrepancies


def _allotted(
    entering: Iterable[Holding], proposed: proposal_pb2.ProposedTransaction
) -> list[Holding]:
    """Units as they enter accounts; parts may go to other accounts at once."""
    made: list[Holding] = []
    for units in entering:
        rest = [units.serials]
        for part in parts(proposed):
            allotted = SerialRange(part.first, part.last)
            shared = allotted.intersection(units.serials)
            if units.registry != registry_of(part, proposed) or shared is None:
                continue
            made.append(
                replace(units, first=shared.first, last=shared.last, account_id=part.account)
            )
            rest = [left for run in rest for left in run.subtract(allotted)]
        made.extend(replace(units, first=run.first, last=run.last) for run in rest)
    return made


def _block(units: Holding) -> Block:
    return Block(units.registry, units.serials)
