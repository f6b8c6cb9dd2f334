# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both Parties of an external transfer are eligible."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    external,
)
from itmo.parties import CDM_REGISTRY


def _run(case: KyotoCase) -> Failure | None:
    found = []
    for registry in (case.from_registry, case.to_registry):
        if registry is None:
            found.append(unknown("a registry is not known, so nor is its Party"))
        elif registry.party == CDM_REGISTRY:
            continue
        elif registry.party not in case.eligible:
            found.append(unknown(f"whether {registry.party} is eligible is not known"))
        elif not case.eligible[registry.party].eligible:
            found.append(Failure(f"{registry.party} is not eligible for the mechanisms"))
    return joined(found)


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRF_ELIGIBLE",
    title="Both Parties of an external transfer are eligible for the mechanisms",
    category=KyotoCategory.EXTERNAL,
    citation="13/CMP.1 annex para 42",
    code="KP-TRF-ELIGIBLE",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers between Parties; the CDM registry is none",
    remedy="Wait until the Party is eligible again; units may be moved within its registry.",
    applies=external,
    run=_run,
)
