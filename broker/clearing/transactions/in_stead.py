# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which units began in the stead of which, in a transition: the first for the first, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from broker.regime.postings import Postings, Units
from itmo.serials import SerialRange


class UnevenTransitionError(Exception):
    """More units end than begin, or fewer: a bug of a regime."""


@dataclass(frozen=True, slots=True)
class InStead:
    """Units that end, and as many that begin in their stead, in the same order."""

    ended: Units
    begun: Units


def in_stead(postings: Postings) -> Iterator[InStead]:
    """Both serials of every unit of a transition; none of another transaction.

    Raises:
        UnevenTransitionError: a regime let one pass that does not fit.
    """
    if postings.begins is None:
        return
    ended = [each.units for each in postings.moves]
    begun = [each.units for each in postings.begins.postings.issues]
    while ended and begun:
        count = min(ended[0].range.quantity, begun[0].range.quantity)
        yield InStead(_taken(ended, count), _taken(begun, count))
    if ended or begun:
        message = "more units end than begin, or fewer"
        raise UnevenTransitionError(message)


def begun_for(pairs: Iterable[InStead], units: Units) -> Iterator[Units]:
    """What began in the stead of units of a range, in their order."""
    for pair in pairs:
        shared = pair.ended.range.intersection(units.range)
        if shared is not None and pair.ended.registry == units.registry:
            behind = pair.begun.range.first - pair.ended.range.first
            yield Units(
                pair.begun.registry, SerialRange(shared.first + behind, shared.last + behind)
            )


def _taken(rest: list[Units], count: int) -> Units:
    """Takes the first units off a list of ranges."""
    units = rest.pop(0)
    first, last = units.range.first, units.range.first + count - 1
    if last < units.range.last:
        rest.insert(0, Units(units.registry, SerialRange(last + 1, units.range.last)))
    return Units(units.registry, SerialRange(first, last))
