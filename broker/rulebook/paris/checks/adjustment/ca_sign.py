# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Hosts add and users subtract; for other indicators the other way round."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.wording import name, number, serials
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, booking


def _run(case: BookingCase) -> Failure | None:
    failures = []
    for entry in case.accounting.entries:
        host = entry.kind is EntryKind.FIRST_TRANSFER
        positive = host == (entry.metric == "GHG")  # a reversal takes what a host was given
        if entry.quantity == 0 or (entry.quantity > 0) != positive:
            failures.append(
                Failure(
                    f"{entry.kind} of {serials(entry.registry, entry.range)} books"
                    f" {number(entry.quantity)} {name(entry.metric)} for {name(entry.party)};"
                    f" expected {'an addition' if positive else 'a subtraction'}"
                )
            )
    return joined(failures)


CHECK: Final[Check[BookingCase]] = Check(
    id="CA_SIGN",
    title="Hosts add and users subtract; for other indicators the other way round",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex paras 8, 9, 10",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that book an adjustment",
    remedy=(
        "Name what is not measured in greenhouse gases otherwise than GHG; anything else is an error"
        " of the clearing-house: tell the operator."
    ),
    applies=booking,
    run=_run,
)
