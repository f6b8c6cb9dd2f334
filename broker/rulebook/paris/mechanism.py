# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much of an Article 6.4 issuance goes elsewhere at once, in whole units.

Every issuance gives a share to the Adaptation Fund and a share to overall mitigation in global
emissions, authorized or not (3/CMA.3 annex paras 58-59; 7/CMA.4 annex I paras 39-40). No decision says
how to round to whole units. The second is a minimum, so it is rounded up. The first is rounded by
the policy below, which is part of the rulebook's digest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from broker.rulebook.paris.attributes import UnitType


class Rounding(StrEnum):
    """How a share that is no whole number becomes one."""

    UP = "UP"
    DOWN = "DOWN"


SHARE_OF_PROCEEDS_PER_CENT: Final = 5
"""3/CMA.3 annex para 58."""
SHARE_OF_PROCEEDS_ROUNDING: Final = Rounding.UP
"""So that the Adaptation Fund never gets less than five per cent."""
OMGE_MIN_PER_CENT: Final = 2
"""3/CMA.3 annex para 59; participants may ask for more (para 69)."""
CONTRIBUTION: Final = frozenset({UnitType.UNAUTHORIZED_A64ER, UnitType.MCU})
"""Mitigation contribution units: A6.4ERs without authorization (7/CMA.4 annex I para 29(b))."""
POLICY: Final = (
    f"share of proceeds {SHARE_OF_PROCEEDS_PER_CENT} per cent rounded"
    f" {SHARE_OF_PROCEEDS_ROUNDING}; OMGE at least {OMGE_MIN_PER_CENT} per cent rounded UP"
)
"""The policy in words, for the rulebook's digest."""


def share_of_proceeds(quantity: int, rounding: Rounding = SHARE_OF_PROCEEDS_ROUNDING) -> int:
    """Units of an issuance that go to the Adaptation Fund."""
    return _part(quantity, SHARE_OF_PROCEEDS_PER_CENT, rounding)


def omge_minimum(quantity: int) -> int:
    """Units of an issuance that are cancelled for overall mitigation at the least."""
    return _part(quantity, OMGE_MIN_PER_CENT, Rounding.UP)


def current_type(issued_as: UnitType | None, *, authorized: bool) -> UnitType | None:
    """What kind of unit an issued one is today.

    A mitigation contribution unit that its host authorized later is an ITMO from then on (6/CMA.6, by
    a legal note; its conditions were not at hand). The authorization by itself first transfers nothing:
    the unit is first transferred by the first event that its terms name, as if it had been issued
    under them. What went to overall mitigation at issuance stays cancelled and unadjusted; the share
    of the Adaptation Fund is first transferred when the Fund sells it abroad.
    """
    return UnitType.ITMO if authorized and issued_as in CONTRIBUTION else issued_as


def _part(quantity: int, per_cent: int, rounding: Rounding) -> int:
    whole, rest = divmod(quantity * per_cent, 100)
    return whole + 1 if rest and rounding is Rounding.UP else whole
