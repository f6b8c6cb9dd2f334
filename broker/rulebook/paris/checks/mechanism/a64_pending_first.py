# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of the mechanism are issued to the pending account, with their authorization status."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.judging import IN_FORCE, joined, not_cer, over, unknown
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.mechanism import CONTRIBUTION
from broker.rulebook.paris.mechanism_issuance import mechanism_issuance
from broker.rulebook.paris.wording import units


def _run(case: Case) -> Failure | None:
    account = case.facts.to_account
    if account is None:
        return unknown("the account that the units are issued to is not known")
    failures = []
    if account.role is not AccountRole.PENDING:
        failures.append(
            Failure(
                f"units are issued to {account.account_id}, which is no pending account; expected"
                " the pending account of the mechanism registry"
            )
        )
    status = over(case, _lot, not_cer)
    if status is not None:
        failures.append(status)
    return joined(failures)


def _lot(case: Case, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    kind, named = lot.attributes.unit_type, lot.attributes.authorization
    if kind is UnitType.ITMO and named is not None:
        return None
    if kind in CONTRIBUTION and named is None:
        return None
    return Failure(
        f"{units(lot)} are {kind or 'of no stated type'} and name"
        f" {'an' if named else 'no'} authorization; expected ITMO with an authorization, or"
        f" {UnitType.UNAUTHORIZED_A64ER} or {UnitType.MCU} without one"
    )


CHECK: Final = Check(
    id="A64_PENDING_FIRST",
    title="Units of the mechanism are issued to the pending account with their status",
    category=Category.MECHANISM,
    citation="7/CMA.4 annex I paras 37-38",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of the mechanism registry, of any units but certified emission reductions",
    remedy=("Issue to the pending account, as authorized or not as the host's statement says."),
    applies=mechanism_issuance,
    run=_run,
)
