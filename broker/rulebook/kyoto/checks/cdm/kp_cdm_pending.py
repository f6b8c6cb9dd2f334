# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs come into being in the pending account, and nothing else comes there."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing, unknown
from broker.rulebook.kyoto.account_types import PENDING
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import issuing_cers
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory


def _run(case: KyotoCase) -> Failure | None:
    account = case.to_account
    if account is None:
        return unknown("the type of the target account is not known")
    pending, cers = account.account_type == PENDING, issuing_cers(case)
    if pending == cers:
        return None
    if cers:
        return Failure(
            f"CERs issued into account {account.account_id} of type {account.account_type}; expected"
            f" the pending account, type {PENDING}"
        )
    return Failure(f"the pending account {account.account_id} would hold other units than CERs")


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CDM_PENDING",
    title="CERs are issued into the pending account, and no other units are",
    category=KyotoCategory.CDM,
    citation="3/CMP.1 annex appendix D; CDM Executive Board, annual report of 2017, para 32",
    code="KP-ISS-TARGET",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances",
    remedy="Issue into the account of type 110 of the registry of the clean development mechanism.",
    applies=issuing,
    run=_run,
)
