# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ERUs come from AAUs or RMUs of their period."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over

_ERUS: Final = frozenset({UnitType.ERU_FROM_AAU, UnitType.ERU_FROM_RMU})


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    kind = piece.attributes.unit_type
    if kind is None or kind not in _ERUS:
        return None
    return Failure(
        f"{units(piece)} would be issued as {kind.title}; expected AAUs or"
        " RMUs of the period, which become ERUs by conversion"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CONV_PERIOD",
    title="ERUs come into being by conversion of AAUs or RMUs of their period, and never by issuance",
    category=KyotoCategory.CONVERSION,
    citation="13/CMP.1 annex para 29; report on joint implementation, ERUs of a later period",
    code="KP-CONV-PERIOD",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances; a conversion leaves the period as it is",
    remedy="Issue AAUs or RMUs of the period and convert them.",
    applies=issuing,
    run=_run,
)
