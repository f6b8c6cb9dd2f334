# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AAUs and RMUs are converted, and nothing else."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import CONVERTED
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, converting, over


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    kind = piece.attributes.unit_type
    if kind in CONVERTED:
        return None
    named = kind.title if kind else "of no type"
    return Failure(f"{units(piece)} are {named} and would be converted; expected AAU or RMU")


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CONV_UNITS",
    title="Only AAUs and RMUs become ERUs",
    category=KyotoCategory.CONVERSION,
    citation="13/CMP.1 annex para 29; UNFCCC standard electronic format",
    code="KP-CONV-TYPE",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="conversions",
    remedy="Convert AAUs, or RMUs, that the Party issued.",
    applies=converting,
    run=_run,
)
