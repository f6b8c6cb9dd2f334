# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a scenario does not state is in order, under the rulebook kyoto: all of it stands here.

The clearing-house itself never takes missing data for good: every default below is stated to it,
signed, like anything that a scenario writes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.codes import Mechanism, Track
from broker.rulebook.kyoto.reserve import OF_ASSIGNED
from broker.rulebook.kyoto.tables import PERIODS, CommitmentPeriod
from itmo.identifiers import PartyCode, registry_party
from itmo.parties import CDM_REGISTRY, MECHANISM_REGISTRY
from scenarios.kyoto.model import (
    AmountSpec,
    ComplianceSpec,
    InventorySpec,
    KyotoBlockSpec,
    KyotoPartySpec,
    KyotoPropose,
    KyotoState,
    KyotoWorld,
    PartyPeriodSpec,
    PaymentSpec,
    PayShare,
    ProjectSpec,
    RequestSpec,
)
from scenarios.model import Scenario

BASE_YEAR: Final = 1990
"""Year of the emissions that a file calls those of the base year."""
NO_DAY: Final = date(1970, 1, 1)
"""Stands in for a day that could not be read."""
AMOUNT: Final = 10**12
"""Emissions of the base year, of a Party of which no assigned amount is stated: it may emit as much every
year. Also the allowance of RMUs for an activity, where none is stated."""
_NO_HINDRANCE: Final = InventorySpec(year=BASE_YEAR, emissions=1, reviewed=None)
"""Of such a Party: its reserve hinders nothing."""
_NO_PARTIES: Final = frozenset({CDM_REGISTRY, MECHANISM_REGISTRY})
_CERS: Final = frozenset({"CER", "tCER", "lCER"})
_DEAREST_CENTS: Final = 20
"""The share for administration of a unit beyond the first 15 000 of a year."""
_DAY: Final = timedelta(days=1)
_WHOLE: Final = 10_000
_PER_CENT: Final = 100
_HALF: Final = 50


def assigned_amount(base: int, per_myriad: int, years: int) -> int:
    """What may be emitted over the years: a percentage of the base, in hundredths."""
    return base * per_myriad * years // _WHOLE


def share_of(amount: int) -> int:
    """Nine tenths of an assigned amount: what of it is kept in reserve."""
    return (amount * OF_ASSIGNED + _HALF) // _PER_CENT


def periods(world: KyotoWorld) -> Mapping[int, CommitmentPeriod]:
    """The commitment periods as they were, and as a file has them otherwise."""
    return {**PERIODS, **world.periods}


def track(project: str, world: KyotoWorld) -> Track | None:
    """Who verifies a project, where the file says it of the project."""
    return next((each.track for each in world.projects.values() if each.project == project), None)


def begun(world: KyotoWorld, today: date) -> int:
    """The period that began last: units are issued for it where a file names none."""
    known = periods(world)
    return max((n for n, each in known.items() if each.first_day <= today), default=min(known))


def world(scenario: Scenario) -> KyotoWorld:
    """What is stated before the first step: what the file says, and what it leaves out put in order."""
    ours = scenario.kyoto
    issued = list(_issued(scenario))
    signed = {party for node in scenario.nodes for party in node.parties}
    paid = {s.action.activity for s in scenario.steps if isinstance(s.action, PayShare)}
    return KyotoWorld(
        periods=periods(ours),
        parties={
            party: _settled(
                _party(
                    ours.parties.get(party, KyotoPartySpec()),
                    [(number, block) for issuer, number, block in issued if issuer == party],
                    periods(ours) if party in signed else {},
                ),
                set(_carried_over_from(scenario, party)),
                periods(ours),
            )
            for party, spec in scenario.parties.items()
            if party not in _NO_PARTIES and not spec.unknown
        },
        projects={
            name: _project(
                spec,
                [block for _, _, block in issued if block.project == spec.project],
                asked=spec.project in paid,
                letters=tuple(sorted(signed - _NO_PARTIES)),
            )
            for name, spec in ours.projects.items()
        },
    )


def _issued(scenario: Scenario) -> Iterable[tuple[PartyCode, int, KyotoBlockSpec]]:
    """Every block that a step issues, with the Party and the period."""
    for step in scenario.steps:
        action = step.action
        if isinstance(action, KyotoPropose) and action.type is TransactionType.ISSUANCE:
            if action.opening:
                continue
            party = registry_party(scenario.accounts[action.to_account].registry)
            for block in action.blocks:
                yield party, block.period or begun(scenario.kyoto, step.time.date()), block


