# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are carried over out of a holding account."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    carrying_over,
)

_HOLDING: Final = frozenset({100, 120, 121})


def _run(case: KyotoCase) -> Failure | None:
    source = case.from_account
    if source is None:
        return unknown("the type of the source account is not known")
    if source.account_type in _HOLDING:
        return None
    return Failure(
        f"the source account {source.account_id} has type {source.account_type}; expected 100, 120"
        " or 121"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_SOURCE",
    title="Units that are carried over are in a holding account",
    category=KyotoCategory.CARRY_OVER,
    citation="Data Exchange Standards, carry-over",
    code="5302",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs",
    remedy="Carry over from an account of type 100, 120 or 121.",
    applies=carrying_over,
    run=_run,
)
