# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are converted in the registry that issued them."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import name, units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, converting, over


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    here = case.proposed.from_registry
    if piece.registry == here:
        return None
    return Failure(
        f"{units(piece)} would be converted in registry {name(here)}; expected the registry that"
        f" issued them, {piece.registry}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CONV_ORIGIN",
    title="Units are converted by the Party that issued them",
    category=KyotoCategory.CONVERSION,
    citation="13/CMP.1 annex para 29; conversion in the registry of the United Kingdom",
    code="KP-CONV-ORIGIN",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="conversions",
    remedy="Let the issuing Party convert the units before they are transferred.",
    applies=converting,
    run=_run,
)
