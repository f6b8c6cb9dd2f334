# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what the operator states of periods, Parties and projects under the rulebook kyoto."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from broker.rulebook.kyoto.tables import PERIODS, CommitmentPeriod
from itmo.identifiers import PartyCode, parse_party_code
from scenarios.fields import Fields
from scenarios.kyoto import defaults
from scenarios.kyoto.codes import activity, number_of, quantity
from scenarios.kyoto.model import (
    AmountSpec,
    ComplianceSpec,
    InventorySpec,
    KyotoPartySpec,
    KyotoWorld,
    PartyPeriodSpec,
)
from scenarios.kyoto.project_reading import projects
from scenarios.names import NO_PARTY, Names
from scenarios.values import Value

WORLD: Final = "periods parties projects"
"""Sections that a step may state again."""


def periods(value: Value) -> dict[int, CommitmentPeriod]:
    """Periods that are not as they were in history, or that stand beside those."""
    return {number_of(key): _period(number_of(key), body) for key, body in value.entries()}


def _period(number: int, value: Value) -> CommitmentPeriod:
    known = PERIODS.get(number)
    days = "first_day last_day true_up_ends"
    window = "carry_over_from carry_over_until"
    fields = (
        Fields(value, optional=f"{days} {window}")
        if known
        else Fields(value, required=days, optional=window)
    )
    otherwise = known or next(iter(PERIODS.values()))
    return CommitmentPeriod(
        first_day=fields.default("first_day", Value.date, otherwise.first_day),
        last_day=fields.default("last_day", Value.date, otherwise.last_day),
        true_up_ends=fields.default("true_up_ends", Value.date, otherwise.true_up_ends),
        carry_over_from=fields.default(
            "carry_over_from", _day, known.carry_over_from if known else None
        ),
        carry_over_until=fields.default(
            "carry_over_until", _day, known.carry_over_until if known else None
        ),
    )


def _day(value: Value) -> date | None:
    """A day, or `none`."""
    return None if value.node.value == "none" else value.date()


def parties(value: Value, names: Names) -> dict[PartyCode, KyotoPartySpec]:
    """What a step states of Parties, each in the words of its section `kyoto`."""
    read = {}
    for key, body in value.entries():
        party = key.admitted(parse_party_code) or NO_PARTY
        fields = Fields(body, required="kyoto")
        stated = fields.need("kyoto", party_spec, KyotoPartySpec())
        if party:
            names.parties.add(party)
            read[party] = stated
    return read


def party_spec(value: Value) -> KyotoPartySpec:
    """What is stated of a Party."""
    fields = Fields(value, optional="eligible cers periods inventory")
    eligible = fields.maybe("eligible", Value.boolean)
    read: dict[int, PartyPeriodSpec] = {}
    inventories: tuple[InventorySpec, ...] = fields.default("inventory", _inventories, ())
    listed: list[tuple[Value, Value]] = fields.default("periods", Value.entries, [])
    for key, body in listed:
        number = number_of(key)
        of_period = Fields(
            body,
            optional="base_year base_is percentage years assigned_amount reserve eligible"
            " allowances compliance",
        )
        read[number] = PartyPeriodSpec(
            amount=_amount(of_period, number),
            allowances=of_period.default("allowances", _allowances, {}),
            compliance=of_period.maybe("compliance", _compliance),
        )
        inventories += _reserve(of_period, number, read[number].amount)
        told = of_period.maybe("eligible", Value.boolean)
        eligible = told if eligible is None else eligible
    return KyotoPartySpec(
        eligible=eligible,
        cers=fields.default("cers", Value.boolean, True),
        periods=read,
        inventories=inventories,
        line=value.line,
    )


def _amount(fields: Fields, number: int) -> AmountSpec | None:
    """The assigned amount as written, or as it follows from base and percentage."""
    base = fields.maybe("base_year", quantity)
    share = fields.maybe("percentage", _per_myriad)
    if (base is None) != (share is None):
        at = "base_year" if base is not None else "percentage"
        fields.at(at).fault("base_year (t CO2 eq) and percentage go together")
        return None
    known = PERIODS.get(number)
    years = fields.default("years", lambda v: v.integer(1, 99), known.years if known else 1)
    base_is = fields.default("base_is", Value.year, defaults.BASE_YEAR)
    if base is None or share is None:
        amount = fields.maybe("assigned_amount", quantity)
        return None if amount is None else AmountSpec(quantity=amount)
    follows = defaults.assigned_amount(base, share, years)
    return AmountSpec(
        quantity=fields.default("assigned_amount", quantity, follows),
        base_emissions=base,
        base_year=base_is,
        per_myriad=share,
    )


def _per_myriad(value: Value) -> int:
    """A percentage with at most two decimals, in hundredths."""
    hundredths = value.decimal() * 100
    if hundredths != int(hundredths) or not hundredths > 0:
        value.wrong("a percentage with at most two decimals, such as 87.5")
        return 1
    return int(hundredths)


def _reserve(fields: Fields, number: int, amount: AmountSpec | None) -> tuple[InventorySpec, ...]:
    """The inventory from which a commitment period reserve follows; none where the amount tells it."""
    reserve = fields.maybe("reserve", quantity)
    if reserve is None or (amount is not None and reserve == defaults.share_of(amount.quantity)):
        return ()
    known = PERIODS.get(number)
    years = fields.default("years", lambda v: v.integer(1, 99), known.years if known else 1)
    if reserve % years or not reserve:
        fields.at("reserve").fault(
            f"found {reserve}; a reserve is nine tenths of the assigned amount, or the last inventory"
            f" times {years} years: write a multiple of these"
        )
    year = known.first_day.year if known else defaults.BASE_YEAR
    return (InventorySpec(year=year, emissions=max(1, reserve // years), reviewed=None),)


def _allowances(value: Value) -> dict[int, int]:
    return {activity(key): quantity(body) for key, body in value.entries()}


def _compliance(value: Value) -> ComplianceSpec:
    fields = Fields(value, required="settled", optional="emissions")
    return ComplianceSpec(
        settled=fields.need("settled", _day, None),
        emissions=fields.default("emissions", quantity, 0),
    )


def _inventories(value: Value) -> tuple[InventorySpec, ...]:
    return tuple(_inventory(key.year(), body) for key, body in value.entries())


def _inventory(year: int, value: Value) -> InventorySpec:
    if not value.is_mapping():
        return InventorySpec(year=year, emissions=quantity(value), reviewed=None)
    fields = Fields(value, required="emissions", optional="reviewed")
    return InventorySpec(
        year=year,
        emissions=fields.need("emissions", quantity, 0),
        reviewed=fields.maybe("reviewed", Value.date),
    )


def world(
    fields: Fields, names: Names, of_parties: Mapping[PartyCode, KyotoPartySpec]
) -> KyotoWorld:
    """The sections of which a world is made; Parties are read already."""
    return KyotoWorld(
        periods=fields.default("periods", periods, {}),
        parties=of_parties,
        projects=fields.default("projects", lambda v: projects(v, names), {}),
    )
