# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that go from the source account to the target account."""

from __future__ import annotations

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.effects import Moved
from broker.rulebook.kyoto.judging import Piece


def moved(case: KyotoCase, pieces: tuple[Piece, ...]) -> tuple[Moved, ...]:
    """All of them."""
    stated = case.proposed
    return tuple(Moved(piece, stated.from_account, stated.to_account) for piece in pieces)
