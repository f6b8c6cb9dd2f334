# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are issued for one period, in which they are valid."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over, pieces_of


def _run(case: KyotoCase) -> Failure | None:
    originals = {piece.attributes.original_period for piece in pieces_of(case)}
    if len(originals) > 1:
        listed = " and ".join(map(str, sorted(originals)))
        return Failure(f"the issuance is for commitment periods {listed}; expected one")
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    stated = piece.attributes
    if stated.original_period == stated.applicable_period > 0:
        return None
    return Failure(
        f"{units(piece)} are issued for commitment period {stated.original_period} and valid in"
        f" {stated.applicable_period}; expected one and the same"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISSUE_PERIOD",
    title="Units are issued for one commitment period and are valid in it",
    category=KyotoCategory.ISSUANCE,
    citation="Data Exchange Standards, issuance",
    code="5005 5006",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances",
    remedy="Issue for one commitment period; units become valid in a later one by carry-over only.",
    applies=issuing,
    run=_run,
)
