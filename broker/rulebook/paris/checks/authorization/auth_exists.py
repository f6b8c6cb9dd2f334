# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The authorization is known, comes from the first transferring Party and is not later than today."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.authorization import AuthorizationKind
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, each_lot
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    if lot.attributes.unit_type is None:
        return unknown(f"{units(lot)} do not say what kind of units they are")
    named = lot.attributes.authorization
    if named is None or not named.id:
        return Failure(f"{units(lot)} name no authorization; expected one of {name(lot.host)}")
    written = f"{name(named.id)} version {number(named.version)}"
    if lot.history is None:
        return Failure(
            f"{units(lot)} name authorization {written}, which {name(lot.host)} has not registered for"
            f" units of {name(lot.registry)}"
        )
    version = lot.history.version(named.version)
    if version is None:
        return Failure(
            f"{units(lot)} name authorization {written}; the latest version is"
            f" {lot.history.latest.version}"
        )
    if version.party != lot.host:
        return Failure(
            f"{letter(version)} does not come from the first transferring Party {name(lot.host)}"
        )
    if AuthorizationKind.USE not in version.kinds:
        return Failure(f"{letter(version)} authorizes no use of units; expected one that does")
    today = case.now.date()
    if version.date > today:
        return Failure(f"{letter(version)} is dated {version.date}, later than today ({today})")
    return None


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_EXISTS",
    title=(
        "The authorization is known, comes from the first transferring Party and is not "
        "later than today"
    ),
    category=ParisCategory.AUTHORIZATION,
    citation="2/CMA.3 annex paras 1, 18(g); checks IP01, IP02",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with ITMOs or authorized mitigation outcomes",
    remedy=(
        "Let the first transferring Party register the authorization, and name its id and version."
    ),
    applies=concerning(authorized),
    run=each_lot(_lot, authorized),
)
