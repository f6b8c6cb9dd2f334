# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Use and cancellation stay within one registry."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.judging import IN_FORCE, unknown, using
from broker.rulebook.paris.wording import name


def _run(case: Case) -> Failure | None:
    stated = case.facts.proposed
    if stated.between_registries:
        return Failure(
            f"{stated.type} from registry {name(stated.from_registry)} to registry"
            f" {name(stated.to_registry)}; expected one and the same registry"
        )
    source, target = case.facts.from_account, case.facts.to_account
    if source is None or target is None:
        return unknown("the registry of the source or target account is not known")
    if source.registry != target.registry:
        return Failure("source and target account belong to different registries; expected one")
    return None


CHECK: Final = Check(
    id="ACC_USE_SAME_REGISTRY",
    title="Use and cancellation stay within one registry",
    category=Category.ACCOUNT,
    citation="common nomenclatures item 52",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="uses and cancellations",
    remedy="Transfer the units first, then use or cancel them in the registry that holds them.",
    applies=using,
    run=_run,
)
