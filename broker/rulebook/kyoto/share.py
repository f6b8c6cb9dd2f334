# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The share of proceeds of the second period: what it is due on, how much, and how it is given.

It is given by a transaction of its own before the units that it is due on move or become ERUs: the
supplementary transaction types say which is which.
"""

from __future__ import annotations

from typing import Final

from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.judging import Piece, first_time
from itmo.parties import CDM_REGISTRY

FROM_PERIOD: Final = 2
"""The first period of whose AAUs and ERUs a share is due (1/CMP.8 paragraph 21)."""
PER_CENT: Final = 2
"""Of all units that leave the Party for the first time, or become ERUs, the share itself among them."""
BEFORE_SHARE: Final = 56
"""Conversion of the units that are to be given."""
AFTER_SHARE: Final = 57
"""Conversion of the others."""
TRANSFER_SHARE: Final = 47
"""Transfer of AAUs that are given for first transfers."""
CONVERSION_SHARE: Final = 49
"""Transfer of ERUs that are given for conversions."""
SHARES: Final = frozenset({TRANSFER_SHARE, CONVERSION_SHARE})
FUND_ACCOUNT: Final = 100
"""Type of the accounts of the CDM registry to which shares are given."""
FUND_REGISTRY: Final = CDM_REGISTRY


def due_on(units: KyotoAttributes) -> bool:
    """Whether a share is due when such units first leave their Party or become ERUs."""
    return units.original_period >= FROM_PERIOD


def share_due(piece: Piece, party: str) -> bool:
    """Whether a share is due on units that leave a Party: AAUs, for the first time."""
    units = piece.attributes
    return units.unit_type is UnitType.AAU and due_on(units) and first_time(piece, party)


def owed(given: int, others: int) -> int:
    """How many units are still to be given, when so many others move or are converted."""
    due = -(-others * PER_CENT // (100 - PER_CENT))
    return max(due - given, 0)
