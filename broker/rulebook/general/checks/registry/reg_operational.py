# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both registries take new transactions."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always, joined, unknown
from broker.rulebook.general.registries import OperationalStatus, RegistryFacts
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    sides = [
        _side("sending", case.proposed.from_registry, case.from_registry, case),
        _side("receiving", case.proposed.to_registry, case.to_registry, case),
    ]
    return joined([failure for failure in sides if failure is not None])


def _in_maintenance(where: str, known: RegistryFacts, case: Case) -> Failure | None:
    """An announced window has the effect of TRANSACTIONS_DISALLOWED."""
    ends = [w.end for w in case.maintenance if w.covers(known.registry, case.now)]
    if not ends:
        return None
    return Failure(
        f"the {where} registry {known.registry} is in maintenance until"
        f" {max(ends):%Y-%m-%dT%H:%M:%SZ} and takes no new proposals"
    )


def _side(where: str, stated: str, known: RegistryFacts | None, case: Case) -> Failure | None:
    if known is None:
        return unknown(f"the status of the {where} registry {name(stated)} is not known")
    if known.status is OperationalStatus.OPERATIONAL:
        return _in_maintenance(where, known, case)
    return Failure(
        f"the {where} registry {known.registry} is {known.status}; expected"
        f" {OperationalStatus.OPERATIONAL} for a new proposal"
    )


CHECK: Final[Check[Case]] = Check(
    id="REG_OPERATIONAL",
    title="Both registries take new transactions",
    category=Category.REGISTRY,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy=(
        "Wait until the registry is operational again, or until the announced maintenance ends, then"
        " propose anew."
    ),
    applies=always,
    run=_run,
)
