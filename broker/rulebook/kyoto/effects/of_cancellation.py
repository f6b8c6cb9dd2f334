# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a cancellation does: units end, and are held by nobody."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.counts import changes, net_source, reserve_of, taken
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.effects.moving import ended, moved
from broker.rulebook.kyoto.judging import Piece

NET_SOURCE: Final = 210
"""Type of the account into which units are cancelled because an activity was a net source."""


def of_cancellation(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does."""
    party, activity = case.giver, case.proposed.activity
    source = Counter[str]()
    if case.to_account and case.to_account.account_type == NET_SOURCE and activity:
        for piece in pieces:
            name = net_source(party, piece.attributes.applicable_period, activity)
            source[name] += piece.range.quantity
    return Effects(
        moves=moved(case, pieces),
        changes=ended(case, pieces),
        counted=changes(plus=source, minus=taken(party, pieces)),
        reserved=changes(plus=source + reserve_of(party, pieces)),
    )
