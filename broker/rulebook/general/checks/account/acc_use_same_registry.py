# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Use and cancellation stay within one registry."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import staying, unknown
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    stated = case.proposed
    if stated.between_registries:
        return Failure(
            f"{stated.type} from registry {name(stated.from_registry)} to registry"
            f" {name(stated.to_registry)}; expected one and the same registry"
        )
    source, target = case.from_account, case.to_account
    if source is None or target is None:
        return unknown("the registry of the source or target account is not known")
    if source.registry != target.registry:
        return Failure("source and target account belong to different registries; expected one")
    return None


CHECK: Final[Check[Case]] = Check(
    id="ACC_USE_SAME_REGISTRY",
    title="Use and cancellation stay within one registry",
    category=Category.ACCOUNT,
    severity=Severity.ERROR,
    scope="uses and cancellations",
    remedy="Transfer the units first, then use or cancel them in the registry that holds them.",
    applies=staying,
    run=_run,
)
