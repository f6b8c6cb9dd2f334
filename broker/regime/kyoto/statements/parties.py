# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated of periods, and of Parties for a period or a year."""

from __future__ import annotations

from typing import Final

from broker.regime.fields import day
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.statements.kind import Kind, at_least_one, invalid, period_number
from broker.regime.regime import Key
from broker.rulebook.kyoto.case import AssignedAmount, Compliance, Eligibility, Inventory
from broker.rulebook.kyoto.tables import ACTIVITIES, CommitmentPeriod
from itmo import limits
from itmo.identifiers import parse_party_code
from itmo.kyoto.v1 import statements_pb2

WHOLE: Final = 10_000
"""Hundredths of a per cent in a whole."""
_MAX_PER_MYRIAD: Final = 2 * WHOLE
"""No Party was ever allowed to emit twice its base."""


def _period(written: statements_pb2.CommitmentPeriod) -> tuple[Key, CommitmentPeriod]:
    opens, ends = written.carry_over_from, written.carry_over_until
    period = CommitmentPeriod(
        first_day=day(written.first_day, "period.first_day"),
        last_day=day(written.last_day, "period.last_day"),
        true_up_ends=day(written.true_up_ends, "period.true_up_ends"),
        carry_over_from=day(opens, "period.carry_over_from") if opens else None,
        carry_over_until=day(ends, "period.carry_over_until") if ends else None,
    )
    if not period.first_day <= period.last_day <= period.true_up_ends:
        raise invalid("period", "first_day, last_day and true_up_ends in their order")
    if (period.carry_over_from is None) != (period.carry_over_until is None):
        raise invalid("period.carry_over_until", "both days of the window, or neither")
    if (
        period.carry_over_from
        and period.carry_over_until
        and not (period.last_day < period.carry_over_from <= period.carry_over_until)
    ):
        raise invalid("period.carry_over_until", "a window after the period, in its order")
    return stated_keys.period(period_number(written.period, "period.period")), period


def _assigned_amount(written: statements_pb2.AssignedAmount) -> tuple[Key, AssignedAmount]:
    _quantity(written.quantity, "assigned_amount.quantity")
    told = (written.base_emissions, written.base_year, written.per_myriad)
    if any(told) and not all(told):
        raise invalid("assigned_amount", "base_emissions, base_year and per_myriad together")
    if written.base_emissions > limits.MAX_UNITS:
        raise invalid("assigned_amount.base_emissions", f"at most {limits.MAX_UNITS}")
    if written.per_myriad > _MAX_PER_MYRIAD:
        raise invalid("assigned_amount.per_myriad", f"at most {_MAX_PER_MYRIAD}")
    party = parse_party_code(written.party, "assigned_amount.party")
    period = period_number(written.period, "assigned_amount.period")
    return stated_keys.assigned_amount(party, period), AssignedAmount(
        quantity=written.quantity,
        base_emissions=written.base_emissions,
        base_year=written.base_year,
        per_myriad=written.per_myriad,
    )


def _removal_allowance(written: statements_pb2.RemovalAllowance) -> tuple[Key, int]:
    if written.activity not in ACTIVITIES:
        raise invalid("removal_allowance.activity", f"one of {', '.join(map(str, ACTIVITIES))}")
    party = parse_party_code(written.party, "removal_allowance.party")
    period = period_number(written.period, "removal_allowance.period")
    quantity = _quantity(written.quantity, "removal_allowance.quantity")
    return stated_keys.removal_allowance(party, period, written.activity), quantity


def _inventory(written: statements_pb2.Inventory) -> tuple[Key, Inventory]:
    party = parse_party_code(written.party, "inventory.party")
    return stated_keys.inventory(party), Inventory(
        year=at_least_one(written.year, "inventory.year", "a calendar year"),
        emissions=_quantity(written.emissions, "inventory.emissions"),
        reviewed_on=day(written.reviewed_on, "inventory.reviewed_on"),
    )


def _eligibility(written: statements_pb2.Eligibility) -> tuple[Key, Eligibility]:
    party = parse_party_code(written.party, "eligibility.party")
    said = Eligibility(eligible=written.eligible, cers=not written.no_cers)
    return stated_keys.eligibility(party), said


def _compliance(written: statements_pb2.Compliance) -> tuple[Key, Compliance]:
    party = parse_party_code(written.party, "compliance.party")
    period = period_number(written.period, "compliance.period")
    settled = written.settled_on
    if written.emissions > limits.MAX_UNITS:
        raise invalid("compliance.emissions", f"at most {limits.MAX_UNITS}")
    return stated_keys.compliance(party, period), Compliance(
        settled_on=day(settled, "compliance.settled_on") if settled else None,
        emissions=written.emissions,
    )


def _quantity(quantity: int, where: str) -> int:
    if not 0 < quantity <= limits.MAX_UNITS:
        raise invalid(where, f"1 to {limits.MAX_UNITS}")
    return quantity


KINDS: Final = (
    Kind("period", _period),
    Kind("assigned_amount", _assigned_amount),
    Kind("eligibility", _eligibility),
    Kind("removal_allowance", _removal_allowance),
    Kind("inventory", _inventory),
    Kind("compliance", _compliance),
)
