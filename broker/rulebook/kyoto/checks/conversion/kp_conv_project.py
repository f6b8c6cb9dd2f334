# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A conversion names a known project of joint implementation, and its track."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    Mechanism,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    converting,
)


def _run(case: KyotoCase) -> Failure | None:
    stated = case.proposed
    if case.from_registry is None:
        return unknown("the registry that converts is not known, so nor is its Party")
    if stated.track is None:
        return Failure("the conversion names no track; expected 1 or 2")
    if not stated.project:
        return Failure(
            f"the conversion names no project; expected one of {case.giver} and its number"
        )
    named = f"project {number(stated.project)} of {case.giver}"
    project = case.projects.get((case.giver, stated.project))
    if project is None:
        return Failure(f"{named} is not known to the clearing-house")
    if project.mechanism is not Mechanism.JOINT_IMPLEMENTATION:
        return Failure(f"{named} is not one of joint implementation")
    if project.track in (None, stated.track):
        return None
    return Failure(f"{named} is of track {project.track:d}; the conversion names {stated.track:d}")


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CONV_PROJECT",
    title="A conversion names a known project of joint implementation and its track",
    category=KyotoCategory.CONVERSION,
    citation="13/CMP.1 annex para 29; Data Exchange Standards, unit block",
    code="KP-CONV-PROJECT 2019",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="conversions",
    remedy="Register the project with the clearing-house, and name it with its track, 1 or 2.",
    applies=converting,
    run=_run,
)
