# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Completion: units move, first transfer is marked, adjustments are booked, all in one decision."""

from __future__ import annotations

from broker.clearing.desk import Desk
from broker.clearing.reversing import mark_reversed
from broker.clearing.rows import EntryRow, IssuedRow, PlannedIssue, TransactionRow
from broker.ledger.overlaps import Place
from broker.ledger.units import UnitRow
from broker.regime.paris.reading import attributes
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.underlying import UnderlyingRange, standing_behind
from itmo.core.v1 import units_pb2
from itmo.lifecycle import Event
from itmo.serials import SerialRange


def settle(
    desk: Desk, row: TransactionRow, *, locked: bool
) -> tuple[TransactionRow, tuple[EntryRow, ...]]:
    """Completes a transaction and does to the ledgers what was fixed when it was validated."""
    row = desk.move(row, Event.COMPLETE)
    postings = desk.world.postings[row.transaction_id]
    units = desk.world.units
    if row.type == TransactionType.ISSUANCE:
        if locked:
            desk.reserve(row.transaction_id, postings, -1)
        for planned in postings.issues:
            _issue(desk, row, planned)
        for part in postings.allotments:
            serials = SerialRange(part.first, part.last)
            units.move(part.registry, serials, row.to_account, part.account_id)
    else:
        mover = row.transaction_id if _reversible(row) else ""
        for registry, serials in postings.blocks:
            if locked:
                units.release(registry, serials, row.transaction_id)
            units.move(registry, serials, row.from_account, row.to_account, mover)
    for registry, serials in postings.first_transfer_undone:
        units.undo_first_transfer(registry, serials)
    if postings.reverses:
        mark_reversed(desk, postings.reverses, row.transaction_id)
    for registry, serials in postings.first_transfer:
        units.mark_first_transferred(registry, serials)
    for name, quantity in postings.tallies:
        desk.world.tallies.add(name, quantity)
    return row, desk.book(row, postings)


def _reversible(row: TransactionRow) -> bool:
    """True for what a reversal can name (REV_FITS_TRANSFER): only there it matters who moved units."""
    return row.type == TransactionType.TRANSFER and row.from_registry != row.to_registry


def planned_attributes(planned: PlannedIssue) -> Attributes:
    """What is stated of a block to come into being."""
    return attributes(units_pb2.UnitAttributes.FromString(planned.attributes), "attributes")


def stored_underlying(row: IssuedRow) -> UnderlyingRange | None:
    """The underlying units behind a block that was issued."""
    if row.underlying_registry is None or row.underlying_series is None:
        return None
    return UnderlyingRange(
        row.underlying_registry,
        row.underlying_series,
        row.underlying_first or 0,
        row.underlying_last or 0,
        row.underlying_step or 1,
    )


def underlying_place(row: IssuedRow) -> Place | None:
    """Where the underlying units behind an issued block lie."""
    behind = stored_underlying(row)
    return (behind.series, behind.first, behind.last) if behind is not None else None


def _issue(desk: Desk, row: TransactionRow, planned: PlannedIssue) -> None:
    stated = planned_attributes(planned)
    behind = standing_behind(stated)
    issued = IssuedRow(
        registry=planned.registry,
        first=planned.first,
        last=planned.last,
        transaction_id=row.transaction_id,
        attributes=planned.attributes,
        underlying_registry=behind.registry if behind else None,
        underlying_series=behind.series_name if behind else None,
        underlying_first=behind.first if behind else None,
        underlying_last=behind.last if behind else None,
        underlying_step=behind.step if behind else None,
    )
    desk.effects.issued.append(issued)
    desk.world.issued[(planned.registry, planned.first)] = (issued, stated)
    if behind is not None:
        desk.world.underlying.append(issued)
    desk.world.units.issue(
        UnitRow(
            registry=planned.registry,
            first=planned.first,
            last=planned.last,
            issued_first=planned.first,
            account_id=row.to_account,
            vintage=planned.vintage,
            authorization_id=planned.authorization_id,
            authorization_version=planned.authorization_version,
            first_transferred=False,
            locked_by=None,
        )
    )
