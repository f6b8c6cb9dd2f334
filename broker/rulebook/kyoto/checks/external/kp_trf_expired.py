# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A temporary unit that expired is cancelled, and nothing else."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over

_CANCELS: Final = range(210, 300)
"""Types of accounts of cancellation; units of a national registry enter some of them by transfer."""


def _applies(case: KyotoCase) -> bool:
    kind = case.proposed.type
    if kind is TransactionType.TRANSFER:
        target = case.to_account
        return target is None or target.account_type not in _CANCELS
    return kind in {
        TransactionType.RETIREMENT,
        TransactionType.CARRY_OVER,
        TransactionType.EXPIRY_DATE_CHANGE,
    }


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    if not piece.attributes.expired(case.now.date()):
        return None
    return Failure(
        f"{units(piece)} expired on {piece.attributes.expiry}; today is {case.now.date()}, and"
        " expired units are cancelled"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRF_EXPIRED",
    title="A tCER or lCER that expired only enters an account of cancellation",
    category=KyotoCategory.EXTERNAL,
    citation="5/CMP.1 annex",
    code="KP-TRF-EXPIRED",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers but into accounts of cancellation, retirements, carry-overs and changes of the date of expiry",
    remedy="Cancel the units.",
    applies=_applies,
    run=_run,
)
