# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Sums over the adjustment ledger that no program needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from broker.adjustments.entries import GHG, Booked


def account_balances(entries: Iterable[Booked], metric: str = GHG) -> dict[str, int]:
    """Credits less debits of every account that occurs, in units of the metric; they sum to zero."""
    totals = Counter[str]()
    for entry in entries:
        if entry.metric == metric:
            totals[entry.credit] += entry.amount
            totals[entry.debit] -= entry.amount
    return dict(totals)
