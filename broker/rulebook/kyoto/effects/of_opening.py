# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What bringing in the units of an archive does: they come into being in the accounts that they lie in."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES, RETIREMENT
from broker.rulebook.kyoto.case import KyotoCase, TotalKey
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.effects.counts import (
    by_period,
    changes,
    held,
    issued,
    issued_for,
    opened,
    reserve_of,
    retired,
)
from broker.rulebook.kyoto.effects.effects import Effects, Issued
from broker.rulebook.kyoto.judging import Piece, activity_of

_KEPT: Final = frozenset({TransactionType.RETIREMENT, TransactionType.REPLACEMENT})
"""Units that these ended go on counting towards the commitment period reserve."""


def kind_of(case: KyotoCase, piece: Piece) -> TotalKey:
    """By which total of the archive units are counted."""
    account = case.to_account.account_type if case.to_account else 0
    said, units = case.proposed, piece.attributes
    kind = int(units.unit_type or 0)
    return TotalKey(account, kind, units.applicable_period, said.had_left, said.were_replaced)


def of_opening(case: KyotoCase, pieces: tuple[Piece, ...]) -> Effects:
    """What completing it does; AAUs and RMUs count as issued by the Party that they are numbered under."""
    against = Counter[str]()
    for piece in pieces:
        units, quantity = piece.attributes, piece.range.quantity
        against[opened(case.proposed.to_registry, kind_of(case, piece))] += quantity
        party, _ = activity_of(piece)
        if units.unit_type is UnitType.AAU:
            against[issued(party, units.original_period)] += quantity
        elif units.unit_type is UnitType.RMU:
            against[issued_for(party, units.original_period, units.activity)] += quantity
    return Effects(
        issues=tuple(Issued(piece, case.proposed.to_account) for piece in pieces),
        counted=changes(plus=against + _lying(case, pieces)),
        reserved=changes(plus=against),
    )


def _lying(case: KyotoCase, pieces: tuple[Piece, ...]) -> Counter[str]:
    """What a Party holds or used: by the account that the units lie in."""
    kind = ACCOUNT_TYPES[case.to_account.account_type] if case.to_account else None
    if kind is None:
        return Counter()
    lying = Counter[str]()
    if not kind.final:
        lying += by_period(held, case.taker, pieces)
    elif kind.number == RETIREMENT:
        lying += by_period(retired, case.taker, pieces)
    if not kind.final or kind.entered_by & _KEPT:
        lying += reserve_of(case.taker, pieces)
    return lying
