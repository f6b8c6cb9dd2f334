# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A change leaves units alone that were first transferred, unless their terms foresaw it."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, each_lot
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _moved_on(lot: Lot) -> bool:
    return lot.first_transferred and authorized(lot)


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    recorded, terms = lot.attributes.authorization, lot.terms
    if terms is None or recorded is None:
        return terms_missing(lot)
    block = case.blocks[lot.block - 1].proposed
    stated = None if block.attributes is None else block.attributes.authorization
    if stated is not None and stated != recorded:
        return Failure(
            f"{units(lot)} were first transferred under authorization {name(recorded.id)} version"
            f" {number(recorded.version)}; the proposal states {name(stated.id)} version"
            f" {number(stated.version)}"
        )
    if terms.version != recorded.version and terms.revoked:
        return Failure(
            f"{letter(terms)} revokes the authorization also for {units(lot)}: version"
            f" {number(recorded.version)}, under which they were first transferred, lets later"
            " versions bind them"
        )
    return None


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_CHANGE_AFTER_FT",
    title=(
        "A change leaves units alone that were first transferred, unless their terms foresaw it"
    ),
    category=ParisCategory.AUTHORIZATION,
    citation="7/CMA.4 synthesis report, para 29; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with authorized units that were first transferred before",
    remedy="Name the version under which the units were first transferred, or no version.",
    applies=concerning(_moved_on),
    run=each_lot(_lot, _moved_on),
)
