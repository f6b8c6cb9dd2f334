# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A first international transfer goes to a Party other than the host."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.looking import lots_first_transferred


def _applies(case: BookingCase) -> bool:
    return case.proposed.type is TransactionType.TRANSFER and bool(case.accounting.first_transfer)


def _run(case: BookingCase) -> Failure | None:
    failures = [
        Failure(
            f"{units(lot)} would be first transferred to {name(lot.taker)}, their host; expected"
            " another Party"
        )
        for lot in lots_first_transferred(case)
        if lot.taker == lot.host
    ]
    return joined(failures, case.gap)


CHECK: Final[Check[BookingCase]] = Check(
    id="FT_INTL_OTHER_PARTY",
    title="A first international transfer goes to a Party other than the host",
    category=ParisCategory.FIRST_TRANSFER,
    citation="secretariat AEF checker, STC04",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="first transfers by international transfer",
    remedy="Name an account of another Party as target.",
    applies=_applies,
    run=_run,
)
