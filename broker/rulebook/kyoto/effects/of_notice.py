# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What answers a notice of the log is counted for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.counts import added, met
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.judging import Piece, quantity_of


def with_notice(case: KyotoCase, pieces: Iterable[Piece], effects: Effects) -> Effects:
    """What a transaction does, and besides what it does for the notice that it names."""
    number = case.proposed.log_notice
    if not number:
        return effects
    more = {met(number): quantity_of(pieces)}
    return replace(
        effects, counted=added(effects.counted, more), reserved=added(effects.reserved, more)
    )
