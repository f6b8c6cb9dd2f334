# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything a check of the Paris rulebook may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from operator import attrgetter
from typing import ClassVar, Final

from broker.rulebook.general.accounts import AccountType
from broker.rulebook.general.case import Case, ReversedFacts
from broker.rulebook.paris.account_types import ACCOUNT_TYPES
from broker.rulebook.paris.accounts import ParisAccount
from broker.rulebook.paris.approaches import ApproachFacts, ApproachTotals
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.blocks import ParisBlock
from broker.rulebook.paris.bookings import Accounting, PlannedEntry
from broker.rulebook.paris.ended import EndedCers
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.proposal import ParisProposed
from itmo.frozen import quickly_made
from itmo.identifiers import RegistryId
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class ParisReversed(ReversedFacts):
    """The transaction that a reversal names, with what it first transferred and booked."""

    first_transfer: tuple[tuple[RegistryId, SerialRange], ...]
    entries: tuple[PlannedEntry, ...]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ParisCase(Case):
    """What is known of a proposed transaction, of its Parties, and of what they authorized."""

    account_types: ClassVar[Mapping[int, AccountType]] = ACCOUNT_TYPES

    proposed: ParisProposed
    from_account: ParisAccount | None
    to_account: ParisAccount | None
    blocks: tuple[ParisBlock, ...]
    reversed: ParisReversed | None = None
    parties: Mapping[str, PartyFacts]
    approaches: Mapping[str, ApproachFacts]
    """By canonical six-digit id."""
    authorizations: Mapping[tuple[str, str], AuthorizationHistory]
    """By (Party, authorization id)."""
    approach_totals: Mapping[str, ApproachTotals]
    allotment_accounts: Mapping[str, ParisAccount] = field(default_factory=dict)
    """Accounts that allotments name, where they are known."""
    registrations: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """When activities were registered, by cooperative approach and activity."""
    ended_cers: tuple[EndedCers, ...] = ()
    """In a transition: what ends, in the order of the blocks that begin."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class LotCase(ParisCase):
    """And the units of the transaction, cut into lots."""

    lots: tuple[Lot, ...]
    """One lot per stored segment or block to be issued."""
    gap: str
    """Why some of the units are in no lot; empty when every one of them is in a lot. Checks over
    lots are inconclusive while there is a gap, so that no unit passes by being unknown."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCase(LotCase):
    """And what the transaction would book: the most that a check is given."""

    accounting: Accounting


_KNOWN: Final = tuple(each.name for each in fields(ParisCase))
_EVERY: Final = attrgetter(*_KNOWN)


def with_bookings(
    case: ParisCase, lots: tuple[Lot, ...], gap: str, accounting: Accounting
) -> BookingCase:
    """The case with its lots, and with what the transaction would book."""
    known = dict(zip(_KNOWN, _EVERY(case), strict=True))
    return BookingCase(**known, lots=lots, gap=gap, accounting=accounting)
