# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Completion: what was fixed at validation is carried out, all in one decision."""

from __future__ import annotations

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import EntryRow, IssuedRow, LookupRow, TransactionRow
from broker.clearing.transactions.reversing import mark_reversed, transfers
from broker.ledger.overlaps import Place
from broker.ledger.units import UnitRow
from broker.regime.postings import Issue, Postings
from broker.regime.regime import Found
from itmo.lifecycle import Event


def settle(
    desk: Desk, row: TransactionRow, *, locked: bool, accepted: bytes | None = None
) -> tuple[TransactionRow, tuple[EntryRow, ...]]:
    """Completes a transaction and does to the ledgers what was fixed when it was validated.

    Args:
        desk: Where it is decided.
        row: The transaction.
        locked: Whether it waited, and has locked its units.
        accepted: The hash of the acceptance that completes it; None: it was accepted before, or
            nobody had to.
    """
    if accepted is None:
        row = desk.move(row, Event.COMPLETE)
    else:
        row = desk.move(row, Event.ACCEPT, Event.COMPLETE, answer_hash=accepted)
    postings = desk.world.postings[row.transaction_id]
    # Only what can be reversed is remembered as that which moved units.
    mover = row.transaction_id if row.two_party and transfers(desk, row) else ""
    if locked and postings.is_one_move:
        (move,) = postings.moves
        desk.world.units.hand_over(
            move.units.registry,
            move.units.range,
            (move.from_account, move.to_account),
            row.transaction_id,
            mover,
            next(((each.before, each.after) for each in postings.restates), None),
        )
    else:
        _post(desk, row, postings, mover, locked=locked)
    for name, quantity in postings.tallies:
        desk.world.tallies.add(name, quantity)
    return row, desk.book(row, postings)


def _post(desk: Desk, row: TransactionRow, postings: Postings, mover: str, *, locked: bool) -> None:
    units = desk.world.units
    if locked:
        desk.release(row.transaction_id)
    for issue in postings.issues:
        _issue(desk, row, issue, row.rulebook)
    begins = postings.begins
    if begins is not None:
        for issue in begins.postings.issues:
            _issue(desk, row, issue, begins.rulebook)
        for name, quantity in begins.postings.tallies:
            desk.world.tallies.add(name, quantity)
    for move in postings.moves:
        units.move(move.units.registry, move.units.range, move.from_account, move.to_account, mover)
    for each in postings.restates:
        units.restate(each.units.registry, each.units.range, each.before, each.after)
    if postings.reverses:
        mark_reversed(desk, postings.reverses, row.transaction_id)


def place_of(found: Found) -> Place:
    """Where a block lies among those that are found by its numbers."""
    lookup = found.lookup
    return (lookup.space, lookup.name), lookup.low, lookup.high


def _issue(desk: Desk, row: TransactionRow, issue: Issue, rulebook: str) -> None:
    registry, serials = issue.units.registry, issue.units.range
    issued = IssuedRow(
        registry=registry,
        first=serials.first,
        last=serials.last,
        transaction_id=row.transaction_id,
        rulebook=rulebook,
        attributes=issue.attributes,
    )
    desk.effects.issued.append(issued)
    desk.world.issued[(registry, serials.first)] = issued
    for each in issue.lookups:
        desk.world.found.append(Found(each, issue.units, issue.attributes))
        desk.effects.lookups.append(
            LookupRow(each.space, each.name, each.low, each.high, registry, serials.first)
        )
    desk.world.units.issue(
        UnitRow(
            registry=registry,
            first=serials.first,
            last=serials.last,
            issued_first=serials.first,
            account_id=issue.to_account,
            state=issue.state,
        )
    )
