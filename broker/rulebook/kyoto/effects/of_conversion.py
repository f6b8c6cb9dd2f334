# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a conversion does: units become those of a project, where they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import CONVERTED
from broker.rulebook.kyoto.effects.counts import (
    by_period,
    changes,
    converted,
    converted_after_share,
)
from broker.rulebook.kyoto.effects.effects import Changed, Effects
from broker.rulebook.kyoto.judging import Piece, quantity_of
from broker.rulebook.kyoto.share import AFTER_SHARE, BEFORE_SHARE


def of_conversion(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    stated = case.proposed
    counts = Counter({converted(case.giver, stated.project, stated.track): quantity_of(pieces)})
    if stated.supplementary_type == AFTER_SHARE:
        counts += by_period(converted_after_share, case.giver, pieces)
    return Effects(
        changes=tuple(Changed(piece, _become(case, piece.attributes)) for piece in pieces),
        counted=changes(plus=counts),
        reserved=changes(plus=counts),
    )


def _become(case: KyotoCase, was: KyotoAttributes) -> KyotoAttributes:
    stated = case.proposed
    return replace(
        was,
        unit_type=CONVERTED.get(was.unit_type) if was.unit_type else None,
        project=stated.project,
        track=stated.track,
        transferred=False,
        for_share=stated.supplementary_type == BEFORE_SHARE,
        changed_by=stated.transaction_id,
    )
