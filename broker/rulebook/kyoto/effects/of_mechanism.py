# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clean development mechanism adds to a transaction: the share for adaptation, and counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import giving_share, issuing_cers, leaving_pending, units_by_activity
from broker.rulebook.kyoto.effects.counts import added, issued_to, left_pending
from broker.rulebook.kyoto.effects.effects import Effects, Moved
from broker.rulebook.kyoto.judging import Piece


def with_mechanism(case: KyotoCase, pieces: tuple[Piece, ...], effects: Effects) -> Effects:
    """The effects of a transaction, and these besides."""
    if issuing_cers(case):
        name, moves = issued_to, _share(case)
    elif leaving_pending(case):
        name, moves = left_pending, ()
    else:
        return effects
    counts = Counter(
        {name(*activity): units for activity, units in units_by_activity(pieces).items()}
    )
    return replace(
        effects,
        moves=(*effects.moves, *moves),
        counted=added(effects.counted, counts),
        reserved=added(effects.reserved, counts),
    )


def _share(case: KyotoCase) -> tuple[Moved, ...]:
    share, whole = case.proposed.share, giving_share(case)
    if share is None or share.range is None or whole is None:
        return ()
    part = replace(whole, range=share.range)
    return (Moved(part, case.proposed.to_account, share.account),)
