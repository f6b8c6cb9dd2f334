# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Issuances of the mechanism registry: which ones they are, and what of them goes elsewhere.

Certified emission reductions that are brought over into the mechanism registry are no issuance of the
mechanism: they have no pending status, no share of proceeds and no cancellation for overall mitigation
(3/CMA.3 annex para 75; 7/CMA.4 annex I paras 18-24).
"""

from __future__ import annotations

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.attributes import Attributes, UnitType
from broker.rulebook.paris.case import LotCase, ParisCase
from broker.rulebook.paris.proposal import AllotmentPurpose
from itmo.parties import MECHANISM_REGISTRY


def of_mechanism(registry: str) -> bool:
    """True for a registry of the Article 6.4 mechanism, by its id."""
    return registry[:3] == MECHANISM_REGISTRY


def mechanism_issuance(case: ParisCase) -> bool:
    """Issuances of the mechanism registry, except of certified emission reductions alone."""
    proposed = case.proposed
    if proposed.type is not TransactionType.ISSUANCE or not of_mechanism(proposed.to_registry):
        return False
    return not proposed.blocks or any(not _cer(block.attributes) for block in proposed.blocks)


def issued_quantity(case: ParisCase) -> int:
    """Units that the transaction issues, without certified emission reductions."""
    return sum(
        wanted.quantity
        for block in case.proposed.blocks
        if not _cer(block.attributes) and (wanted := block.range) is not None
    )


def allotted(case: LotCase, purpose: AllotmentPurpose) -> int:
    """Units of the issuance that go elsewhere at once for a purpose; as above."""
    return sum(
        lot.quantity for lot in case.lots if lot.allotment is purpose and not _cer(lot.attributes)
    )


def _cer(stated: Attributes | None) -> bool:
    return stated is not None and stated.unit_type is UnitType.CER