def _party(
    spec: KyotoPartySpec,
    issued: list[tuple[int, KyotoBlockSpec]],
    known: Mapping[int, CommitmentPeriod],
) -> KyotoPartySpec:
    """A Party is eligible, may issue what it issues, and keeps its reserve where no amount is stated."""
    stated = dict(spec.periods)
    unlimited = not any(of_period.amount for of_period in stated.values())
    for number, block in issued:
        before = stated.get(number, PartyPeriodSpec())
        if block.unit == "RMU" and block.activity not in {0, *before.allowances}:
            allowed = {**before.allowances, block.activity: AMOUNT}
            stated[number] = replace(before, allowances=allowed)
    for number in sorted(known) if unlimited else ():
        before = stated.get(number, PartyPeriodSpec())
        stated[number] = replace(before, amount=_amount(known[number].years))
    return replace(
        spec,
        eligible=True if spec.eligible is None else spec.eligible,
        periods=stated,
        inventories=spec.inventories or ((_NO_HINDRANCE,) if unlimited else ()),
    )


def _amount(years: int) -> AmountSpec:
    return AmountSpec(
        quantity=assigned_amount(AMOUNT, _WHOLE, years),
        base_emissions=AMOUNT,
        base_year=BASE_YEAR,
        per_myriad=_WHOLE,
    )


def _settled(
    spec: KyotoPartySpec, carried: set[int], known: Mapping[int, CommitmentPeriod]
) -> KyotoPartySpec:
    """Compliance is settled when the true-up ends, of periods whose units a step carries over."""
    stated = dict(spec.periods)
    for number in sorted(carried & known.keys()):
        before = stated.get(number, PartyPeriodSpec())
        settled = ComplianceSpec(settled=known[number].true_up_ends + _DAY, emissions=0)
        stated[number] = replace(before, compliance=before.compliance or settled)
    return replace(spec, periods=stated)


def _carried_over_from(scenario: Scenario, party: PartyCode) -> Iterable[int]:
    """Periods from which a Party carries over, unless a step states its compliance with them."""
    told = {
        number
        for step in scenario.steps
        if isinstance(step.action, KyotoState)
        for number, of in step.action.world.parties.get(party, KyotoPartySpec()).periods.items()
        if of.compliance
    }
    for step in scenario.steps:
        action = step.action
        if isinstance(action, KyotoPropose) and action.to_period > 1:
            ours = registry_party(scenario.accounts[action.from_account].registry) == party
            if ours and action.to_period - 1 not in told:
                yield action.to_period - 1


def charged(blocks: Iterable[KyotoBlockSpec], world: KyotoWorld) -> int:
    """Certified emission reductions of which the Adaptation Fund gets its share."""
    exempt = {each.project for each in world.projects.values() if each.exempt}
    return sum(
        each.last - each.first + 1
        for each in blocks
        if each.unit in _CERS and each.project not in exempt
    )


def _project(
    spec: ProjectSpec,
    issued: Iterable[KyotoBlockSpec],
    *,
    asked: bool,
    letters: tuple[PartyCode, ...],
) -> ProjectSpec:
    """An activity whose units are issued is of the mechanism for that, asked for and paid for.

    Args:
        spec: As the file has it.
        issued: Blocks of its units that steps issue.
        asked: Whether a step pays for it, and so says what is asked for.
        letters: Parties to which its units may be forwarded, where the file names none.
    """
    units = sum(each.last - each.first + 1 for each in issued if each.unit in _CERS)
    if not units:
        return replace(spec, mechanism=spec.mechanism or Mechanism.JOINT_IMPLEMENTATION)
    spec = replace(spec, letters=letters if spec.letters is None else spec.letters)
    if spec.requests is None and not asked:
        request = RequestSpec(number=1, quantity=units, on=None, paid_before=False)
        paid = PaymentSpec(number=1, cents=units * _DEAREST_CENTS)
        spec = replace(spec, requests=(request,), payments=(paid,))
    return replace(spec, mechanism=spec.mechanism or Mechanism.CLEAN_DEVELOPMENT)
