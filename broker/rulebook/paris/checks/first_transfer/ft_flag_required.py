# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is claimed about first transfer is what the rulebook finds."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import always, unknown
from broker.rulebook.general.wording import number
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized
from broker.rulebook.paris.looking import terms_missing


def _run(case: BookingCase) -> Failure | None:
    claim = case.proposed.first_transfer
    if claim is None:
        return None
    if case.gap:
        return unknown(f"cannot be judged: {case.gap}")
    for lot in case.lots:
        if authorized(lot) and lot.terms is None:
            return terms_missing(lot)
    moved = sum(serials.quantity for _, serials in case.accounting.first_transfer)
    total = sum(lot.quantity for lot in case.lots)
    if moved == (total if claim else 0):
        return None
    return Failure(
        f"the proposal says that it is {'a' if claim else 'no'} first transfer; by their"
        f" authorizations it first transfers {number(moved)} of its {number(total)} units"
    )


CHECK: Final[Check[BookingCase]] = Check(
    id="FT_FLAG_REQUIRED",
    title="What is claimed about first transfer is what the rulebook finds",
    category=ParisCategory.FIRST_TRANSFER,
    citation="7/CMA.4 annex I para 36; checks STC04, IP03",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction; where nothing is claimed it passes",
    remedy=(
        "Correct the claim or leave it out; where only some units are first transferred, "
        "split them off."
    ),
    applies=always,
    run=_run,
)
