# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units for NDC and other purposes are first transferred by whichever event comes first."""

from __future__ import annotations

from functools import partial
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import units
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.first_transfer import OTHER_PURPOSE_ACCOUNTS, OTHER_PURPOSES
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, over
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from itmo.serials import SerialRange


def _dual(lot: Lot) -> bool:
    if not authorized(lot) or lot.terms is None:
        return False
    purposes = lot.terms.purposes
    return Purpose.NDC in purposes and not OTHER_PURPOSES.isdisjoint(purposes)


def _run(case: BookingCase) -> Failure | None:
    booked = frozenset(case.accounting.first_transfer)
    return over(case, partial(_lot, booked), _dual)


def _lot(booked: frozenset[tuple[str, SerialRange]], case: BookingCase, lot: Lot) -> Failure | None:
    terms = lot.terms
    if terms is None or terms.definition is None:
        return unknown(f"what first transfers {units(lot)} is not defined")
    happens = _event(case, lot, terms.definition)
    expected = happens and not lot.first_transferred
    is_booked = (lot.registry, lot.range) in booked
    claim = case.proposed.first_transfer
    if is_booked == expected and claim in {None, expected}:
        return None
    if lot.first_transferred:
        why = "an earlier event first transferred them"
    elif happens:
        why = "no earlier event did so"
    else:
        why = "this transaction is none of the events that count"
    is_one = "is the" if expected else "is not the"
    return Failure(f"this transaction {is_one} first transfer of {units(lot)}, since {why}")


def _event(case: BookingCase, lot: Lot, definition: FirstTransferDefinition) -> bool:
    kind, account = case.proposed.type, case.to_account
    at_use = definition is FirstTransferDefinition.USE_OR_CANCELLATION
    if kind is TransactionType.ISSUANCE:
        return not at_use or lot.allotment is not None
    if kind is TransactionType.TRANSFER:
        return lot.international
    return at_use and account is not None and account.account_type in OTHER_PURPOSE_ACCOUNTS


CHECK: Final[Check[BookingCase]] = Check(
    id="FT_DUAL_EARLIEST",
    title=("Units for NDC and other purposes are first transferred by whichever event comes first"),
    category=ParisCategory.FIRST_TRANSFER,
    citation="GS/Verra workbook, note on row 7; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with units authorized both for NDC use and for other purposes",
    remedy=(
        "Claim first transfer for the earliest event only; what follows is a plain transfer or use."
    ),
    applies=concerning(_dual),
    run=_run,
)
