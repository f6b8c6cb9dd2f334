# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The host adds also for mitigation outside its NDC."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.looking import lots_first_transferred
from broker.rulebook.paris.lots import Lot


def _applies(case: BookingCase) -> bool:
    return bool(case.accounting.first_transfer)


def _run(case: BookingCase) -> Failure | None:
    booked = {
        (entry.registry, entry.range, entry.party, entry.year)
        for entry in case.accounting.entries
        if entry.kind is EntryKind.FIRST_TRANSFER
    }
    failures = [
        _missing(case, lot)
        for lot in lots_first_transferred(case)
        if (lot.registry, lot.range, lot.host, lot.attributes.vintage) not in booked
    ]
    return joined(failures, case.gap)


def _missing(case: BookingCase, lot: Lot) -> Failure:
    year = lot.attributes.vintage
    party = case.parties.get(lot.host)
    inside = party is not None and party.period_of(year) is not None
    return Failure(
        f"the first transfer of {units(lot)} books nothing for {name(lot.host)} in {number(year)},"
        f" a year {'inside' if inside else 'outside'} its known NDC periods; expected an addition"
        " in either case"
    )


CHECK: Final[Check[BookingCase]] = Check(
    id="CA_OUTSIDE_NDC_TOO",
    title="The host adds also for mitigation outside its NDC",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex para 14",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="first transfers",
    remedy="This is an error of the clearing-house; tell the operator.",
    applies=_applies,
    run=_run,
)
