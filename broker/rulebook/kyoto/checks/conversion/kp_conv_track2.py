# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Under the second track no more is converted than final verifications stand for."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    Track,
)
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    converting,
    pieces_of,
    quantity_of,
)


def _applies(case: KyotoCase) -> bool:
    return converting(case) and case.proposed.track is Track.INDEPENDENTLY_VERIFIED


def _run(case: KyotoCase) -> Failure | None:
    if case.from_registry is None:
        return unknown("the registry that converts is not known, so nor is its Party")
    project = case.proposed.project
    told = case.verifications.get((case.giver, project), ())
    final = sum(each.quantity for each in told if each.final)
    so_far = case.count(counts.converted(case.giver, project, case.proposed.track))
    left = final - so_far.quantity - so_far.reserved
    wanted = quantity_of(pieces_of(case))
    if wanted > left:
        return Failure(
            f"{wanted} units would be converted for project {number(project)} of {case.giver};"
            f" {left} of the {final} that final verifications stand for are left"
        )
    gap = gap_of(case)
    return unknown(f"cannot be judged: {gap}") if gap else None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CONV_TRACK2",
    title="Under track 2 a project has no more ERUs than its final verifications",
    category=KyotoCategory.CONVERSION,
    citation="9/CMP.1 annex; report on joint implementation, verifications that are final",
    code="KP-CONV-TRACK2",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="conversions of track 2",
    remedy="Convert what is left, or wait for a verification to become final.",
    applies=_applies,
    run=_run,
)
