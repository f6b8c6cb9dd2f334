# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a scenario does not state is in order. All of it stands here, and only here.

The clearing-house itself never takes missing data for good: every default below is stated to it,
signed, like anything that a scenario writes out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.purposes import Purpose
from broker.rulebook.paris.years import AdjustmentMethod, NdcTarget, YearSpan
from itmo.identifiers import CooperativeApproachId, NodeId, PartyCode, registry_party
from scenarios.model import AccountSpec, Batch, Elements, NdcSpec, PartySpec, Propose, Scenario

NO_NODE: Final = NodeId("")
SECTORS: Final = ("Energy generation",)
ACTIVITY_TYPES: Final = ("Solar",)
INITIAL_REPORT: Final = date(2021, 1, 1)
"""Before anything that can be authorized."""
NDC: Final = NdcSpec(
    years=YearSpan(2021, 2030), target=NdcTarget.MULTI_YEAR, method=AdjustmentMethod.TRAJECTORY
)
OTHER_PURPOSES: Final = "international mitigation and other purposes"
REVERSAL_REASON: Final = "both sides ask for it"
REVOCATION_REASON: Final = "fraud was found"
"""The extreme case of 7/CMA.4 synthesis report, para 30."""
KEY_LIFETIME: Final = timedelta(days=366 * 100)
"""No key expires in a scenario, however long it waits."""


def party(code: PartyCode) -> PartySpec:
    """A Party of which the scenario says nothing."""
    return PartySpec(party=code, ndc=(NDC,), initial_report=INITIAL_REPORT)


def account_period(account: AccountSpec, scenario: Scenario) -> YearSpan | None:
    """The NDC period an account was opened for; of its Party's first period where none is stated."""
    if account.ndc is not None or account.type != AccountType.USE_NDC.value:
        return account.ndc
    spec = scenario.parties.get(registry_party(account.registry))
    return spec.ndc[0].years if spec is not None and spec.ndc else NDC.years


def evidence(approach: CooperativeApproachId) -> bytes:
    """SHA-256 of the mitigation outcome document on file."""
    return hashlib.sha256(f"mitigation outcome document of {approach}".encode()).digest()


def entities(scenario: Scenario) -> tuple[str, ...]:
    """Every entity the scenario names; authorized where an authorization names none."""
    proposed: list[Propose] = []
    for step in scenario.steps:
        if isinstance(step.action, Propose):
            proposed.append(step.action)
        elif isinstance(step.action, Batch):
            proposed += step.action.proposals
    acting = [each.entity for each in proposed]
    holding = [account.entity for account in scenario.accounts.values()]
    return tuple(dict.fromkeys(name for name in (*holding, *acting) if name))


def elements(stated: Elements, scenario: Scenario, host: PartyCode, today: date) -> Elements:
    """Elements of an authorization with what it leaves out put in order."""
    other = {Purpose.IMP, Purpose.OP}.intersection(stated.purposes or ())
    return replace(
        stated,
        parties=stated.parties or (),
        entities=entities(scenario) if stated.entities is None else stated.entities,
        vintages=stated.vintages or _vintages(scenario.parties[host].ndc),
        other_purposes=(OTHER_PURPOSES if other else "")
        if stated.other_purposes is None
        else stated.other_purposes,
        date=stated.date or today,
        terms=stated.terms or "",
        quantity_is_limit=bool(stated.quantity_is_limit),
        binds_first_transferred=bool(stated.binds_first_transferred),
    )


def unknown_elements(stated: Elements, scenario: Scenario) -> Elements:
    """Elements of a change to an authorization that does not exist, well formed."""
    return replace(
        stated,
        cooperative_approach=stated.cooperative_approach or next(iter(scenario.approaches), None),
        purposes=stated.purposes or (Purpose.NDC,),
        template={"difference": "it is changed", **(stated.template or {})},
    )


def _vintages(periods: Iterable[NdcSpec]) -> YearSpan:
    spans = [period.years for period in periods] or [NDC.years]
    return YearSpan(min(s.first for s in spans), max(s.last for s in spans))
