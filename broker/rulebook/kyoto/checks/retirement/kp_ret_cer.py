# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party retires CERs if it may use them."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    CERS,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    pieces_of,
    retiring,
)


def _applies(case: KyotoCase) -> bool:
    return retiring(case) and any(piece.attributes.unit_type in CERS for piece in pieces_of(case))


def _run(case: KyotoCase) -> Failure | None:
    said = case.eligible.get(case.giver)
    if said is None:
        return unknown("whether the Party may use CERs is not known")
    if said.cers:
        return None
    return Failure(f"{case.giver} may not use CERs for compliance")


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_RET_CER",
    title="A Party retires CERs, tCERs and lCERs if it may use them",
    category=KyotoCategory.RETIREMENT,
    citation="13/CMP.1 annex para 42",
    code="KP-RET-CER",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="retirements of CERs, tCERs and lCERs",
    remedy="Retire other units, or wait until the Party may use CERs.",
    applies=_applies,
    run=_run,
)
