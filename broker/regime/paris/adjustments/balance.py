# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Balances: what a Party reports for a year after adjustment (2/CMA.3 annex paras 8-9)."""

from __future__ import annotations

from fractions import Fraction


def adjusted(inventory: int, amount: Fraction) -> Fraction:
    """Returns the inventory after an adjustment; additions raise it, also under averaging."""
    return inventory + amount
