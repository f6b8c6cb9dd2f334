# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that are alike are judged once in what they share: of which that is so, and what is kept.

Alike are transactions of one block, all of it in one live range that nothing stands against, which
agree in all that the outline of a case has (`broker.rulebook.paris.alike`). What is kept is a function
of these facts and of nothing else, so it never has to be thrown away because something changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from broker.regime.paris.known import authorizations, counted, named
from broker.regime.postings import Postings
from broker.regime.regime import Known
from broker.rulebook.check import Shared
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.accounting import like
from broker.rulebook.paris.accounts import ParisAccount
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.proposal import ParisProposed

_KEPT: Final = 4_096
"""Kinds of transactions kept: a few kilobytes each; past it they are found out anew."""

Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """What was found out about transactions that are alike.

    Attributes:
        shared: What checks come to.
        not_after: The day at whose beginning it is too late to complete; None: no such day.
        accounting: What the first of them books.
        lot: The units, as they were in the first of them.
        from_account: As the rulebook has it.
        to_account: The same.
        statements: What was stated of all this, which the key has by identity.
    """

    shared: Shared
    not_after: date | None
    accounting: Accounting
    lot: Lot
    from_account: ParisAccount | None
    to_account: ParisAccount | None
    statements: tuple[object, ...]


class Kinds:
    """Kinds of transactions that were judged."""

    def __init__(self) -> None:
        self._kept: dict[Key, Alike] = {}

    def get(self, key: Key | None) -> Alike | None:
        """What is known of transactions of a kind; None where nothing is, or where it is of no kind."""
        return None if key is None else self._kept.get(key)

    def keep(self, key: Key, alike: Alike) -> None:
        """Keeps what was found out."""
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = alike


def key_of(case: Case, proposed: ParisProposed, asked: Known, *more: Hashable) -> Key | None:
    """By what a transaction is like others; None where it is like no other.

    Args:
        case: What the engine knows of it.
        proposed: The transaction as its proposer wrote it, as far as it is known.
        asked: What Paris may ask for.
        more: What else tells kinds apart.
    """
    if len(case.blocks) != 1 or len(proposed.blocks) != 1:
        return None
    (facts,), (block,) = case.blocks, proposed.blocks
    if len(facts.segments) != 1 or _special(case, proposed, facts):
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
        proposed.first_transfer,
        proposed.year_of_use,
        proposed.purpose,
        proposed.entity,
        block.registry,
        block.role,
        block.attributes,
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


def key_again(case: Case, proposed: ParisProposed, postings: Postings, asked: Known) -> Key | None:
    """As `key_of`, of a transaction that waits: also by what was fixed when it was validated."""
    if len(postings.moves) != 1 or len(postings.restates) > 1:
        return None
    units = postings.moves[0].units
    fixed: list[Hashable] = []
    for each in postings.restates:
        if each.units != units:
            return None
        fixed += [each.before, each.after]
    for booking in postings.bookings:
        if booking.units != units:
            return None
        gains = booking.quantity > 0
        fixed += [booking.party, booking.year, booking.kind, booking.metric, gains]
    return key_of(case, proposed, asked, *fixed)


def found_out(facts: BookingCase, shared: Shared, not_after: date | None, asked: Known) -> Alike:
    """What was found out about a kind of transactions by the first of them."""
    (lot,) = facts.lots
    return Alike(
        shared,
        not_after,
        facts.accounting,
        lot,
        facts.from_account,
        facts.to_account,
        asked.said().statements,
    )


def _special(case: Case, proposed: ParisProposed, block: BlockFacts) -> bool:
    """Whether there is something about a transaction that others do not have."""
    return bool(
        proposed.type is TransactionType.ISSUANCE
        or proposed.reverses is not None
        or proposed.begins is not None
        or proposed.deadline is not None
        or proposed.notice_id
        or proposed.allotments
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
    alike: Alike,
    case: Case,
    proposed: ParisProposed,
    asked: Known,
    accounting: Accounting | None = None,
) -> BookingCase:
    """A transaction of a kind that is known, as the rulebook has it.

    Args:
        alike: What is known of its kind.
        case: What the engine knows of it.
        proposed: The transaction as its proposer wrote it, as far as it is known.
        asked: What Paris may ask for.
        accounting: What it will book, of one that waits; then nothing that waits counts against it.
    """
    (block,), (facts,) = proposed.blocks, case.blocks
    (held,) = facts.segments
    lot = _lot(alike.lot, held, asked, waiting=accounting is None)
    return BookingCase(
        now=case.now,
        message=case.message,
        proposed=proposed,
        transaction_known=case.transaction_known,
        from_registry=case.from_registry,
        to_registry=case.to_registry,
        from_account=alike.from_account,
        to_account=alike.to_account,
        blocks=(ParisBlock(proposed=block, segments=(lot.segment,) if lot.segment else ()),),
        **named(asked),
        authorizations=_Later(lambda: authorizations(case, asked, waiting=accounting is None)),
        lots=(lot,),
        gap="",
        accounting=accounting or like(alike.accounting, lot),
    )


def _lot(first: Lot, held: Segment, asked: Known, *, waiting: bool) -> Lot:
    """The units of a transaction, where those of another one of its kind are known."""
    before, history = first.segment, first.history
    if before is None:
        message = "units that are alike exist"
        raise ValueError(message)
    letter = first.attributes.authorization
    if history is not None and letter is not None:
        name = first.attributes.first_transferring_party, letter.id
        history = counted(asked, name, history.versions, waiting=waiting)
    segment = ParisSegment(
        registry=held.registry,
        range=held.range,
        account_id=held.account_id,
        account_type=held.account_type,
        locked_by=held.locked_by,
        moved_by=held.moved_by,
        issued_as=held.issued_as,
        state=held.state,
        attributes=before.attributes,
        first_transferred=before.first_transferred,
        authorized_at_issuance=before.authorized_at_issuance,
        first_transfers_reversed=before.first_transfers_reversed,
    )
    return Lot(
        first.block,
        held.registry,
        held.range,
        first.attributes,
        segment,
        history,
        first.terms,
        first.first_transferred,
        first.giver,
        first.taker,
    )


class _Later(Mapping[tuple[str, str], AuthorizationHistory]):
    """Authorizations that hardly any check asks for: counted when one does."""

    def __init__(self, count: Callable[[], Mapping[tuple[str, str], AuthorizationHistory]]) -> None:
        self._count = count

    def __getitem__(self, name: tuple[str, str]) -> AuthorizationHistory:
        return self._count()[name]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._count())

    def __len__(self) -> int:
        return len(self._count())
