# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Parties carry units over, and the CDM registry carries none."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    carrying_over,
)
from itmo.parties import CDM_REGISTRY


def _run(case: KyotoCase) -> Failure | None:
    if case.from_registry is None:
        return unknown("the registry that carries over is not known")
    if case.giver != CDM_REGISTRY:
        return None
    return Failure(
        f"registry {name(case.proposed.from_registry)} is the CDM registry; expected that of a Party"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_REGISTRY",
    title="Units are carried over in a national registry",
    category=KyotoCategory.CARRY_OVER,
    citation="Data Exchange Standards, carry-over",
    code="5301",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs",
    remedy="Carry over in the registry of a Party.",
    applies=carrying_over,
    run=_run,
)
