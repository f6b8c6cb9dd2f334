# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transfer does: units go to another account, and from Party to Party."""

from __future__ import annotations

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.counts import changes, taken
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.effects.moving import moved
from broker.rulebook.kyoto.judging import Piece


def of_transfer(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    return Effects(
        moves=moved(case, pieces),
        counted=changes(
            plus=taken(case.to_registry, pieces), minus=taken(case.from_registry, pieces)
        ),
    )
