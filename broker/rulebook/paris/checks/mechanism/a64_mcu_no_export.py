# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Mitigation contribution units stay with their host, and serve no other Party's NDC or purpose."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, concerning, each_lot
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.mechanism import CONTRIBUTION
from broker.rulebook.paris.purposes import Purpose


def _contribution(lot: Lot) -> bool:
    return lot.attributes.unit_type in CONTRIBUTION


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    if lot.segment is not None and lot.international:
        return _told(lot, f"go from {name(lot.giver)} to {name(lot.taker)}")
    account = case.to_account
    purpose = PURPOSE_OF_TYPE.get(account.account_type) if account is not None else None
    if purpose is Purpose.NDC and lot.taker != lot.host:
        return _told(lot, f"are used towards the NDC of {name(lot.taker)}")
    if purpose in {Purpose.IMP, Purpose.OP}:
        return _told(lot, f"serve other international mitigation purposes ({purpose})")
    return None


def _told(lot: Lot, what: str) -> Failure:
    return Failure(
        f"{units(lot)} are mitigation contribution units of {name(lot.host)}, which would {what};"
        " expected that only authorized units do"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="A64_MCU_NO_EXPORT",
    title="Units without authorization are neither exported nor used for other purposes",
    category=ParisCategory.MECHANISM,
    citation="3/CMA.3 annex para 43; 7/CMA.4 annex I para 29(b)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with mitigation contribution units",
    remedy=("Have the host authorize the units first, or keep them for domestic purposes."),
    applies=concerning(_contribution),
    run=each_lot(_lot, _contribution),
)
