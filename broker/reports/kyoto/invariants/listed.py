# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants that a broker which judges by Kyoto has besides the general ones."""

from __future__ import annotations

from typing import Final

from broker.reports.audit import Invariant
from broker.reports.kyoto.invariants import true_counts

INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("counts of Kyoto are those of its units", true_counts.counts_are_those_of_units),
    Invariant("counts of Kyoto come from transactions", true_counts.counts_come_from_transactions),
)
