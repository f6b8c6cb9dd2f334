# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transaction does, whatever its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.effects.of_cancellation import of_cancellation
from broker.rulebook.kyoto.effects.of_carry_over import of_carry_over
from broker.rulebook.kyoto.effects.of_conversion import of_conversion
from broker.rulebook.kyoto.effects.of_expiry_date_change import of_expiry_date_change
from broker.rulebook.kyoto.effects.of_issuance import of_issuance
from broker.rulebook.kyoto.effects.of_mechanism import with_mechanism
from broker.rulebook.kyoto.effects.of_notice import with_notice
from broker.rulebook.kyoto.effects.of_replacement import of_replacement
from broker.rulebook.kyoto.effects.of_retirement import of_retirement
from broker.rulebook.kyoto.effects.of_transfer import of_transfer
from broker.rulebook.kyoto.judging import Piece, pieces_of

_OF: Final[Mapping[TransactionType, Callable[[KyotoCase, tuple[Piece, ...]], Effects]]] = {
    TransactionType.ISSUANCE: of_issuance,
    TransactionType.TRANSFER: of_transfer,
    TransactionType.CONVERSION: of_conversion,
    TransactionType.CANCELLATION: of_cancellation,
    TransactionType.RETIREMENT: of_retirement,
    TransactionType.CARRY_OVER: of_carry_over,
    TransactionType.REPLACEMENT: of_replacement,
    TransactionType.EXPIRY_DATE_CHANGE: of_expiry_date_change,
}
TRANSACTION_TYPES: Final = frozenset(_OF)
"""What this rulebook has; a proposal of another type is not taken in."""


def effects_of(case: KyotoCase) -> Effects:
    """What the transaction would do; to be used only when it is valid."""
    effects = _OF.get(case.proposed.type)
    if effects is None:
        return Effects()
    pieces = tuple(pieces_of(case))
    if case.proposed.opening:
        return effects(case, pieces)
    done = with_mechanism(case, pieces, effects(case, pieces))
    return with_notice(case, pieces, done)
