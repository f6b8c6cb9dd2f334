# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Use or cancellation for other purposes names the purpose and who uses."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.first_transfer import OTHER_PURPOSE_ACCOUNTS
from broker.rulebook.paris.judging import IN_FORCE, unknown, using
from broker.rulebook.paris.view import holder
from itmo.parties import MECHANISM_REGISTRY


def _applies(case: Case) -> bool:
    account = case.facts.to_account
    return using(case) and (account is None or account.account_type in OTHER_PURPOSE_ACCOUNTS)


def _run(case: Case) -> Failure | None:
    facts = case.facts
    if facts.to_account is None:
        return unknown("the type of the target account is not known")
    missing = []
    if not facts.proposed.purpose.strip():
        missing.append("the purpose")
    user = facts.proposed.entity.strip() or facts.to_account.entity
    if not user:
        party = holder(facts.to_registry, facts.to_account)
        if not party:
            return unknown("no entity is named and the Party of the registry is not known")
        if party == MECHANISM_REGISTRY:
            missing.append("the Party or entity that uses or cancels")
    if not missing:
        return None
    return Failure(
        f"a {facts.proposed.type} into an account of type {facts.to_account.account_type} does not"
        f" name {' and '.join(missing)}"
    )


CHECK: Final = Check(
    id="OIMP_ENTITY_AND_PURPOSE",
    title="Use or cancellation for other purposes names the purpose and who uses",
    category=Category.USE,
    citation="2/CMA.3 annex para 20(b); AEF table 3 footnotes",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="uses into accounts of type 210 and cancellations into accounts of type 300",
    remedy=("State the purpose, such as the scheme it serves, and the entity where no Party uses."),
    applies=_applies,
    run=_run,
)
