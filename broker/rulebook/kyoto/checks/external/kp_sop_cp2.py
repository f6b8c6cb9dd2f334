# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A share of proceeds is given before AAUs first leave their Party or become ERUs."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto import share
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    converting,
    external,
    pieces_of,
)


def _applies(case: KyotoCase) -> bool:
    if converting(case):
        return case.proposed.supplementary_type != share.BEFORE_SHARE and any(
            share.due_on(piece.attributes) for piece in pieces_of(case)
        )
    return external(case) and case.proposed.supplementary_type != share.TRANSFER_SHARE


def _run(case: KyotoCase) -> Failure | None:
    if case.from_registry is None:
        return unknown("the source registry is not known, so nor is its Party")
    converts = converting(case)
    wanted = Counter[int]()
    for piece in pieces_of(case):
        are = piece.attributes
        if share.due_on(are) if converts else share.share_due(piece, case.giver):
            wanted[are.applicable_period] += piece.range.quantity
    if converts and wanted and case.proposed.supplementary_type != share.AFTER_SHARE:
        return Failure(
            "the conversion does not say whether it is before the share of proceeds or after it;"
            f" expected supplementary type {share.BEFORE_SHARE} or {share.AFTER_SHARE}"
        )
    found = [_period(case, *each) for each in wanted.items()]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _period(case: KyotoCase, period: int, wanted: int) -> Failure | None:
    party = case.giver
    if converting(case):
        others = case.count(counts.converted_after_share(party, period))
        given = case.count(counts.share_of_conversions(party, period)).quantity
    else:
        others = case.count(counts.first_transferred(party, period))
        given = case.count(counts.share_of_transfers(party, period)).quantity
    in_all = others.quantity + others.reserved + wanted
    owed = share.owed(given, in_all)
    if not owed:
        return None
    return Failure(
        f"{party} has given {given} units of commitment period {period} as share of proceeds; for"
        f" {in_all} that leave or are converted {owed} more are owed"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_SOP_CP2",
    title="In the second period two per cent are given before AAUs first leave their Party or become ERUs",
    category=KyotoCategory.EXTERNAL,
    citation="1/CMP.8 para 21; supplementary transaction types 47, 49, 56 and 57",
    code="KP-SOP-CP2",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="first transfers of AAUs between Parties, and conversions, from the second period on",
    remedy="Give what is owed first: AAUs by a transfer of supplementary type 47; ERUs by a conversion of type 56 and a transfer of type 49.",
    applies=_applies,
    run=_run,
)
