# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a change of the date of expiry does: units expire on another day, where they are."""

from __future__ import annotations

from dataclasses import replace

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.effects import Changed, Effects
from broker.rulebook.kyoto.judging import Piece


def of_expiry_date_change(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    day = case.proposed.expiry
    return Effects(
        changes=tuple(Changed(each, replace(each.attributes, expiry=day)) for each in pieces)
    )
