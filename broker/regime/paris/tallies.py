# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Paris counts: units by authorization and purpose, first transfers by cooperative approach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from broker.ledger.overlaps import Overlaps, Place
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES, PURPOSE_OF_TYPE
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.purposes import Purpose
from itmo.serials import SerialRange

_KEPT: Final = 4_096
"""Names of counts kept as they are written: of what is traded in a day."""


@lru_cache(_KEPT)
def issued(party: str, authorization_id: str) -> str:
    """The count of units issued under an authorization; reserved are those that wait to be."""
    return f"issued:{party}:{authorization_id}"


@lru_cache(_KEPT)
def used(party: str, authorization_id: str, purpose: Purpose) -> str:
    """The count of units used or cancelled for a purpose under an authorization."""
    return f"used:{party}:{authorization_id}:{purpose}"


@lru_cache(_KEPT)
def uses(party: str, authorization_id: str) -> tuple[tuple[Purpose, str], ...]:
    """The counts of units used or cancelled under an authorization, by purpose."""
    return tuple((purpose, used(party, authorization_id, purpose)) for purpose in Purpose)


@lru_cache(_KEPT)
def first_transferred(approach: str) -> str:
    """The count of first transferred units of a cooperative approach."""
    return f"first_transferred:{approach}"


@lru_cache(_KEPT)
def unspent(approach: str) -> str:
    """The count of those that were neither used nor cancelled.

    No count falls below zero, so no more are ever spent than were first transferred.
    """
    return f"unspent:{approach}"


def of_authorization(party: str, authorization_id: str) -> Iterator[str]:
    """Every count of an authorization."""
    yield issued(party, authorization_id)
    for _, counted_so in uses(party, authorization_id):
        yield counted_so


def of_approach(approach: str) -> Iterator[str]:
    """Every count of a cooperative approach."""
    yield first_transferred(approach)
    yield unspent(approach)


# -- as postings ----------------------------------------------------------------------------------


def counted(facts: ParisCase, accounting: Accounting) -> tuple[tuple[str, int], ...]:
    """What a valid transaction adds to the counts once it completes."""
    first = _issued_first if facts.proposed.type is TransactionType.ISSUANCE else _moved_first
    book: defaultdict[str, int] = defaultdict(int)
    for name, quantity in (*_issued(facts), *_used(facts), *first(facts, accounting)):
        book[name] += quantity
    return tuple(sorted([counts for counts in book.items() if counts[1]]))


def reserved(facts: ParisCase) -> tuple[tuple[str, int], ...]:
    """What a valid transaction adds to the counts while it waits."""
    book: defaultdict[str, int] = defaultdict(int)
    for name, quantity in _issued(facts):
        book[name] += quantity
    return tuple(sorted(book.items()))


def _issued(facts: ParisCase) -> Iterator[tuple[str, int]]:
    if facts.proposed.type is not TransactionType.ISSUANCE:
        return
    for block in facts.proposed.blocks:
        stated, serials = block.attributes, block.range
        named = stated.authorization if stated is not None else None
        if stated is not None and serials is not None and named is not None and named.id:
            yield issued(stated.first_transferring_party, named.id), serials.quantity


def _used(facts: ParisCase) -> Iterator[tuple[str, int]]:
    account = facts.to_account
    purpose = None if account is None else PURPOSE_OF_TYPE.get(account.account_type)
    if purpose is None:
        return
    for block in facts.blocks:
        for segment in block.segments:
            named = segment.attributes.authorization
            if named is not None and named.id:
                host = segment.attributes.first_transferring_party
                yield used(host, named.id, purpose), segment.range.quantity


def _issued_first(facts: ParisCase, accounting: Accounting) -> Iterator[tuple[str, int]]:
    """First transfers that an issuance makes, of whole blocks or of what it allots.

    Blocks enter accounts that units can leave; what is cancelled at once was allotted.
    """
    first = Overlaps(_place, accounting.first_transfer)
    ended = Overlaps(_place, _ended_at_once(facts))
    for block in facts.proposed.blocks:
        stated, serials = block.attributes, block.range
        if stated is None or serials is None:
            continue
        gained = spent = 0
        for name, part in first.overlapping(block.registry, serials.first, serials.last):
            gained += part.quantity
            if ended.overlapping(name, part.first, part.last):
                spent += part.quantity
        yield first_transferred(stated.cooperative_approach), gained
        yield unspent(stated.cooperative_approach), gained - spent


def _moved_first(facts: ParisCase, accounting: Accounting) -> Iterator[tuple[str, int]]:
    """First transfers of units that exist, by the pieces in which the rulebook accounts for them."""
    newly = set(accounting.first_transfer)
    spends = facts.to_account is not None and facts.to_account.account_type in FINAL_ACCOUNT_TYPES
    undone = accounting.first_transfer_undone
    taken_back = Overlaps(_place, undone) if undone else None
    for held in (held for block in facts.blocks for held in block.segments):
        serials, approach = held.range, held.attributes.cooperative_approach
        first = (held.registry, serials) in newly
        gained = serials.quantity if first else 0
        spent = serials.quantity if spends and (first or held.first_transferred) else 0
        if taken_back is not None:
            for _, each in taken_back.overlapping(held.registry, serials.first, serials.last):
                shared = each.intersection(serials)
                gained -= shared.quantity if shared else 0
        yield first_transferred(approach), gained
        yield unspent(approach), gained - spent


def _place(named: tuple[str, SerialRange]) -> Place:
    return named[0], named[1].first, named[1].last


def _ended_at_once(facts: ParisCase) -> Iterator[tuple[str, SerialRange]]:
    """Allotments to accounts that none leaves: what of an issued block is cancelled at once."""
    for each in facts.proposed.allotments:
        account = facts.allotment_accounts.get(each.account)
        ends = account is not None and account.account_type in FINAL_ACCOUNT_TYPES
        if ends and each.range is not None:
            yield facts.proposed.to_registry, each.range
