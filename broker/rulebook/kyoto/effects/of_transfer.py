# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transfer does: units go to another account, and from Party to Party."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import FOREST_CERS, Track, UnitType
from broker.rulebook.kyoto.effects.counts import (
    by_period,
    changes,
    first_transferred,
    forest_acquired,
    reserve_of,
    share_of_conversions,
    share_of_transfers,
    taken,
)
from broker.rulebook.kyoto.effects.effects import Changed, Effects
from broker.rulebook.kyoto.effects.moving import moved
from broker.rulebook.kyoto.judging import Piece, external, first_time
from broker.rulebook.kyoto.share import CONVERSION_SHARE, TRANSFER_SHARE, due_on, share_due


def of_transfer(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does; within a Party nothing that is counted changes."""
    moves = moved(case, pieces)
    if not external(case):
        return Effects(moves=moves)
    ended = case.to_account is not None and case.account_types[case.to_account.account_type].final
    kept = _kept(case, pieces)
    shares = _shares(case, pieces)
    come = Counter[str]() if ended else taken(case.taker, pieces)
    return Effects(
        moves=moves,
        changes=tuple(
            Changed(piece, replace(piece.attributes, transferred=True, for_share=False))
            for piece in pieces
            if first_time(piece, case.giver) and _marked(piece)
        ),
        counted=changes(plus=come + kept + shares, minus=taken(case.giver, pieces)),
        reserved=changes(plus=kept + reserve_of(case.giver, pieces)),
    )


def _kept(case: KyotoCase, pieces: tuple[Piece, ...]) -> Counter[str]:
    """What counts against limits, and so is reserved while it waits."""
    forest = [each for each in pieces if each.attributes.unit_type in FOREST_CERS]
    counts = by_period(forest_acquired, case.taker, forest)
    if case.proposed.supplementary_type != TRANSFER_SHARE:
        counts += by_period(first_transferred, case.giver, _first_aaus(case, pieces))
    return counts


def _shares(case: KyotoCase, pieces: tuple[Piece, ...]) -> Counter[str]:
    """What is given as a share of proceeds; it counts when it was given, and not before."""
    if case.proposed.supplementary_type == TRANSFER_SHARE:
        return by_period(share_of_transfers, case.giver, _first_aaus(case, pieces))
    if case.proposed.supplementary_type == CONVERSION_SHARE:
        return by_period(share_of_conversions, case.giver, pieces)
    return Counter()


def _first_aaus(case: KyotoCase, pieces: tuple[Piece, ...]) -> list[Piece]:
    return [each for each in pieces if share_due(each, case.giver)]


def _marked(piece: Piece) -> bool:
    """Whether it matters later that it has left its Party."""
    units = piece.attributes
    if units.unit_type is UnitType.AAU:
        return due_on(units)
    return units.track is Track.INDEPENDENTLY_VERIFIED or units.for_share
