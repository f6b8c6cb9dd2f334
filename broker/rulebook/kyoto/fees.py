# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is owed for the administration of the clean development mechanism, in whole cents (USD).

The first units of an activity that are asked for in a calendar year cost less than those beyond. Units
are paid for in the order in which they were asked for, so that a part of the money frees a part of
them (CDM Executive Board, annual report of 2017, paras 31-34; 7/CMP.1 para 37).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from broker.rulebook.kyoto.tables import FEES, FeeRates

_CENTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceRequest:
    """A request for units of an activity, the share for adaptation among them.

    Attributes:
        paid_before: Whether it is dealt with only when it is paid for.
    """

    number: int
    requested_on: date
    quantity: int
    paid_before: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """Units that cost the same each."""

    units: int
    cents: int


def rates_on(day: date) -> FeeRates:
    """The rates by which a request of a day is reckoned; the first ones where none had begun."""
    return next((each for each in reversed(FEES) if each.from_day <= day), FEES[0])


def in_order(requests: Iterable[IssuanceRequest]) -> list[IssuanceRequest]:
    """As they were made."""
    return sorted(requests, key=lambda each: (each.requested_on, each.number))


def owed_for(requests: Sequence[IssuanceRequest], units: int) -> int:
    """Cents for the first units that were asked for; units that were not are free of it here."""
    cents = 0
    for step in _steps(requests):
        part = min(units, step.units)
        cents += part * step.cents
        units -= part
    return cents


def paid_part(requests: Sequence[IssuanceRequest], cents: int) -> int:
    """How many of the first units an amount pays for."""
    units = 0
    for step in _steps(requests):
        part = min(step.units, cents // step.cents)
        units += part
        cents -= part * step.cents
        if part < step.units:
            break
    return units


def registration_fee(yearly_reductions: int, day: date) -> int:
    """Cents that are prepaid for an activity by its average yearly reductions, t CO2 eq."""
    rates = rates_on(day)
    if yearly_reductions < rates.least_yearly_reductions:
        return 0
    once = IssuanceRequest(number=1, requested_on=day, quantity=yearly_reductions)
    return min(owed_for((once,), yearly_reductions), rates.most_registration_cents)


def dollars(cents: int) -> str:
    """An amount as people read it, such as USD 500.20."""
    return f"USD {cents // _CENTS}.{cents % _CENTS:02}"


def _steps(requests: Iterable[IssuanceRequest]) -> Iterator[_Step]:
    year, asked = 0, 0
    for each in in_order(requests):
        rates = rates_on(each.requested_on)
        if each.requested_on.year != year:
            year, asked = each.requested_on.year, 0
        cheap = min(each.quantity, max(0, rates.first_units - asked))
        asked += each.quantity
        if cheap:
            yield _Step(cheap, rates.cents_at_first)
        if each.quantity > cheap:
            yield _Step(each.quantity - cheap, rates.cents_beyond)
