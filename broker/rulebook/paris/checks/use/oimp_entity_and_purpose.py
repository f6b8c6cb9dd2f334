# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Use or cancellation for other purposes names the purpose and who uses."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.first_transfer import OTHER_PURPOSE_ACCOUNTS
from broker.rulebook.paris.judging import IN_FORCE, using
from broker.rulebook.paris.view import holder
from itmo.parties import MECHANISM_REGISTRY


def _applies(case: ParisCase) -> bool:
    account = case.to_account
    return using(case) and (account is None or account.account_type in OTHER_PURPOSE_ACCOUNTS)


def _run(case: ParisCase) -> Failure | None:
    if case.to_account is None:
        return unknown("the type of the target account is not known")
    missing = []
    if not case.proposed.purpose.strip():
        missing.append("the purpose")
    user = case.proposed.entity.strip() or case.to_account.entity
    if not user:
        party = holder(case.to_registry, case.to_account)
        if not party:
            return unknown("no entity is named and the Party of the registry is not known")
        if party == MECHANISM_REGISTRY:
            missing.append("the Party or entity that uses or cancels")
    if not missing:
        return None
    return Failure(
        f"a {case.proposed.type} into an account of type {case.to_account.account_type} does not"
        f" name {' and '.join(missing)}"
    )


CHECK: Final[Check[ParisCase]] = Check(
    id="OIMP_ENTITY_AND_PURPOSE",
    title="Use or cancellation for other purposes names the purpose and who uses",
    category=ParisCategory.USE,
    citation="2/CMA.3 annex para 20(b); AEF table 3 footnotes",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="uses into accounts of type 210 and cancellations into accounts of type 300",
    remedy=("State the purpose, such as the scheme it serves, and the entity where no Party uses."),
    applies=_applies,
    run=_run,
)
