# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both registries are known."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.paris.forms import is_registry
from broker.rulebook.paris.judging import IN_FORCE, always, joined
from broker.rulebook.paris.wording import name


def _run(case: Case) -> Failure | None:
    facts = case.facts
    sides = [
        _side("sending", facts.proposed.from_registry, facts.from_registry),
        _side("receiving", facts.proposed.to_registry, facts.to_registry),
    ]
    return joined([failure for failure in sides if failure is not None])


def _side(where: str, stated: str, known: RegistryFacts | None) -> Failure | None:
    if not is_registry(stated):
        return Failure(
            f"the {where} registry is written {name(stated)}; expected a Party code, XEU or XMR, and"
            " two digits"
        )
    if known is None or known.registry != stated:
        return Failure(f"the {where} registry {name(stated)} is not known to the clearing-house")
    return None


CHECK: Final = Check(
    id="REG_EXISTS",
    title="Both registries are known",
    category=Category.REGISTRY,
    citation="common nomenclatures items 1, 28",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Name registries by the ids under which they were admitted, such as CHE01.",
    applies=always,
    run=_run,
)
