# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are cancelled into accounts of types that their registry has."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name
from broker.rulebook.kyoto.account_types import KEPT_BY
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
)
from broker.rulebook.kyoto.tables import KeptBy
from itmo.parties import CDM_REGISTRY


def _applies(case: KyotoCase) -> bool:
    account = case.to_account
    return account is not None and account.final


def _run(case: KyotoCase) -> Failure | None:
    if case.to_account is None or case.to_registry is None:
        return unknown("the target account or its registry is not known")
    kind = case.to_account.account_type
    here = KeptBy.CDM if case.taker == CDM_REGISTRY else KeptBy.NATIONAL
    kept = KEPT_BY.get(kind, KeptBy.ANY)
    if kept in (KeptBy.ANY, here):
        return None
    where = {KeptBy.CDM: "the CDM registry", KeptBy.NATIONAL: "national registries"}
    return Failure(
        f"the target account {case.to_account.account_id} has type {kind} in registry"
        f" {name(case.proposed.to_registry)}; accounts of that type are in {where[kept]} alone"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CAN_CDM_ONLY",
    title="The CDM registry has cancellation accounts of its own, and national registries have others",
    category=KyotoCategory.CANCELLATION,
    citation="Data Exchange Standards, account types; CDM registry, administrative cancellation",
    code="KP-CAN-CDM-ONLY 5152",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions into accounts that no unit leaves",
    remedy="Choose an account of a type that the registry has; excess issuance is cancelled in the CDM registry.",
    applies=_applies,
    run=_run,
)
