# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a retirement does: units end, and count for compliance with their period."""

from __future__ import annotations

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.counts import by_period, changes, held, retired
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.effects.moving import ended, moved
from broker.rulebook.kyoto.judging import Piece


def of_retirement(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does; retired units go on counting towards the reserve."""
    return Effects(
        moves=moved(case, pieces),
        changes=ended(case, pieces),
        counted=changes(
            plus=by_period(retired, case.giver, pieces), minus=by_period(held, case.giver, pieces)
        ),
    )
