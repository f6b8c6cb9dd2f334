# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AAUs and RMUs are converted, RMUs for projects of land use alone."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import number, units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    NATIONAL,
    UnitType,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    converting,
    over,
)


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    kind = piece.attributes.unit_type
    if kind not in NATIONAL:
        named = kind.title if kind else "of no type"
        return Failure(
            f"{units(piece)} are {named} and would be converted; expected AAU or RMU",
            piece.attributes.changed_by,
        )
    project = case.projects.get((case.giver, case.proposed.project))
    if kind is not UnitType.RMU or project is None or project.land_use:
        return None
    return Failure(
        f"{units(piece)} are RMUs and project {number(case.proposed.project)} is not one of land"
        " use; expected AAUs"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CONV_UNITS",
    title="Only AAUs and RMUs become ERUs, RMUs for a project of land use alone",
    category=KyotoCategory.CONVERSION,
    citation="13/CMP.1 annex para 29; UNFCCC standard electronic format",
    code="KP-CONV-TYPE",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="conversions",
    remedy="Convert AAUs that the Party issued, or RMUs for a project of land use.",
    applies=converting,
    run=_run,
)
