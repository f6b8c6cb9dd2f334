# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AAUs and RMUs come into being in a Party holding account."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing, unknown
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    NATIONAL,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    pieces_of,
)
from itmo.parties import CDM_REGISTRY

_PARTY_HOLDING: Final = 100


def _applies(case: KyotoCase) -> bool:
    return issuing(case) and any(
        piece.attributes.unit_type in NATIONAL for piece in pieces_of(case)
    )


def _run(case: KyotoCase) -> Failure | None:
    account = case.to_account
    if account is None or case.to_registry is None:
        return unknown("the account into which units are issued is not known")
    if case.taker == CDM_REGISTRY:
        return Failure("AAUs or RMUs would be issued in the CDM registry; expected a Party's own")
    if account.account_type == _PARTY_HOLDING:
        return None
    return Failure(
        f"the units would be issued into account {account.account_id} of type"
        f" {account.account_type}; expected {_PARTY_HOLDING} (Party holding)"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISS_TARGET",
    title="AAUs and RMUs are issued into a Party holding account of a national registry",
    category=KyotoCategory.ISSUANCE,
    citation="13/CMP.1 annex paras 23 to 28; issuance in the registry of the United Kingdom",
    code="KP-ISS-TARGET",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of AAUs and RMUs",
    remedy="Issue into an account of type 100, and move the units afterwards.",
    applies=_applies,
    run=_run,
)
