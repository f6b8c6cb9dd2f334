# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a replacement does: units end in the place of others, which are marked where they are."""

from __future__ import annotations

from dataclasses import replace

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.counts import by_period, changes, held
from broker.rulebook.kyoto.effects.effects import Changed, Effects
from broker.rulebook.kyoto.effects.moving import ended, moved
from broker.rulebook.kyoto.judging import Piece, named_of


def of_replacement(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does; units that replace go on counting towards the reserve, as retired ones do."""
    name = case.proposed.transaction_id
    return Effects(
        moves=moved(case, pieces),
        changes=(
            *ended(case, pieces),
            *(
                Changed(piece, replace(piece.attributes, replaced_by=name))
                for _, piece in named_of(case)
            ),
        ),
        counted=changes(minus=by_period(held, case.giver, pieces)),
    )
