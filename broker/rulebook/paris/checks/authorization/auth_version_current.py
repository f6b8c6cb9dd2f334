# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Issuances name the latest version of an authorization; every version named exists.

Units that exist and were not yet first transferred are bound by the latest version whatever version
they were issued under: the other checks judge them by its terms.
"""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, each_lot
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    named = lot.attributes.authorization
    if lot.history is None or named is None:
        return terms_missing(lot)
    latest = lot.history.latest
    if named.version == latest.version:
        return None
    if lot.history.version(named.version) is None:
        return Failure(
            f"{units(lot)} name version {number(named.version)} of authorization"
            f" {name(named.id)}, which does not exist; the latest is {latest.version}"
        )
    if lot.segment is not None:
        return None
    return Failure(
        f"{units(lot)} would be issued under version {number(named.version)} of authorization"
        f" {name(named.id)}; expected the latest version {latest.version}"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_VERSION_CURRENT",
    title="An issuance names the latest version of the authorization, and every version named exists",
    category=ParisCategory.AUTHORIZATION,
    citation="7/CMA.4 synthesis report, para 29; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with ITMOs or authorized mitigation outcomes",
    remedy="Name the latest version of the authorization.",
    applies=concerning(authorized),
    run=each_lot(_lot, authorized),
)
