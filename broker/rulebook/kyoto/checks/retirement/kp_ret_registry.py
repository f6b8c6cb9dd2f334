# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Parties retire units, and the CDM registry retires none."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    retiring,
)
from itmo.parties import CDM_REGISTRY


def _run(case: KyotoCase) -> Failure | None:
    if case.from_registry is None:
        return unknown("the registry that retires is not known")
    if case.giver != CDM_REGISTRY:
        return None
    return Failure(
        f"registry {name(case.proposed.from_registry)} is the CDM registry; expected that of a Party"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_RET_REGISTRY",
    title="Units are retired in a national registry",
    category=KyotoCategory.RETIREMENT,
    citation="Data Exchange Standards, retirement",
    code="5251",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="retirements",
    remedy="Transfer the units to a national registry, and retire them there.",
    applies=retiring,
    run=_run,
)
