# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units not yet first transferred follow the latest version of their authorization."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.lots import Lot
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, over
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.wording import name, number, units


def _run(case: Case) -> Failure | None:
    return over(case, _lot, authorized)


def _lot(case: Case, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
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
    if lot.first_transferred:
        return None
    return Failure(
        f"{units(lot)} name version {number(named.version)} of authorization {name(named.id)} and"
        f" were not first transferred yet; expected the latest version {latest.version}"
    )


CHECK: Final = Check(
    id="AUTH_VERSION_CURRENT",
    title="Units not yet first transferred follow the latest version of their authorization",
    category=Category.AUTHORIZATION,
    citation="seed 004 para 29; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with ITMOs or authorized mitigation outcomes",
    remedy="Name the latest version, or let a notice bring the issued units to it.",
    applies=concerning(authorized),
    run=_run,
)
