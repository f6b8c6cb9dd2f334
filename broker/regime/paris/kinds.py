# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that are alike are judged once in what they share: of which that is so, and what is kept.

Alike are transactions of one block, all of it in one live range that nothing stands against, which
agree in all that the outline of a case has (`broker.rulebook.paris.alike`). What is kept is a function
of these facts and of nothing else, so it never has to be thrown away because something changed.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from broker.ledger.tallies import NO_TALLY, Tally
from broker.regime.paris import tallies
from broker.regime.paris.known import counted
from broker.regime.postings import Postings
from broker.regime.regime import Judgement, Known
from broker.rulebook.check import Rules, Shared
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.outline import outline
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.alike import outline_of, with_counts, without_named
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.proposal import ParisProposed

Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """What was found out about transactions that are alike; it is a key itself, and like no other.

    Attributes:
        shared: What checks come to.
        outlined: What the cases of all of them have, but for what they ask for by name.
        lot: The units, as they were in the first of them.
        judgement: What the regime said of the first of them; None: it is one that waits.
        statements: What was stated of all this, which the key has by identity.
    """

    shared: Shared
    outlined: BookingCase
    lot: Lot
    judgement: Judgement | None
    statements: tuple[object, ...]


def key_of(case: Case, asked: Known) -> Key | None:
    """By what a proposed transaction is like others; None where it is like no other.

    Args:
        case: What the engine knows of it.
        asked: What Paris may ask for.
    """
    proposed = cast("ParisProposed", case.proposed)
    if proposed.allotments or len(proposed.blocks) != 1:
        return None
    terms = proposed.first_transfer, proposed.year_of_use, proposed.purpose, proposed.entity
    return _key(case, asked, terms, proposed.blocks[0].attributes)


def key_again(case: Case, postings: Postings, asked: Known) -> Key | None:
    """As `key_of`, of a transaction that waits: also by what was fixed when it was validated.

    Of its terms it has what its postings keep; it issues nothing, so it states no attributes.
    """
    if len(postings.moves) != 1 or len(postings.restates) > 1 or postings.issues:
        return None
    units = postings.moves[0].units
    fixed: list[Hashable] = [postings.terms]
    for each in postings.restates:
        if each.units != units:
            return None
        fixed += [each.before, each.after]
    for booking in postings.bookings:
        if booking.units != units:
            return None
        gains = booking.quantity > 0
        fixed += [booking.party, booking.year, booking.kind, booking.metric, gains]
    return _key(case, asked, *fixed)


def _key(case: Case, asked: Known, *more: Hashable) -> Key | None:
    proposed = case.proposed
    if len(case.blocks) != 1 or len(proposed.blocks) != 1:
        return None
    (facts,), (block,) = case.blocks, proposed.blocks
    if len(facts.segments) != 1 or _special(case, facts):
        return None
    (held,), serials = facts.segments, block.range
    if serials is None or held.range != serials:
        return None
    message = case.message
    return (
        case.now.date(),
        message.sender_node,
        message.sender_registries,
        case.transaction_known,
        case.from_registry,
        case.to_registry,
        case.from_account,
        case.to_account,
        proposed.type,
        proposed.from_account,
        proposed.to_account,
        proposed.from_registry,
        proposed.to_registry,
        proposed.rulebook,
        block.registry,
        block.role,
        block.declared_quantity is None,
        held.registry,
        held.account_id,
        held.account_type,
        held.locked_by is None,
        held.issued_as,
        held.state,
        asked.said().marks,
        *more,
    )


def found_out(
    rules: Rules[BookingCase], facts: BookingCase, judgement: Judgement | None, asked: Known
) -> Alike:
    """What is found out about a kind of transactions by the first of them.

    Args:
        rules: By which they are judged.
        facts: The case of the first of them.
        judgement: What the regime says of it; None: it is one that waits.
        asked: What Paris may ask for.
    """
    outlined = outline_of(facts)
    shared = rules.shared(outlined, facts.now.date())
    (lot,) = facts.lots
    return Alike(shared, without_named(outlined), lot, judgement, asked.said().statements)


