# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that go from the source account to the target account, some of them for good."""

from __future__ import annotations

from dataclasses import replace

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.effects import Changed, Moved
from broker.rulebook.kyoto.judging import Piece


def moved(case: KyotoCase, pieces: tuple[Piece, ...]) -> tuple[Moved, ...]:
    """All of them."""
    stated = case.proposed
    return tuple(Moved(piece, stated.from_account, stated.to_account) for piece in pieces)


def ended(case: KyotoCase, pieces: tuple[Piece, ...]) -> tuple[Changed, ...]:
    """Units that end keep which transaction ended them, for whoever comes too late."""
    by = case.proposed.transaction_id
    return tuple(Changed(each, replace(each.attributes, changed_by=by)) for each in pieces)
