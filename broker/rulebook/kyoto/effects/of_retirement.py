# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a retirement does: units end, and count for compliance with their period."""

from __future__ import annotations

from collections import Counter

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.counts import changes, retired, taken
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.effects.moving import moved
from broker.rulebook.kyoto.judging import Piece


def of_retirement(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    party = case.to_registry.party if case.to_registry else ""
    plus = Counter[str]()
    for piece in pieces:
        plus[retired(party, piece.attributes.applicable_period)] += piece.range.quantity
    return Effects(
        moves=moved(case, pieces),
        counted=changes(plus=plus, minus=taken(case.from_registry, pieces)),
    )
