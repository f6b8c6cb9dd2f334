# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The Parties of both registries meet the participation criteria."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import always, joined, unknown
from broker.rulebook.general.wording import name
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.judging import IN_FORCE
from itmo.parties import MECHANISM_REGISTRY

_CRITERIA: Final = (
    ("party_to_agreement", "being a Party to the Paris Agreement"),
    ("ndc_in_force", "an NDC communicated and maintained"),
    ("authorization_arrangements", "arrangements for authorizing"),
    ("tracking_arrangements", "arrangements for tracking"),
    ("latest_inventory", "the latest inventory"),
)


def _run(case: ParisCase) -> Failure | None:
    failures: list[Failure | None] = []
    for registry in (case.from_registry, case.to_registry):
        if registry is None:
            failures.append(unknown("a registry is not known, so nor is its Party"))
        elif registry.party != MECHANISM_REGISTRY:
            failures.append(_party(case, registry.party))
    return joined([failure for failure in failures if failure is not None])


def _party(case: ParisCase, code: str) -> Failure | None:
    party = case.parties.get(code)
    if party is None or party.participation is None:
        return unknown(f"the participation of {name(code)} is not known")
    met = party.participation
    if (
        met.party_to_agreement
        and met.ndc_in_force
        and met.authorization_arrangements
        and met.tracking_arrangements
        and met.latest_inventory
    ):
        return None
    missing = ", ".join(text for field, text in _CRITERIA if not getattr(met, field))
    return Failure(f"{name(code)} does not meet all participation criteria; missing: {missing}")


CHECK: Final[Check[ParisCase]] = Check(
    id="REG_PARTY_ELIGIBLE",
    title="The Parties of both registries meet the participation criteria",
    category=Category.REGISTRY,
    citation="2/CMA.3 annex para 4",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction; the mechanism registry is no Party and needs no participation",
    remedy="Let the Party complete the criteria named, and the operator record that.",
    applies=always,
    run=_run,
)
