# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An activity that moved to another mechanism issues on one side only for one monitoring period."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import name, number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import issuing_cers
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, activity_of, over


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    host, activity = activity_of(piece)
    move = case.moves.get((host, activity))
    if move is None or move.from_day is None:
        return None
    where = f" as {name(move.moved_to)}" if move.moved_to else ""
    moved = (
        f"activity {name(host)} {number(activity)} issues under Article 6.4{where} for what was monitored"
        f" from {move.from_day} on"
    )
    if case.proposed.monitored is None:
        return Failure(f"{moved}; the issuance states no monitoring period")
    first, last = case.proposed.monitored
    if last < move.from_day:
        return None
    return Failure(f"{moved}; the issuance is for {first} to {last}")


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CDM_MOVED",
    title="An activity that moved to another mechanism issues on one side only for one monitoring period",
    category=KyotoCategory.CDM,
    citation="3/CMA.3 annex para 73",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of CERs, tCERs and lCERs",
    remedy="State a monitoring period that ends before the day from which the activity issues elsewhere.",
    applies=issuing_cers,
    run=_run,
)
