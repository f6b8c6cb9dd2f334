# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an issuance does: units come into being, and count against what may be issued."""

from __future__ import annotations

from collections import Counter

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.effects.counts import changes, issued, issued_for, taken
from broker.rulebook.kyoto.effects.effects import Effects, Issued
from broker.rulebook.kyoto.effects.of_opening import of_opening
from broker.rulebook.kyoto.judging import Piece


def of_issuance(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    if case.proposed.opening:
        return of_opening(case, pieces)
    against = Counter[str]()
    for piece in pieces:
        units = piece.attributes
        if units.unit_type is UnitType.AAU:
            against[issued(case.taker, units.original_period)] += piece.range.quantity
        elif units.unit_type is UnitType.RMU:
            name = issued_for(case.taker, units.original_period, units.activity)
            against[name] += piece.range.quantity
    return Effects(
        issues=tuple(Issued(piece, case.proposed.to_account) for piece in pieces),
        counted=changes(plus=against + taken(case.taker, pieces)),
        reserved=changes(plus=against),
    )
