# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both registries take new transactions."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.general.registries import OperationalStatus, RegistryFacts
from broker.rulebook.paris.case import Facts
from broker.rulebook.paris.judging import IN_FORCE, always, joined, unknown
from broker.rulebook.paris.wording import name


def _run(case: Case) -> Failure | None:
    facts = case.facts
    sides = [
        _side("sending", facts.proposed.from_registry, facts.from_registry, facts),
        _side("receiving", facts.proposed.to_registry, facts.to_registry, facts),
    ]
    return joined([failure for failure in sides if failure is not None])


def _in_maintenance(where: str, known: RegistryFacts, facts: Facts) -> Failure | None:
    """An announced window has the effect of TRANSACTIONS_DISALLOWED."""
    ends = [w.end for w in facts.maintenance if w.covers(known.registry, facts.now)]
    if not ends:
        return None
    return Failure(
        f"the {where} registry {known.registry} is in maintenance until"
        f" {max(ends):%Y-%m-%dT%H:%M:%SZ} and takes no new proposals"
    )


def _side(where: str, stated: str, known: RegistryFacts | None, facts: Facts) -> Failure | None:
    if known is None:
        return unknown(f"the status of the {where} registry {name(stated)} is not known")
    if known.status is OperationalStatus.OPERATIONAL:
        return _in_maintenance(where, known, facts)
    return Failure(
        f"the {where} registry {known.registry} is {known.status}; expected"
        f" {OperationalStatus.OPERATIONAL} for a new proposal"
    )


CHECK: Final = Check(
    id="REG_OPERATIONAL",
    title="Both registries take new transactions",
    category=Category.REGISTRY,
    citation="UNFCCC ITMO API Registry.operationalStatus",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy=(
        "Wait until the registry is operational again, or until the announced maintenance ends, then"
        " propose anew."
    ),
    applies=always,
    run=_run,
)
