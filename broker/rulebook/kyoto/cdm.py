# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The registry of the clean development mechanism: what is so of it and of no other registry."""

from __future__ import annotations

from broker.rulebook.general.judging import issuing
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import CERS
from broker.rulebook.kyoto.judging import pieces_of
from itmo.parties import CDM_REGISTRY


def of_cdm(registry: RegistryFacts | None) -> bool:
    """True for a registry of the mechanism."""
    return registry is not None and registry.party == CDM_REGISTRY


def numbered_by(registry: str, origin: str) -> str:
    """Who numbers the units that a registry issues: the mechanism's itself those of every host."""
    return registry if registry[: len(CDM_REGISTRY)] == CDM_REGISTRY else origin


def issuing_cers(case: KyotoCase) -> bool:
    """Issuances of certified emission reductions, temporary and long-term ones among them."""
    return issuing(case) and any(piece.attributes.unit_type in CERS for piece in pieces_of(case))
