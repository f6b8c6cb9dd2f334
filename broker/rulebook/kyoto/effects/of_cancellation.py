# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a cancellation does: units end, and are held by nobody."""

from __future__ import annotations

from collections import Counter

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.counts import changes, taken
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.effects.moving import moved
from broker.rulebook.kyoto.judging import Piece


def of_cancellation(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    return Effects(
        moves=moved(case, pieces),
        counted=changes(plus=Counter(), minus=taken(case.from_registry, pieces)),
    )
