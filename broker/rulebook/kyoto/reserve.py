# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The commitment period reserve: what a Party has to keep of a period's units."""

from __future__ import annotations

from typing import Final

from broker.rulebook.kyoto.case import KyotoCase

OF_ASSIGNED: Final = 90
"""Per cent of the assigned amount (11/CMP.1 annex)."""
_HALF: Final = 50


def commitment_period_reserve(case: KyotoCase, party: str, period: int) -> int | None:
    """The lower of a part of the assigned amount, rounded, and the last reviewed inventory times years.

    None where the assigned amount or the period is not known. Without an inventory it is the part.
    """
    amount, dates = case.assigned.get((party, period)), case.periods.get(period)
    if amount is None or dates is None:
        return None
    part = (amount.quantity * OF_ASSIGNED + _HALF) // 100
    inventory = case.inventories.get(party)
    return part if inventory is None else min(part, inventory.emissions * dates.years)
