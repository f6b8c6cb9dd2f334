# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Names of what is counted, and what of it changes when units come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.judging import Piece


def issued(party: str, period: int) -> str:
    """AAUs that a Party issued for a period."""
    return f"kyoto-issued:{party}:{period}"


def issued_for(party: str, period: int, activity: int) -> str:
    """RMUs that a Party issued for a period and an activity."""
    return f"kyoto-issued:{party}:{period}:{activity}"


def held(party: str, period: int) -> str:
    """Units valid in a period that a Party holds."""
    return f"kyoto-held:{party}:{period}"


def retired(party: str, period: int) -> str:
    """Units that a Party retired for a period."""
    return f"kyoto-retired:{party}:{period}"


def converted(party: str, project: int) -> str:
    """Units that were converted for a project of a Party."""
    return f"kyoto-converted:{party}:{project}"


def taken(registry: RegistryFacts | None, pieces: Iterable[Piece]) -> Counter[str]:
    """What a Party holds more when units come; negate it for units that go."""
    counts = Counter[str]()
    for piece in pieces:
        party = registry.party if registry else ""
        counts[held(party, piece.attributes.applicable_period)] += piece.range.quantity
    return counts


def changes(*, plus: Counter[str], minus: Counter[str]) -> tuple[tuple[str, int], ...]:
    """What is added to counts, in the order of their names; what comes to nothing is left out."""
    both = Counter(plus)
    both.subtract(minus)
    return tuple(sorted((name, quantity) for name, quantity in both.items() if quantity))
