# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A supplementary transaction type is one of those that go with the type."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
)
from broker.rulebook.kyoto.tables import SUPPLEMENTARY_TYPES


def _applies(case: KyotoCase) -> bool:
    return bool(case.proposed.supplementary_type)


def _run(case: KyotoCase) -> Failure | None:
    kind, code = case.proposed.type, case.proposed.supplementary_type
    if (kind, code) in SUPPLEMENTARY_TYPES:
        return None
    known = sorted(each for of, each in SUPPLEMENTARY_TYPES if of is kind)
    return Failure(
        f"supplementary type {number(code)} does not go with {kind}; expected"
        f" {' or '.join(map(str, known)) or 'none'}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_SUPPLEMENTARY",
    title="A supplementary transaction type goes with the type of the transaction",
    category=Category.UNIT,
    citation="Data Exchange Standards, data integrity; transaction types of the registry of the United Kingdom",
    code="2003",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that state a supplementary type",
    remedy="Leave the supplementary type out, or state one that goes with the transaction type.",
    applies=_applies,
    run=_run,
)
