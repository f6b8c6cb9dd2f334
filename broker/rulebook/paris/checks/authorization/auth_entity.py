# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An entity that acts is authorized."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.lots import Lot
from broker.rulebook.paris.judging import IN_FORCE, authorized, has, over
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.wording import letter, names


def _actors(case: Case) -> set[str]:
    facts = case.facts
    actors = {facts.proposed.entity}
    for account in (facts.from_account, facts.to_account):
        if account is not None:
            actors.add(account.entity)
    actors.discard("")
    return actors


def _applies(case: Case) -> bool:
    return bool(_actors(case)) and (bool(case.gap) or has(case, authorized))


def _run(case: Case) -> Failure | None:
    return over(case, _lot, authorized)


def _lot(case: Case, lot: Lot) -> Failure | None:
    if lot.terms is None:
        return terms_missing(lot)
    # Where the authorization names no entity, none is excluded.
    strangers = _actors(case) - lot.terms.entities if lot.terms.entities else set()
    if not strangers:
        return None
    return Failure(
        f"{names(strangers)} is not among the entities that {letter(lot.terms)} names:"
        f" {names(lot.terms.entities)}"
    )


CHECK: Final = Check(
    id="AUTH_ENTITY",
    title="An entity that acts is authorized",
    category=Category.AUTHORIZATION,
    citation="2/CMA.3 annex paras 20(b), 23(d); 7/CMA.4 annex I para 33; check II06",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions in which an entity acts or holds an account, with authorized units",
    remedy="Let an authorized entity act, or have the entity added to the authorization.",
    applies=_applies,
    run=_run,
)
