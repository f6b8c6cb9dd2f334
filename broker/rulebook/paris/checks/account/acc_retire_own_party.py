# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A retirement account of the mechanism registry takes units of its own Party only."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.judging import IN_FORCE
from itmo.parties import MECHANISM_REGISTRY


def _applies(case: ParisCase) -> bool:
    registry, account = case.to_registry, case.to_account
    if registry is None or registry.party != MECHANISM_REGISTRY:
        return False
    if account is None:
        return case.proposed.type is TransactionType.USE
    return account.account_type == AccountType.USE_NDC


def _run(case: ParisCase) -> Failure | None:
    source, target = case.from_account, case.to_account
    if source is None or target is None or source.party is None or target.party is None:
        return unknown("the Party to which the source or target account is tied is not known")
    if source.party == target.party:
        return None
    return Failure(
        f"the retirement account of {target.party} would take units from an account tied to"
        f" {source.party}; expected an account tied to {target.party}"
    )


CHECK: Final[Check[ParisCase]] = Check(
    id="ACC_RETIRE_OWN_PARTY",
    title="A retirement account of the mechanism registry takes units of its own Party only",
    category=Category.ACCOUNT,
    citation="7/CMA.4 annex I para 44",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions into an account of type 200 of the mechanism registry",
    remedy=(
        "Use units from an account tied to the Party that the retirement account was opened for."
    ),
    applies=_applies,
    run=_run,
)
