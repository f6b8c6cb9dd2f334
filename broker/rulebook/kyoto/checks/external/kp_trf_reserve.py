# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party keeps its commitment period reserve."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    IN_RESERVE,
    Track,
)
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    external,
    first_time,
    pieces_of,
)
from broker.rulebook.kyoto.reserve import commitment_period_reserve
from itmo.parties import CDM_REGISTRY


def _applies(case: KyotoCase) -> bool:
    account = case.to_account
    ends = account is not None and account.final
    return external(case) and case.giver != CDM_REGISTRY and not ends


def _run(case: KyotoCase) -> Failure | None:
    if case.from_registry is None:
        return unknown("the registry that transfers is not known, so nor is its Party")
    leaving = Counter[int]()
    for piece in pieces_of(case):
        if not _free(piece, case.giver):
            leaving[piece.attributes.applicable_period] += piece.range.quantity
    found = [_period(case, *each) for each in leaving.items()]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _free(piece: Piece, party: str) -> bool:
    are = piece.attributes
    if are.unit_type not in IN_RESERVE:
        return True
    return are.track is Track.INDEPENDENTLY_VERIFIED and first_time(piece, party)


def _period(case: KyotoCase, period: int, leaving: int) -> Failure | None:
    party = case.giver
    reserve = commitment_period_reserve(case, party, period)
    if reserve is None:
        return unknown(
            f"the assigned amount of {party} for commitment period {period}, or the period, is not"
            " known, so nor is its reserve"
        )
    counted = case.count(counts.in_reserve(party, period))
    left = counted.quantity - counted.reserved - leaving
    if left >= reserve:
        return None
    return Failure(
        f"{party} would be left with {left} units of commitment period {period}; its reserve is"
        f" {reserve}, so {reserve - left} are missing"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRF_RESERVE",
    title="A Party keeps its commitment period reserve",
    category=KyotoCategory.EXTERNAL,
    citation="13/CMP.1 annex para 42; 11/CMP.1 annex paras 6 to 10",
    code="KP-TRF-RESERVE",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers between Parties, but those that end units; first transfers of ERUs of track 2 are free",
    remedy="Transfer less, acquire units first, or wait until transfers end that wait.",
    applies=_applies,
    run=_run,
)
