# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that several checks put to a case."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from broker.rulebook.check import Case, Failure
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.rulebook.paris.bookings import PlannedEntry
from broker.rulebook.paris.judging import unknown
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.wording import name, number, serials, units
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


def proposed_overlap(case: Case) -> tuple[str, SerialRange, SerialRange] | None:
    """Two blocks of the proposal that share a serial, with their originating registry."""
    ranges = sorted(
        (block.proposed.registry, wanted.first, wanted.last)
        for block in case.facts.blocks
        if (wanted := block.proposed.range) is not None
    )
    for (registry, first, last), (other, start, end) in pairwise(ranges):
        # Until the first overlap the ranges are disjoint, so neighbours are enough.
        if registry == other and start <= last:
            return registry, SerialRange(first, last), SerialRange(start, end)
    return None


def overlap_found(overlap: tuple[str, SerialRange, SerialRange]) -> str:
    """Says which two blocks overlap."""
    registry, one, two = overlap
    return (
        f"two blocks of the proposal share serials: {serials(registry, one)} and"
        f" {serials(registry, two)}; expected each serial once"
    )


def lots_first_transferred(case: Case) -> list[Lot]:
    """Lots that the transaction first transfers, as the accounting has it."""
    if not case.accounting.first_transfer:
        return []
    moved = set(case.accounting.first_transfer)
    return [lot for lot in case.lots if (lot.registry, lot.range) in moved]


def lots_by_range(case: Case) -> dict[tuple[str, SerialRange], Lot]:
    """Lots by originating registry and range."""
    return {(lot.registry, lot.range): lot for lot in case.lots}


def bookings(case: Case) -> Iterator[tuple[PlannedEntry, PartyFacts | None, NdcPeriod | None]]:
    """One entry for each Party and year booked, with the Party and the period the year lies in."""
    seen = set()
    for entry in case.accounting.entries:
        if (entry.party, entry.year) in seen:
            continue
        seen.add((entry.party, entry.year))
        party = case.facts.parties.get(entry.party)
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
