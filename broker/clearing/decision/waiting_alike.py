# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that a group may complete and that differ only in ids, serials and quantities."""

from __future__ import annotations

from collections.abc import Hashable

from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.world import World
from broker.regime.postings import Booking, Postings, Units


def waiting_key(world: World, row: TransactionRow, postings: Postings) -> Hashable | None:
    """By what a transaction that waits is like others of the group, as the world stands now.

    It has all that `declaring.waiting_case` makes a case of and all that is in the postings, but for the
    transaction's id, its serials and what follows from how many they are, and when the message was made
    that may complete it.

    Args:
        world: The facts of the group.
        row: The transaction.
        postings: What completing it does.

    Returns:
        The key; None: it is more than the move of one live range, or something about its serials may
        matter.
    """
    if not postings.is_one_move or postings.notice_id:
        return None
    if world.notices.bound or world.reconciled.quarantined:
        return None
    move = postings.moves[0]
    units, serials = move.units, move.units.range
    rows = world.units.overlapping(units.registry, serials)
    if len(rows) != 1:
        return None
    held = rows[0]
    if (held.first, held.last, held.locked_by) != (serials.first, serials.last, row.transaction_id):
        return None
    return (
        world.stated_so_far,
        row.proposer_node,
        row.type,
        row.completion,
        row.rulebook,
        row.from_registry,
        row.to_registry,
        row.from_account,
        row.to_account,
        units.registry,
        held.issued_first,
        held.account_id,
        held.state,
        held.moved_by,
        move.from_account,
        move.to_account,
        postings.terms,
        tuple([(each.before, each.after) for each in postings.restates]),
        tuple([name for name, _ in postings.tallies]),
        tuple([_booked(each, units) for each in postings.bookings]),
    )


def _booked(booking: Booking, units: Units) -> Hashable:
    return (
        booking.party,
        booking.year,
        booking.kind,
        booking.metric,
        booking.generation,
        booking.quantity > 0,
        booking.units == units or booking.units,
    )