def _special(case: Case, block: BlockFacts) -> bool:
    """Whether there is something about a transaction that others do not have."""
    proposed = case.proposed
    return bool(
        proposed.type is TransactionType.ISSUANCE
        or proposed.reverses is not None
        or proposed.begins is not None
        or proposed.deadline is not None
        or proposed.notice_id
        or case.reversed is not None
        or case.named_accounts
        or case.maintenance
        or case.ended
        or block.issued_before
        or block.waiting
        or block.bound
        or block.disputed
    )


def member(
    alike: Alike, case: Case, proposed: ParisProposed, asked: Known, *, waiting: bool
) -> BookingCase:
    """A transaction of a kind that is known, with what tells it from others and little more.

    Hardly any check asks for what was stated or counted besides, or what exactly is booked. For one
    that does, reading it raises one of `UNSEEN`, and the case has to be put together in full.

    Args:
        alike: What is known of its kind.
        case: What the engine knows of it.
        proposed: The transaction as its proposer wrote it, as far as it is known.
        asked: What Paris may ask for.
        waiting: Whether what waits counts.
    """
    (block,), (facts,) = proposed.blocks, case.blocks
    lot, outlined = _lot(alike.lot, facts.segments[0], asked, waiting=waiting), alike.outlined
    return outline(
        BookingCase,
        now=case.now,
        message=case.message,
        proposed=proposed,
        from_registry=outlined.from_registry,
        to_registry=outlined.to_registry,
        from_account=outlined.from_account,
        to_account=outlined.to_account,
        blocks=(outline(ParisBlock, proposed=block, segments=(lot.segment,)),),
        lots=(lot,),
        gap="",
        accounting=outlined.accounting,
    )


def bare_member(
    alike: Alike, now: datetime, message: MessageFacts, proposed: ParisProposed
) -> BookingCase:
    """A transaction of a kind that is known, with nothing but what it and its message say."""
    outlined = alike.outlined
    return outline(
        BookingCase,
        now=now,
        message=message,
        proposed=proposed,
        from_registry=outlined.from_registry,
        to_registry=outlined.to_registry,
    )


def counts(alike: Alike, asked: Known) -> Tally:
    """How many units are issued under the letter of a kind's units; none where they have no letter."""
    name = _letter(alike.lot)
    return NO_TALLY if name is None else asked.tally(tallies.issued(*name))


def counted_outline(alike: Alike, asked: Known, *, waiting: bool) -> BookingCase:
    """What transactions of a kind share, with what `counts` counts of their letter now.

    Args:
        alike: What is known of their kind.
        asked: What Paris may ask for.
        waiting: Whether what waits counts.
    """
    history = _history(alike.lot, asked, waiting=waiting)
    return alike.outlined if history is None else with_counts(alike.outlined, history)


def _letter(first: Lot) -> tuple[str, str] | None:
    letter = first.attributes.authorization
    if first.history is None or letter is None:
        return None
    return first.attributes.first_transferring_party, letter.id


def _history(first: Lot, asked: Known, *, waiting: bool) -> AuthorizationHistory | None:
    """The letter of units as it was stated when their kind was found out, and as it is counted now."""
    name, history = _letter(first), first.history
    if name is None or history is None:
        return history
    return counted(asked, name, history.versions, waiting=waiting)


def _lot(first: Lot, held: Segment, asked: Known, *, waiting: bool) -> Lot:
    """The units of a transaction, where those of another one of its kind are known."""
    return Lot(
        first.block,
        held.registry,
        held.range,
        first.attributes,
        outline(
            ParisSegment,
            registry=held.registry,
            range=held.range,
            account_id=held.account_id,
            account_type=held.account_type,
            locked_by=held.locked_by,
            moved_by=held.moved_by,
        ),
        _history(first, asked, waiting=waiting),
        first.terms,
        first.first_transferred,
        first.giver,
        first.taker,
    )
