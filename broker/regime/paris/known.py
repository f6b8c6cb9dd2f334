# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what was stated and counted to the facts that Paris judges by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Generic, TypeVar

from broker.ledger.tallies import Tallies
from broker.regime.paris import keys, tallies
from broker.regime.paris.statements import party
from broker.regime.stated import Stated
from broker.rulebook.paris.approaches import ApproachFacts, ApproachTotals
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.purposes import Purpose

K = TypeVar("K")
V = TypeVar("V")


class _Facts(Mapping[K, V], Generic[K, V]):
    """Facts of one kind, each put together when it is asked for."""

    def __init__(self, names: Callable[[], Iterable[K]], find: Callable[[K], V | None]) -> None:
        self._names = names
        self._find = find

    def __getitem__(self, name: K) -> V:
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[K]:
        return iter(self._names())

    def __len__(self) -> int:
        return sum(1 for _ in self._names())


def parties(stated: Stated) -> Mapping[str, PartyFacts]:
    """Parties by code."""
    return _Facts(
        lambda: (key.name for key in stated.keys(keys.PARTY)),
        lambda name: party.as_known(stated.history(keys.party(name))),
    )


def approaches(stated: Stated) -> Mapping[str, ApproachFacts]:
    """Cooperative approaches by canonical id."""
    return _Facts(
        lambda: (key.name for key in stated.keys(keys.APPROACH)),
        lambda name: stated.last(keys.approach(name)),
    )


def totals(stated: Stated, counts: Tallies) -> Mapping[str, ApproachTotals]:
    """Of cooperative approaches that are known, what became of their units."""

    def find(name: str) -> ApproachTotals | None:
        if stated.last(keys.approach(name)) is None:
            return None
        transferred = counts[tallies.first_transferred(name)].quantity
        left = counts[tallies.unspent(name)].quantity
        return ApproachTotals(first_transferred=transferred, used_or_cancelled=transferred - left)

    return _Facts(lambda: (key.name for key in stated.keys(keys.APPROACH)), find)


def registrations(stated: Stated) -> Mapping[tuple[str, str], date]:
    """When activities were registered, by cooperative approach and activity."""
    return _Facts(
        lambda: map(keys.parts, stated.keys(keys.ACTIVITY)),
        lambda name: stated.last(keys.activity(*name)),
    )


def authorizations(
    stated: Stated,
    counts: Tallies,
    *,
    waiting: bool = True,
    of: Callable[[str], bool] | None = None,
) -> Mapping[tuple[str, str], AuthorizationHistory]:
    """Authorizations with what was issued and used under them, by Party and id.

    Args:
        stated: Their versions.
        counts: The counts. Letters that are only searched have none.
        waiting: Whether issuances that wait count.
        of: The Parties whose letters are told; None: all.
    """

    def find(name: tuple[str, str]) -> AuthorizationHistory | None:
        versions = stated.history(keys.authorization(*name))
        if not versions or (of is not None and not of(name[0])):
            return None
        if tallies.issued(*name) not in counts:
            return AuthorizationHistory(versions=versions)
        total = counts[tallies.issued(*name)]
        return AuthorizationHistory(
            versions=versions,
            issued_quantity=total.quantity,
            reserved_quantity=total.reserved if waiting else 0,
            used={each: counts[tallies.used(*name, each)].quantity for each in Purpose},
        )

    return _Facts(
        lambda: (
            name
            for name in map(keys.parts, stated.keys(keys.AUTHORIZATION))
            if of is None or of(name[0])
        ),
        find,
    )
