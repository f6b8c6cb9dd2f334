# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Targets of Parties against what they emitted, hold and retired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from broker.regime.kyoto import stated_keys
from broker.reports.kyoto.history import History, Holder, Lot
from broker.reports.kyoto.stated import every_stated, stated_last
from broker.reports.snapshot import snapshot
from broker.rulebook.kyoto.account_types import RETIREMENT
from broker.rulebook.kyoto.case import AssignedAmount
from broker.rulebook.kyoto.codes import CERS, UnitType
from broker.rulebook.kyoto.targets import WHOLE, Target
from itmo.identifiers import RegistryId, registry_party
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Units that a Party retired for a commitment period.

    Attributes:
        by_type: How many of each type.
        abroad: How many of them another Party issued or hosted.
        claimed: CERs among them by host, where the host states a target of its own: both count the
            same reduction.
    """

    by_type: Mapping[UnitType, int] = field(default_factory=dict)
    abroad: int = 0
    claimed: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_type.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a Party stands against one target.

    Attributes:
        target: As it was stated last.
        emissions: Reviewed emissions of the years it covers, by year; years that are not here are
            not known.
        used: What was retired for its commitment period.
        held: What the Party holds of units valid in that period.
        amount: Its assigned amount for that period; None: not stated.
    """

    target: Target
    emissions: Mapping[int, int]
    used: Used
    held: Mapping[UnitType, int]
    amount: AssignedAmount | None

    @property
    def at_most(self) -> int:
        """What may be emitted in all its years by the least reduction, t CO2 eq."""
        return self.target.allowed(self.target.least)

    @property
    def at_least(self) -> int:
        """The same by the most reduction: the narrow end of the range."""
        return self.target.allowed(self.target.most)

    @property
    def emitted(self) -> int:
        """Sum of the emissions that are known."""
        return sum(self.emissions.values())

    @property
    def complete(self) -> bool:
        """True when the emissions of all its years are known."""
        return len(self.emissions) == self.target.years

    @property
    def abroad(self) -> Fraction | None:
        """Share of what was retired that is from abroad; None where nothing was."""
        return Fraction(self.used.abroad, self.used.total) if self.used.total else None

    @property
    def abroad_exceeded(self) -> bool:
        """True when more is from abroad than the target allows."""
        return self.abroad is not None and self.abroad > Fraction(self.target.abroad, WHOLE)


def standings(connection: Connection, as_of: datetime | None = None) -> list[Standing]:
    """How every Party stands against each of its targets, by Party and name.

    Args:
        connection: The database.
        as_of: Leave out what was stated or decided later; None: nothing.
    """
    with snapshot(connection):
        targets = stated_last(connection, stated_keys.TARGET, as_of)
        amounts = stated_last(connection, stated_keys.ASSIGNED_AMOUNT, as_of)
        inventories: dict[str, dict[int, int]] = {}
        for (party,), inventory in every_stated(connection, stated_keys.INVENTORY, as_of):
            inventories.setdefault(party, {})[inventory.year] = inventory.emissions
        history = History(connection)
        for _ in history.events(as_of):
            pass
        books = _Books({party for party, _ in targets})
        for holder, lot in history.held():
            books.take(holder, lot)
    found = []
    for (party, _), target in sorted(targets.items()):
        years = range(target.first_year, target.last_year + 1)
        known = inventories.get(party, {})
        found.append(
            Standing(
                target=target,
                emissions={year: known[year] for year in years if year in known},
                used=books.used(party, target.period),
                held=dict(sorted(books.held.get((party, target.period), {}).items())),
                amount=amounts.get((party, str(target.period))),
            )
        )
    return found


class _Books:
    """What Parties hold and retired, by Party and period."""

    def __init__(self, pledged: set[str]) -> None:
        self._pledged = pledged
        self.held: dict[tuple[str, int], Counter[UnitType]] = {}
        self._retired: dict[tuple[str, int], Counter[UnitType]] = {}
        self._abroad = Counter[tuple[str, int]]()
        self._claimed: dict[tuple[str, int], Counter[str]] = {}

    def take(self, holder: Holder, lot: Lot) -> None:
        """Adds a live range."""
        units, kind = lot.attributes, lot.attributes.unit_type
        place = (holder.party, units.applicable_period)
        if kind is None:
            return
        if holder.holds:
            self.held.setdefault(place, Counter())[kind] += lot.quantity
        if holder.account_type != RETIREMENT:
            return
        origin = registry_party(RegistryId(lot.registry))
        self._retired.setdefault(place, Counter())[kind] += lot.quantity
        if origin != holder.party:
            self._abroad[place] += lot.quantity
        if kind in CERS and origin in self._pledged:
            self._claimed.setdefault(place, Counter())[origin] += lot.quantity

    def used(self, party: str, period: int) -> Used:
        """What a Party retired for a period."""
        place = (party, period)
        return Used(
            by_type=dict(sorted(self._retired.get(place, {}).items())),
            abroad=self._abroad[place],
            claimed=dict(sorted(self._claimed.get(place, {}).items())),
        )
