# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Issuances of the mechanism registry: which ones they are, and what of them goes elsewhere."""

from __future__ import annotations

from broker.rulebook.check import Case
from broker.rulebook.facts import AllotmentPurpose, TransactionType
from itmo.parties import MECHANISM_REGISTRY


def of_mechanism(registry: str) -> bool:
    """True for a registry of the Article 6.4 mechanism, by its id."""
    return registry[:3] == MECHANISM_REGISTRY


def mechanism_issuance(case: Case) -> bool:
    """Issuances of the mechanism registry."""
    proposed = case.facts.proposed
    return proposed.type is TransactionType.ISSUANCE and of_mechanism(proposed.to_registry)


def issued_quantity(case: Case) -> int:
    """Units that the transaction issues."""
    return sum(
        wanted.quantity
        for block in case.facts.proposed.blocks
        if (wanted := block.range) is not None
    )


def allotted(case: Case, purpose: AllotmentPurpose) -> int:
    """Units of the issuance that go elsewhere at once for a purpose."""
    return sum(lot.quantity for lot in case.lots if lot.allotment is purpose)
