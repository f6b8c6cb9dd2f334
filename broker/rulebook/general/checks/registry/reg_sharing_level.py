# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both registries take part in the full protocol."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always, joined, unknown
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.sharing import SharingLevel
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    sides = [
        _side("sending", case.proposed.from_registry, case.from_registry),
        _side("receiving", case.proposed.to_registry, case.to_registry),
    ]
    return joined([failure for failure in sides if failure is not None])


def _side(where: str, stated: str, known: RegistryFacts | None) -> Failure | None:
    if known is None:
        return unknown(f"how much the {where} registry {name(stated)} shares is not known")
    if known.level is SharingLevel.TRANSACT:
        return None
    return Failure(
        f"the {where} registry {known.registry} shares at level {known.level} and moves no units"
        f" through the clearing-house; expected level {SharingLevel.TRANSACT}"
    )


CHECK: Final[Check[Case]] = Check(
    id="REG_SHARING_LEVEL",
    title="Both registries take part in the full protocol",
    category=Category.REGISTRY,
    severity=Severity.ERROR,
    scope="every transaction; a registry that never stated a level takes part in full",
    remedy=(
        "Let the registry named state level TRANSACT (`registry-node share`), or move the units"
        " outside and let both registries report it."
    ),
    applies=always,
    run=_run,
)
