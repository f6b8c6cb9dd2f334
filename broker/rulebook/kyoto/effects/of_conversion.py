# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a conversion does: units become those of a project, where they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import CONVERTED
from broker.rulebook.kyoto.effects.counts import changes, converted
from broker.rulebook.kyoto.effects.effects import Changed, Effects
from broker.rulebook.kyoto.judging import Piece


def of_conversion(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    party = case.from_registry.party if case.from_registry else ""
    name = converted(party, case.proposed.project)
    counted = changes(
        plus=Counter({name: sum(piece.range.quantity for piece in pieces)}), minus=Counter()
    )
    return Effects(
        changes=tuple(Changed(piece, _become(case, piece.attributes)) for piece in pieces),
        counted=counted,
        reserved=counted,
    )


def _become(case: KyotoCase, was: KyotoAttributes) -> KyotoAttributes:
    return replace(
        was,
        unit_type=CONVERTED.get(was.unit_type) if was.unit_type else None,
        project=case.proposed.project,
        track=case.proposed.track,
    )
