# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Only CERs of activities that were registered from 2013 on go over to Article 6."""

from __future__ import annotations

from datetime import date
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import Mechanism
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    activity_of,
    over,
    transiting,
)

_FIRST: Final = date(2013, 1, 1)


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    host, activity = activity_of(piece)
    project, named = (
        case.projects.get((host, activity)),
        f"activity {name(host)} {number(activity)}",
    )
    if project is None or project.registered_on is None:
        return unknown(f"nothing was stated of when {named} was registered")
    if project.mechanism is not Mechanism.CLEAN_DEVELOPMENT:
        return Failure(f"{named} is not one of the clean development mechanism")
    if project.registered_on < _FIRST:
        return Failure(f"{named} was registered on {project.registered_on}; expected {_FIRST} on")
    return None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRANSITION_PROJECT",
    title="CERs that go over to Article 6 are of activities registered from 1 January 2013 on",
    category=KyotoCategory.TRANSITION,
    citation="3/CMA.3 annex para 75(a)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transitions",
    remedy="Name CERs of such activities; the operator states when an activity was registered.",
    applies=transiting,
    run=_run,
)
