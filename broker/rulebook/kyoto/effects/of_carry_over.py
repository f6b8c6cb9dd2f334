# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a carry-over does: units become valid in the next period; AAUs go into their reserve."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.effects.counts import carried, changes, reserve_of, taken
from broker.rulebook.kyoto.effects.effects import Changed, Effects
from broker.rulebook.kyoto.effects.moving import moved
from broker.rulebook.kyoto.judging import Piece


def of_carry_over(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does; CERs and ERUs stay in their account."""
    stated = case.proposed
    counts = Counter[str]()
    after = []
    for piece in pieces:
        units = piece.attributes
        if units.unit_type not in (None, UnitType.AAU):
            counts[carried(case.giver, units.applicable_period, units.unit_type)] += (
                piece.range.quantity
            )
        then = replace(units, applicable_period=stated.period, changed_by=stated.transaction_id)
        after.append(replace(piece, attributes=then))
    return Effects(
        moves=moved(case, pieces) if stated.from_account != stated.to_account else (),
        changes=tuple(
            Changed(piece, then.attributes) for piece, then in zip(pieces, after, strict=True)
        ),
        counted=changes(
            plus=counts + taken(case.giver, tuple(after)), minus=taken(case.giver, pieces)
        ),
        reserved=changes(plus=counts + reserve_of(case.giver, pieces)),
    )
