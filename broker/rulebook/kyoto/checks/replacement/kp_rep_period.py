# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units replace others in the period in which they are valid."""

from __future__ import annotations

from functools import partial
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over, replacing


def _run(case: KyotoCase) -> Failure | None:
    if case.to_account is None:
        return unknown("the replacement account is not known, so nor is its commitment period")
    return over(case, partial(_piece, case.to_account.period))


def _piece(period: int, case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    valid = piece.attributes.applicable_period
    if valid == period:
        return None
    return Failure(
        f"{units(piece)} are valid in commitment period {valid}; the account is of period {period}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_PERIOD",
    title="Units enter a replacement account of the period in which they are valid",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-PERIOD",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements",
    remedy="Replace into the account of the applicable commitment period.",
    applies=replacing,
    run=_run,
)
