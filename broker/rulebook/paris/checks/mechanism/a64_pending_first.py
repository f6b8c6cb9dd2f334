# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of the mechanism are issued to the pending account, with their authorization status."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import units
from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, not_cer, over
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.mechanism import CONTRIBUTION
from broker.rulebook.paris.mechanism_issuance import mechanism_issuance


def _run(case: LotCase) -> Failure | None:
    account = case.to_account
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


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
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


CHECK: Final[Check[LotCase]] = Check(
    id="A64_PENDING_FIRST",
    title="Units of the mechanism are issued to the pending account with their status",
    category=ParisCategory.MECHANISM,
    citation="7/CMA.4 annex I paras 37-38",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of the mechanism registry, of any units but certified emission reductions",
    remedy=("Issue to the pending account, as authorized or not as the host's statement says."),
    applies=mechanism_issuance,
    run=_run,
)
