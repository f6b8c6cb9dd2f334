# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that several checks put to a case."""

from __future__ import annotations

from collections.abc import Iterator

from broker.rulebook.check import Failure
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.rulebook.paris.bookings import PlannedEntry
from broker.rulebook.paris.case import BookingCase, LotCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.years import NdcPeriod
from itmo.serials import SerialRange


def terms_missing(lot: Lot) -> Failure:
    """Inconclusive: the authorization of the lot is not known."""
    return unknown(f"the terms of the authorization of {units(lot)} are not known")


def in_effect(lot: Lot) -> AuthorizationVersion | None:
    """The version that says what may be done with the units now; None: not known.

    The latest one; but a change leaves units alone that were first transferred, as `view` has it.
    """
    if lot.first_transferred or lot.history is None:
        return lot.terms
    return lot.history.latest


def lots_first_transferred(case: BookingCase) -> list[Lot]:
    """Lots that the transaction first transfers, as the accounting has it."""
    if not case.accounting.first_transfer:
        return []
    moved = set(case.accounting.first_transfer)
    return [lot for lot in case.lots if (lot.registry, lot.range) in moved]


def lots_by_range(case: LotCase) -> dict[tuple[str, SerialRange], Lot]:
    """Lots by originating registry and range."""
    return {(lot.registry, lot.range): lot for lot in case.lots}


def bookings(
    case: BookingCase,
) -> Iterator[tuple[PlannedEntry, PartyFacts | None, NdcPeriod | None]]:
    """One entry for each Party and year booked, with the Party and the period the year lies in."""
    seen = set()
    for entry in case.accounting.entries:
        if (entry.party, entry.year) in seen:
            continue
        seen.add((entry.party, entry.year))
        party = case.parties.get(entry.party)
        yield entry, party, None if party is None else party.period_of(entry.year)


def period_missing(entry: PlannedEntry) -> Failure:
    """Inconclusive: nothing is known of the NDC periods of the Party booked."""
    return unknown(
        f"no NDC implementation period of {name(entry.party)} is known,"
        f" so the booking for {number(entry.year)} cannot be judged"
    )


def span(first: int, last: int) -> str:
    """Years, such as 2021-2030."""
    return f"{first}-{last}"
