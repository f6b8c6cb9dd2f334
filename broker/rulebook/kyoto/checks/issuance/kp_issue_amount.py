# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An assigned amount is what base emissions, percentage and years make."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import issuing, joined, unknown
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    UnitType,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    pieces_of,
)

_WHOLE: Final = 10_000
"""Hundredths of a per cent in a whole."""


def _applies(case: KyotoCase) -> bool:
    return issuing(case) and any(map(_is_aau, pieces_of(case)))


def _is_aau(piece: Piece) -> bool:
    return piece.attributes.unit_type is UnitType.AAU


def _run(case: KyotoCase) -> Failure | None:
    periods = {each.attributes.original_period for each in pieces_of(case) if _is_aau(each)}
    found = [_period(case, period) for period in sorted(periods)]
    return joined([failure for failure in found if failure is not None])


def _period(case: KyotoCase, period: int) -> Failure | None:
    amount, dates = case.assigned.get((case.taker, period)), case.periods.get(period)
    if amount is None or not amount.base_emissions:
        return None
    if dates is None:
        return unknown(f"commitment period {period} is not known, so nor are its years")
    follows = amount.base_emissions * amount.per_myriad * dates.years // _WHOLE
    if amount.quantity == follows:
        return None
    return Failure(
        f"the assigned amount of {case.taker} for commitment period {period} is stated as"
        f" {amount.quantity}; {amount.base_emissions} t at {amount.per_myriad} of {_WHOLE} for"
        f" {dates.years} years make {follows}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISSUE_AMOUNT",
    title="The assigned amount is base emissions times percentage times years, rounded down, where these are told",
    category=KyotoCategory.ISSUANCE,
    citation="Kyoto Protocol Article 3.7; 13/CMP.1 annex paras 5 to 8",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of AAUs against an assigned amount whose base is told",
    remedy="Let the operator state the assigned amount, its base and its percentage as they were reviewed.",
    applies=_applies,
    run=_run,
)
