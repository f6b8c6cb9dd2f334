# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The authorization of units not yet first transferred is not revoked."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, concerning, each_lot, not_yet_transferred
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if lot.history is None:
        return terms_missing(lot)
    latest = lot.history.latest
    if not latest.revoked:
        return None
    return Failure(
        f"{letter(latest)} of {latest.date} revokes the authorization, and {units(lot)} were not"
        " first transferred before"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_NOT_REVOKED",
    title="The authorization of units not yet first transferred is not revoked",
    category=ParisCategory.AUTHORIZATION,
    citation="7/CMA.4 synthesis report, para 29; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with authorized units that were not first transferred before",
    remedy="Ask the first transferring Party; units of a revoked authorization cannot move.",
    applies=concerning(not_yet_transferred),
    run=each_lot(_lot, not_yet_transferred),
)
