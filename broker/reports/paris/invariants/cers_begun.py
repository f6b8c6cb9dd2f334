# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of CERs that came over: each carries the serial of the unit that ended for it, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.stated_keys import RULEBOOK
from broker.reports.invariants.transitions import completed_transitions
from broker.rulebook.paris.underlying import standing_behind
from itmo.runtime.db.connection import Connection
from itmo.serial_sets import text


def cers_carry_the_serials_that_ended(connection: Connection) -> Iterator[str]:
    """The numbers that blocks carry are, in their order, those of the units that ended."""
    for transaction_id, postings in completed_transitions(connection):
        begins = postings.begins
        if begins is None or begins.rulebook != RULEBOOK:
            continue
        carried: list[int] = []
        for issue in begins.postings.issues:
            behind = standing_behind(stated_attributes(issue.attributes))
            if behind is None:
                units = (issue.units.registry, issue.units.range.first, issue.units.range.last)
                yield f"{text(units)} began by transition {transaction_id} without a serial"
                break
            carried += [behind.first, behind.last]
        else:
            ended = [each.units.range for each in postings.moves]
            if _runs(carried) != _runs([n for each in ended for n in (each.first, each.last)]):
                yield f"units carry other serials than those that transition {transaction_id} ended"


def _runs(numbers: list[int]) -> list[int]:
    """First and last numbers, without those at which one range only goes on where another stopped."""
    joined: list[int] = []
    for first, last in zip(numbers[::2], numbers[1::2], strict=True):
        if joined and joined[-1] + 1 == first:
            joined[-1] = last
        else:
            joined += [first, last]
    return joined
