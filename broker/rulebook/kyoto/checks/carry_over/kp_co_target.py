# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AAUs that are carried over enter the surplus reserve; CERs and ERUs stay where they are."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    UnitType,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    carrying_over,
    over,
)

_RESERVE: Final = 130


def _run(case: KyotoCase) -> Failure | None:
    if case.to_account is None:
        return unknown("the type of the target account is not known")
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    stated, target = case.proposed, case.to_account
    kind = piece.attributes.unit_type
    if kind is UnitType.AAU:
        if target is not None and target.account_type == _RESERVE:
            return None
        return Failure(
            f"{units(piece)} are AAUs and would be carried over into account"
            f" {name(stated.to_account)}; expected one of type {_RESERVE}"
        )
    if stated.from_account == stated.to_account:
        return None
    return Failure(
        f"{units(piece)} are {kind.title if kind else 'of no type'} and would leave their account;"
        " expected the same account as source and target"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_TARGET",
    title="AAUs that are carried over enter an account of type 130; CERs and ERUs stay in their account",
    category=KyotoCategory.CARRY_OVER,
    citation="1/CMP.8 paras 23 to 26; carry-over in the registry of the United Kingdom",
    code="KP-CO-TARGET REG-2013",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs",
    remedy="Carry AAUs over into the previous period surplus reserve; for CERs and ERUs name their account twice.",
    applies=carrying_over,
    run=_run,
)
