# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Completion: what was fixed at validation is carried out, all in one decision."""

from __future__ import annotations

from broker.clearing.desk import Desk
from broker.clearing.reversing import mark_reversed
from broker.clearing.rows import EntryRow, IssuedRow, TransactionRow
from broker.ledger.overlaps import Place
from broker.ledger.units import UnitRow
from broker.regime.paris.reading import attributes
from broker.regime.regime import Issue, Postings
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.underlying import UnderlyingRange, standing_behind
from itmo.core.v1 import units_pb2
from itmo.lifecycle import Event


def settle(
    desk: Desk, row: TransactionRow, *, locked: bool
) -> tuple[TransactionRow, tuple[EntryRow, ...]]:
    """Completes a transaction and does to the ledgers what was fixed when it was validated."""
    row = desk.move(row, Event.COMPLETE)
    postings = desk.world.postings[row.transaction_id]
    units = desk.world.units
    if locked:
        desk.release(row.transaction_id)
    for issue in postings.issues:
        _issue(desk, row, issue)
    mover = row.transaction_id if _reversible(desk, row, postings) else ""
    for move in postings.moves:
        units.move(move.units.registry, move.units.range, move.from_account, move.to_account, mover)
    for each in postings.restates:
        units.restate(each.units.registry, each.units.range, each.before, each.after)
    if postings.reverses:
        mark_reversed(desk, postings.reverses, row.transaction_id)
    for name, quantity in postings.tallies:
        desk.world.tallies.add(name, quantity)
    return row, desk.book(row, postings)


def _reversible(desk: Desk, row: TransactionRow, postings: Postings) -> bool:
    """True for what a reversal can name: only there it matters who moved units."""
    taker = desk.world.accounts[row.to_account]
    final = desk.bench.regimes.first.account_types[taker.account_type].final
    return row.two_party and not postings.reverses and not final


def planned_attributes(planned: Issue) -> Attributes:
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


def _issue(desk: Desk, row: TransactionRow, planned: Issue) -> None:
    stated = planned_attributes(planned)
    behind = standing_behind(stated)
    registry, serials = planned.units.registry, planned.units.range
    issued = IssuedRow(
        registry=registry,
        first=serials.first,
        last=serials.last,
        transaction_id=row.transaction_id,
        attributes=planned.attributes,
        underlying_registry=behind.registry if behind else None,
        underlying_series=behind.series_name if behind else None,
        underlying_first=behind.first if behind else None,
        underlying_last=behind.last if behind else None,
        underlying_step=behind.step if behind else None,
    )
    desk.effects.issued.append(issued)
    desk.world.issued[(registry, serials.first)] = (issued, stated)
    if behind is not None:
        desk.world.underlying.append(issued)
    desk.world.units.issue(
        UnitRow(
            registry=registry,
            first=serials.first,
            last=serials.last,
            issued_first=serials.first,
            account_id=planned.to_account,
            state=planned.state,
        )
    )
