# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transaction has a bounded number of blocks: fewer than the older exchange took."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Kept, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE
from itmo import limits
from itmo.reasons import Reason

RULE: Final[Kept[KyotoCase]] = Kept(
    id="KP_BLOCKS_3000",
    title=f"A transaction has at most {limits.MAX_BLOCKS_PER_PROPOSAL} unit blocks, where the log took 3000",
    category=Category.MESSAGE,
    citation="Data Exchange Standards, limits of the registry of the United Kingdom",
    code="KP-BLOCKS-3000",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Propose several transactions, or name whole ranges.",
    where="the gate, before anything is judged",
    reasons=(Reason.TOO_MANY_BLOCKS,),
)
