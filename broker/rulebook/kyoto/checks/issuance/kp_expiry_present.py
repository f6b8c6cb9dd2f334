# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Temporary units have a date of expiry, and tCERs the one of their period."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import WITH_EXPIRY, UnitType
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over, pieces_of


def _applies(case: KyotoCase) -> bool:
    return issuing(case) and any(p.attributes.unit_type in WITH_EXPIRY for p in pieces_of(case))


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    stated, today = piece.attributes, case.now.date()
    if stated.unit_type not in WITH_EXPIRY:
        return None
    if stated.expiry is None:
        return Failure(f"{units(piece)} are {stated.unit_type.title}s without a date of expiry")
    if case.proposed.opening:
        return None  # what an archive brings in may have expired long ago, or on another day
    if stated.expired(today):
        return Failure(
            f"{units(piece)} are {stated.unit_type.title}s that expired on {stated.expiry}; today is"
            f" {today}, expected units that still count"
        )
    # A period that was never stated has no end; the date that the units say stays as it is.
    following = case.periods.get(stated.original_period + 1)
    if stated.unit_type is not UnitType.TEMPORARY_CER or following is None:
        return None
    if stated.expiry == following.last_day:
        return None
    return Failure(
        f"{units(piece)} are tCERs of commitment period {stated.original_period} that expire on"
        f" {stated.expiry}; expected {following.last_day}, the last day of the next period"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_EXPIRY_PRESENT",
    title="A temporary unit has a date of expiry; that of a tCER is the end of the period after its own",
    category=KyotoCategory.ISSUANCE,
    citation="5/CMP.1 annex",
    code="KP-EXPIRY-PRESENT 2021",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of tCERs and lCERs",
    remedy="State the date of expiry; that of tCERs is the last day of the next commitment period.",
    applies=_applies,
    run=_run,
)
