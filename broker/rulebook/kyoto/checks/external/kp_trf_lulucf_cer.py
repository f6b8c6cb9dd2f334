# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party acquires tCERs and lCERs up to one per cent of its base-year emissions a year."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    FOREST_CERS,
)
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    external,
    pieces_of,
)
from itmo.parties import CDM_REGISTRY

_PER_CENT: Final = 1
"""Of base-year emissions, for every year of the period."""


def _applies(case: KyotoCase) -> bool:
    return (
        external(case)
        and case.taker != CDM_REGISTRY
        and any(piece.attributes.unit_type in FOREST_CERS for piece in pieces_of(case))
    )


def _run(case: KyotoCase) -> Failure | None:
    if case.to_registry is None:
        return unknown("the registry that acquires is not known, so nor is its Party")
    wanted = Counter[int]()
    for piece in pieces_of(case):
        if piece.attributes.unit_type in FOREST_CERS:
            wanted[piece.attributes.applicable_period] += piece.range.quantity
    found = [_period(case, *each) for each in wanted.items()]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _period(case: KyotoCase, period: int, wanted: int) -> Failure | None:
    party = case.taker
    amount, dates = case.assigned.get((party, period)), case.periods.get(period)
    if amount is None or dates is None or not amount.base_emissions:
        return unknown(
            f"base-year emissions of {party} for commitment period {period} are not known"
        )
    limit = amount.base_emissions * dates.years * _PER_CENT // 100
    so_far = case.count(counts.forest_acquired(party, period))
    used = so_far.quantity + so_far.reserved
    if used + wanted <= limit:
        return None
    return Failure(
        f"{party} would acquire {wanted} tCERs or lCERs of commitment period {period}; {used} of its"
        f" limit of {limit} are used"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRF_LULUCF_CER",
    title="tCERs and lCERs acquired stay within one per cent of base-year emissions times the years",
    category=KyotoCategory.EXTERNAL,
    citation="13/CMP.1 annex para 42; 17/CP.7 para 7",
    code="KP-TRF-LULUCF-CER",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="acquisitions of tCERs and lCERs by a Party",
    remedy="Acquire no more than what is left of the limit.",
    applies=_applies,
    run=_run,
)
