# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Balances: what a Party reports for a year after adjustment (2/CMA.3 annex paras 8-9)."""

from __future__ import annotations

from fractions import Fraction


def emissions_balance(inventory: int, first_transferred: int, used: int) -> int:
    """Returns the emissions balance EB(y) = inventory + FT - U, all in t CO2 eq.

    Args:
        inventory: Emissions and removals of the year within the scope of the NDC; may be negative.
        first_transferred: Units first transferred with the year as vintage.
        used: Units used towards the NDC for the year. Units only held or acquired count nothing.
    """
    return inventory + first_transferred - used


def adjusted(inventory: int, amount: Fraction) -> Fraction:
    """Returns the inventory after an adjustment; additions raise it, also under averaging."""
    return inventory + amount
