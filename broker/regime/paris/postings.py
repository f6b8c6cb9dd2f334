# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What completing a valid transaction does to the ledgers, and what of it the rulebook reads again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from broker.ledger.overlaps import Overlaps, Place
from broker.regime.paris.lookups import lookups_of
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import UnitState, issued_as, read_state
from broker.regime.paris.tallies import counted, reserved
from broker.regime.postings import Booking, Issue, Move, Postings, Restate, Units
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.bookings import Accounting, EntryKind, PlannedEntry
from broker.rulebook.paris.case import ParisCase
from itmo.core.v1 import proposal_pb2
from itmo.identifiers import PartyCode, RegistryId
from itmo.serials import SerialRange

_Piece = tuple[str, SerialRange, UnitState]


def postings_of(
    facts: ParisCase, written: proposal_pb2.ProposedTransaction, accounting: Accounting
) -> Postings:
    """What completing a valid transaction does.

    Args:
        facts: By which it was judged.
        written: As its proposer wrote it.
        accounting: What it means in the rulebook's eyes.
    """
    proposed = facts.proposed
    issuing = proposed.type is TransactionType.ISSUANCE
    held = tuple(_issued(facts) if issuing else _held(facts))
    made, undone = accounting.first_transfer, accounting.first_transfer_undone
    return Postings(
        issues=tuple(_issues(facts, written)) if issuing else (),
        moves=tuple(_moves(facts)),
        restates=(
            *_restates(held, undone, UnitState.without_first_transfer),
            *_restates(held, made, UnitState.with_first_transfer),
        ),
        tallies=counted(facts, accounting),
        reserves=reserved(facts),
        bookings=tuple(map(_booking, accounting.entries)),
        reverses=proposed.reverses or "",
        notice_id=proposed.notice_id,
        terms=json.dumps({"entity": proposed.entity}) if proposed.entity else "",
    )


def postings_like(first: Postings, registry: str, serials: SerialRange) -> Postings:
    """What completing a transaction does that is like another one but for its units.

    Args:
        first: What completing the other one does: it moves one range, all of it alike.
        registry: Where the units originate.
        serials: Their numbers.
    """
    units, now, (move,) = Units(registry, serials), serials.quantity, first.moves
    before = move.units.range.quantity
    return Postings(
        moves=(Move(units, move.from_account, move.to_account),),
        restates=tuple([Restate(units, each.before, each.after) for each in first.restates]),
        tallies=tuple([(name, each // before * now) for name, each in first.tallies]),
        bookings=tuple(
            [
                Booking(
                    each.party,
                    each.year,
                    each.quantity // before * now,
                    each.kind,
                    each.metric,
                    units,
                    each.generation,
                )
                for each in first.bookings
            ]
        ),
        terms=first.terms,
    )


def accounting_of(postings: Postings) -> Accounting:
    """What a transaction meant in the rulebook's eyes when it was validated."""
    made: list[tuple[RegistryId, SerialRange]] = []
    undone: list[tuple[RegistryId, SerialRange]] = []
    for each in postings.restates:
        before, after = read_state(each.before), read_state(each.after)
        if before.first_transferred != after.first_transferred:
            units = (RegistryId(each.units.registry), each.units.range)
            (made if after.first_transferred else undone).append(units)
    return Accounting(
        first_transfer=tuple(made),
        entries=tuple(map(_entry, postings.bookings)),
        first_transfer_undone=tuple(undone),
    )


def entity_of(postings: Postings) -> str:
    """Who acts, where an entity does."""
    return json.loads(postings.terms)["entity"] if postings.terms else ""


def _issued(facts: ParisCase) -> Iterator[_Piece]:
    for block in facts.proposed.blocks:
        if block.attributes is not None and block.range is not None:
            yield block.registry, block.range, issued_as(block.attributes)


def _held(facts: ParisCase) -> Iterator[_Piece]:
    for block in facts.blocks:
        for each in block.segments:
            yield each.registry, each.range, read_state(each.state)


def _issues(facts: ParisCase, written: proposal_pb2.ProposedTransaction) -> Iterator[Issue]:
    proposed = facts.proposed
    for block, (registry, serials, state) in zip(written.blocks, _issued(facts), strict=True):
        attributes = block.attributes.paris.SerializeToString()
        yield Issue(
            units=Units(registry, serials),
            to_account=proposed.to_account,
            attributes=attributes,
            state=state.text,
            lookups=lookups_of(stated_attributes(attributes)),
        )


def _moves(facts: ParisCase) -> Iterator[Move]:
    proposed = facts.proposed
    if proposed.type is TransactionType.ISSUANCE:
        for each in proposed.allotments:
            if each.range is not None:
                units = Units(proposed.to_registry, each.range)
                yield Move(units, proposed.to_account, each.account)
        return
    for block in proposed.blocks:
        if block.range is not None:
            units = Units(block.registry, block.range)
            yield Move(units, proposed.from_account, proposed.to_account)


def _restates(
    held: tuple[_Piece, ...],
    ranges: tuple[tuple[RegistryId, SerialRange], ...],
    change: Callable[[UnitState], UnitState],
) -> list[Restate]:
    if not ranges:
        return []
    if ranges == tuple([piece[:2] for piece in held]):  # nearly always, and soon said
        return [
            Restate(Units(registry, serials), state.text, change(state).text)
            for registry, serials, state in held
        ]
    pieces = Overlaps(_place, held)
    return [
        Restate(Units(registry, shared), state.text, change(state).text)
        for registry, serials in ranges
        for _, whole, state in pieces.overlapping(registry, serials.first, serials.last)
        if (shared := whole.intersection(serials)) is not None
    ]


def _place(piece: _Piece) -> Place:
    return piece[0], piece[1].first, piece[1].last


def _booking(entry: PlannedEntry) -> Booking:
    return Booking(
        party=entry.party,
        year=entry.year,
        quantity=entry.quantity,
        kind=entry.kind.value,
        metric=entry.metric,
        units=Units(entry.registry, entry.range),
        generation=entry.generation,
    )


def _entry(booking: Booking) -> PlannedEntry:
    return PlannedEntry(
        party=PartyCode(booking.party),
        year=booking.year,
        quantity=booking.quantity,
        kind=EntryKind(booking.kind),
        metric=booking.metric,
        registry=RegistryId(booking.units.registry),
        range=booking.units.range,
        generation=booking.generation,
    )
