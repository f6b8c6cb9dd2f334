# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Names of what is counted, and what of it changes when units come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from broker.rulebook.kyoto.case import TotalKey
from broker.rulebook.kyoto.codes import IN_RESERVE, Track, UnitType
from broker.rulebook.kyoto.judging import Piece


def issued(party: str, period: int) -> str:
    """AAUs that a Party issued for a period."""
    return f"kyoto-issued:{party}:{period}"


def issued_for(party: str, period: int, activity: int) -> str:
    """RMUs that a Party issued for a period and an activity."""
    return f"kyoto-issued:{party}:{period}:{activity}"


def net_source(party: str, period: int, activity: int) -> str:
    """Units that a Party cancelled for a period because an activity was a net source."""
    return f"kyoto-net-source:{party}:{period}:{activity}"


def held(party: str, period: int) -> str:
    """Units valid in a period that a Party holds."""
    return f"kyoto-held:{party}:{period}"


def retired(party: str, period: int) -> str:
    """Units that a Party retired for a period."""
    return f"kyoto-retired:{party}:{period}"


def in_reserve(party: str, period: int) -> str:
    """AAUs, RMUs, ERUs and CERs valid in a period that a Party holds or retired; what waits to end it."""
    return f"kyoto-reserve:{party}:{period}"


def issued_to(host: str, activity: int) -> str:
    """CERs, tCERs and lCERs that were issued for an activity."""
    return f"kyoto-issued-to:{host}:{activity}"


def left_pending(host: str, activity: int) -> str:
    """Those of them that were forwarded or voluntarily cancelled out of the pending account."""
    return f"kyoto-left-pending:{host}:{activity}"


def converted(party: str, project: int, track: Track | None) -> str:
    """Units that were converted for a project of a Party under a track."""
    return f"kyoto-converted:{party}:{project}:{track or 0}"


def first_transferred(party: str, period: int) -> str:
    """AAUs of a period that left the Party for the first time, shares of proceeds left out."""
    return f"kyoto-first-transferred:{party}:{period}"


def share_of_transfers(party: str, period: int) -> str:
    """AAUs of a period that a Party gave as a share of the proceeds of first transfers."""
    return f"kyoto-share-transfers:{party}:{period}"


def converted_after_share(party: str, period: int) -> str:
    """ERUs of a period that a Party converted after it had given their share of proceeds."""
    return f"kyoto-converted-after:{party}:{period}"


def share_of_conversions(party: str, period: int) -> str:
    """ERUs of a period that a Party gave as a share of the proceeds of conversions."""
    return f"kyoto-share-conversions:{party}:{period}"


def forest_acquired(party: str, period: int) -> str:
    """Forest units, tCERs and lCERs, valid in a period that a Party acquired from others."""
    return f"kyoto-forest-acquired:{party}:{period}"


def carried(party: str, period: int, kind: UnitType) -> str:
    """Units of a type that a Party carried over from a period."""
    return f"kyoto-carried:{party}:{period}:{kind.value}"


def met(notice: int) -> str:
    """Units of transactions that answered a notice of the log."""
    return f"kyoto-met:{notice}"


def opened(registry: str, kind: TotalKey) -> str:
    """Units that a registry brought in from its archive, by the total that they belong to."""
    return f"kyoto-opened:{registry}:{':'.join(str(int(each)) for each in kind)}"


def by_period(name: Callable[[str, int], str], party: str, pieces: Iterable[Piece]) -> Counter[str]:
    """Units counted for a Party by the period in which they are valid."""
    counts = Counter[str]()
    for piece in pieces:
        counts[name(party, piece.attributes.applicable_period)] += piece.range.quantity
    return counts


def reserve_of(party: str, pieces: Iterable[Piece]) -> Counter[str]:
    """Those that count towards the commitment period reserve."""
    return by_period(
        in_reserve, party, (each for each in pieces if each.attributes.unit_type in IN_RESERVE)
    )


def taken(party: str, pieces: tuple[Piece, ...]) -> Counter[str]:
    """What a Party holds more when units come; what it holds less when they go."""
    return by_period(held, party, pieces) + reserve_of(party, pieces)


def changes(
    *, plus: Counter[str] | None = None, minus: Counter[str] | None = None
) -> tuple[tuple[str, int], ...]:
    """What is added to counts, in the order of their names; what comes to nothing is left out."""
    both = Counter(plus)
    both.subtract(minus or {})
    return tuple(sorted((name, quantity) for name, quantity in both.items() if quantity))


def added(
    before: tuple[tuple[str, int], ...], more: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    """What is added to counts, and more of it."""
    both = Counter(dict(before))
    both.update(more)
    return changes(plus=both)
