# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The registry of the clean development mechanism: what is so of it and of no other registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Final

from broker.rulebook.general.judging import issuing
from broker.rulebook.general.proposal import Proposed, TransactionType
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.kyoto.account_types import PENDING, AccountRole
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import CERS
from broker.rulebook.kyoto.judging import Piece, activity_of, external, pieces_of
from broker.rulebook.kyoto.proposal import KyotoProposed
from broker.rulebook.kyoto.tables import ADAPTATION_SHARES
from itmo.parties import CDM_REGISTRY

VOLUNTARY: Final = 230
"""Type of the account of voluntary cancellation."""
_HUNDRED: Final = 100


def of_cdm(registry: RegistryFacts | None) -> bool:
    """True for a registry of the mechanism."""
    return registry is not None and registry.party == CDM_REGISTRY


def numbered_by(proposed: Proposed, origin: str) -> str:
    """Who numbers the units that a registry issues: the mechanism's itself those of every host.

    Whoever brings units in from an archive has to know which of them are on record, whoever issued them.
    """
    registry = proposed.to_registry
    brought_in = isinstance(proposed, KyotoProposed) and proposed.opening
    return registry if brought_in or registry[: len(CDM_REGISTRY)] == CDM_REGISTRY else origin


def issuing_cers(case: KyotoCase) -> bool:
    """Issuances of certified emission reductions, temporary and long-term ones among them."""
    return issuing(case) and any(map(is_cer, pieces_of(case)))


def leaving_pending(case: KyotoCase) -> bool:
    """Forwardings and voluntary cancellations out of the pending account."""
    source, target = case.from_account, case.to_account
    if source is None or source.account_type != PENDING:
        return False
    if case.proposed.type is TransactionType.CANCELLATION:
        return target is not None and target.account_type == VOLUNTARY
    # Into an account of cancellation the mechanism asks for them itself.
    return case.proposed.type is TransactionType.TRANSFER and not (target and target.final)


def forwarding(case: KyotoCase) -> bool:
    """CERs go to the registry of a Party, at once or by way of a holding account; not out of the fund's."""
    source, target = case.from_account, case.to_account
    return (
        of_cdm(case.from_registry)
        and external(case)
        and not (source and source.role is AccountRole.ADAPTATION_FUND)
        and not (target and target.final)
        and any(map(is_cer, pieces_of(case)))
    )


def is_cer(piece: Piece) -> bool:
    """True of certified emission reductions, temporary and long-term ones among them."""
    return piece.attributes.unit_type in CERS


def units_by_activity(pieces: Iterable[Piece]) -> Counter[tuple[str, int]]:
    """How many units of each activity there are, by host Party and number."""
    counts = Counter[tuple[str, int]]()
    for piece in pieces:
        counts[activity_of(piece)] += piece.range.quantity
    return counts


def giving_share(case: KyotoCase) -> Piece | None:
    """The units of an issuance of which its share for adaptation is a part; those of no exempt activity."""
    share = case.proposed.share
    for piece in pieces_of(case) if share else ():
        project = case.projects.get(activity_of(piece))
        exempt = project is not None and project.exempt
        if share and share.range and not exempt and piece.range.contains(share.range):
            return piece
    return None


def adaptation_share(units: int, day: date) -> int:
    """How many of issued units go to the Adaptation Fund; a fraction counts as a unit.

    The totals of the registry fit exactly two per cent and leave the rounding open; rounded up, no
    issuance gives nothing and the fund never gets less than its part, as under Article 6.4.
    """
    rate = next((rate for since, rate in reversed(ADAPTATION_SHARES) if since <= day), 0)
    return -(-units * rate // _HUNDRED)
