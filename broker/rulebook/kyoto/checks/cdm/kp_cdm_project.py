# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs are issued for a registered activity of the clean development mechanism."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import name, number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import issuing_cers
from broker.rulebook.kyoto.codes import Mechanism, ProjectStatus
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, activity_of, over

_SAID: Final = {
    ProjectStatus.SUSPENDED: "is suspended",
    ProjectStatus.DEREGISTERED: "was deregistered",
}


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    host, activity = activity_of(piece)
    project = case.projects.get((host, activity))
    named = f"activity {name(host)} {number(activity)}"
    if project is None:
        return Failure(f"{named} is not known to the clearing-house")
    if project.mechanism is not Mechanism.CLEAN_DEVELOPMENT:
        return Failure(f"{named} is not one of the clean development mechanism")
    if project.status in _SAID:
        return Failure(f"{named} {_SAID[project.status]}; expected a registered one")
    return None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CDM_PROJECT",
    title="CERs are issued for a registered activity of the clean development mechanism",
    category=KyotoCategory.CDM,
    citation="CDM Executive Board, annual report of 2017, para 29; 3/CMP.1 annex paras 64-66",
    code="KP-ISS-DEREGISTERED",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of CERs, tCERs and lCERs",
    remedy="Let the operator state the activity, or how it stands now; for one that ended nothing is issued.",
    applies=issuing_cers,
    run=_run,
)
