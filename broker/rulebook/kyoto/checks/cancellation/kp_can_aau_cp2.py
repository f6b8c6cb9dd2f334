# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Article 3.7ter or more ambition asks for is cancelled in AAUs of the second period."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    UnitType,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    cancelling,
    over,
)

_TARGETS: Final = frozenset({270, 280})
_SOURCE: Final = 100
_PERIOD: Final = 2


def _applies(case: KyotoCase) -> bool:
    account = case.to_account
    return cancelling(case) and account is not None and account.account_type in _TARGETS


def _run(case: KyotoCase) -> Failure | None:
    source = case.from_account
    if source is None:
        return unknown("the type of the source account is not known")
    if source.account_type != _SOURCE:
        return Failure(
            f"the units would leave account {source.account_id} of type {source.account_type};"
            f" expected {_SOURCE} (Party holding)"
        )
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    are = piece.attributes
    if are.unit_type is UnitType.AAU and are.original_period == _PERIOD:
        return None
    named = are.unit_type.title if are.unit_type else "of no type"
    return Failure(
        f"{units(piece)} are {named} of commitment period {are.original_period}; expected AAUs of"
        f" period {_PERIOD}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CAN_AAU_CP2",
    title="Into accounts 270 and 280 go AAUs of the second period out of a Party holding account",
    category=KyotoCategory.CANCELLATION,
    citation="1/CMP.8; cancellations in the registry of the United Kingdom",
    code="KP-CAN-AAU-CP2",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="cancellations under Article 3.7ter and for an increase of ambition",
    remedy="Cancel AAUs of the second period from an account of type 100.",
    applies=_applies,
    run=_run,
)
