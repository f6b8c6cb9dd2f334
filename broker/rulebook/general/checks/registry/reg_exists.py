# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both registries are known."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.forms import is_registry
from broker.rulebook.general.judging import always, joined
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    sides = [
        _side("sending", case.proposed.from_registry, case.from_registry),
        _side("receiving", case.proposed.to_registry, case.to_registry),
    ]
    return joined([failure for failure in sides if failure is not None])


def _side(where: str, stated: str, known: RegistryFacts | None) -> Failure | None:
    if not is_registry(stated):
        return Failure(
            f"the {where} registry is written {name(stated)}; expected a Party code, XEU, XMR or XCD,"
            " and two digits"
        )
    if known is None or known.registry != stated:
        return Failure(f"the {where} registry {name(stated)} is not known to the clearing-house")
    return None


CHECK: Final[Check[Case]] = Check(
    id="REG_EXISTS",
    title="Both registries are known",
    category=Category.REGISTRY,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Name registries by the ids under which they were admitted, such as CHE01.",
    applies=always,
    run=_run,
)
