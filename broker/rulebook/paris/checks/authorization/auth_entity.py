# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An entity that acts is authorized."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import names
from broker.rulebook.paris.authorization import AuthorizationKind
from broker.rulebook.paris.authorization_terms import not_in_force
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, each_lot, has
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _actors(case: LotCase) -> set[str]:
    actors = {case.proposed.entity}
    for account in (case.from_account, case.to_account):
        if account is not None:
            actors.add(account.entity)
    actors.discard("")
    return actors


def _applies(case: LotCase) -> bool:
    return bool(_actors(case)) and (bool(case.gap) or has(case, authorized))


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    if lot.terms is None:
        return terms_missing(lot)
    # Where the authorization names no entity, none is excluded.
    if not lot.terms.entities:
        return None
    allowed = lot.terms.entities | _of_letters_for_entities(case, lot)
    strangers = _actors(case) - allowed
    if not strangers:
        return None
    return Failure(
        f"{names(strangers)} is not among the entities that {letter(lot.terms)} and letters for"
        f" entities alone name: {names(allowed)}"
    )


def _of_letters_for_entities(case: LotCase, lot: Lot) -> frozenset[str]:
    """Entities that the host authorized for the approach in letters of their own."""
    named: set[str] = set()
    for history in case.authorizations.values():
        latest = history.latest
        if (
            latest.party == lot.host
            and latest.cooperative_approach == lot.attributes.cooperative_approach
            and AuthorizationKind.ENTITIES in latest.kinds
            and AuthorizationKind.USE not in latest.kinds
            and not latest.revoked
            and not not_in_force(latest, case.now.date())
        ):
            named |= latest.entities
    return frozenset(named)


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_ENTITY",
    title="An entity that acts is authorized",
    category=ParisCategory.AUTHORIZATION,
    citation="2/CMA.3 annex paras 20(b), 23(d); 7/CMA.4 annex I para 33; check II06",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions in which an entity acts or holds an account, with authorized units",
    remedy="Let an authorized entity act, or have the entity added to the authorization.",
    applies=_applies,
    run=each_lot(_lot, authorized),
)
