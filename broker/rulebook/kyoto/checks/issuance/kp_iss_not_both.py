# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An activity adds RMUs or takes units away, and never both."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    UnitType,
)
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.effects.of_cancellation import NET_SOURCE
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    cancelling,
    over,
    pieces_of,
)
from broker.rulebook.kyoto.tables import ACTIVITIES


def _applies(case: KyotoCase) -> bool:
    if case.proposed.activity or _for_net_source(case):
        return True
    return issuing(case) and any(
        piece.attributes.unit_type is UnitType.RMU for piece in pieces_of(case)
    )


def _for_net_source(case: KyotoCase) -> bool:
    account = case.to_account
    return cancelling(case) and account is not None and account.account_type == NET_SOURCE


def _run(case: KyotoCase) -> Failure | None:
    activity = case.proposed.activity
    if issuing(case) and not activity:
        return over(case, _issued)
    if not _for_net_source(case):
        return Failure(f"activity {activity} is named, and nothing is cancelled for a net source")
    if activity not in ACTIVITIES:
        expected = ", ".join(map(str, ACTIVITIES))
        return Failure(f"the net source is activity {activity}; expected one of {expected}")
    return over(case, _cancelled)


def _issued(case: KyotoCase, piece: Piece) -> Failure | None:
    stated = piece.attributes
    name = counts.net_source(case.taker, stated.original_period, stated.activity)
    return _against(case, name, stated.original_period, stated.activity, "cancelled")


def _cancelled(case: KyotoCase, piece: Piece) -> Failure | None:
    period, activity = piece.attributes.applicable_period, case.proposed.activity
    name = counts.issued_for(case.giver, period, activity)
    return _against(case, name, period, activity, "issued")


def _against(case: KyotoCase, name: str, period: int, activity: int, done: str) -> Failure | None:
    before = case.count(name)
    if before.quantity + before.reserved == 0:
        return None
    return Failure(
        f"{before.quantity + before.reserved} units were {done} before for activity {activity} in"
        f" commitment period {period}; an activity adds or takes away, and never both"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISS_NOT_BOTH",
    title="No activity of a period both adds RMUs and is cancelled for as a net source",
    category=KyotoCategory.ISSUANCE,
    citation="UNFCCC standard electronic format, net source cancellation; 13/CMP.1 annex para 32",
    code="KP-ISS-NOT-BOTH",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of RMUs, and cancellations for a net source",
    remedy="Name the activity that was a net source, in such a cancellation alone; settle with the operator what it was in the period.",
    applies=_applies,
    run=_run,
)
