# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Temporary units that replace others still count, and longer than those."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over, replacing
from broker.rulebook.kyoto.replacing import ranges, replaced_of
from broker.rulebook.kyoto.tables import REPLACEMENT_ROWS


def _run(case: KyotoCase) -> Failure | None:
    replaced = replaced_of(case)
    dated = [each for each in replaced if each.attributes.expiry is not None]
    last = max(dated, key=lambda each: each.attributes.expiry or date.min, default=None)
    return over(case, partial(_piece, ranges(replaced), last))


def _piece(replaced: str, last: Piece | None, case: KyotoCase, piece: Piece) -> Failure | None:
    """Of a piece, with what is replaced: all of it in words, and what of it expires last."""
    expiry = piece.attributes.expiry
    if expiry is None:
        return None
    if piece.attributes.expired(case.now.date()):
        return Failure(
            f"{units(piece)} expired on {expiry} and would replace {replaced}; expected"
            " units that count"
        )
    row = REPLACEMENT_ROWS.get(case.to_account.account_type) if case.to_account else None
    kind = piece.attributes.unit_type
    if row is None or not row.outlives or kind is None or kind.name not in row.by:
        return None
    until = last.attributes.expiry if last else None
    if last is None or until is None or expiry > until:
        return None
    return Failure(
        f"{units(piece)} expire on {expiry} and would replace {units(last)}, which expire"
        f" on {until}; expected units that expire later"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_EXPIRED",
    title="Temporary units that replace others have not expired, and expire later than tCERs do that they replace",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-EXPIRED",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements",
    remedy="Replace by units that do not expire, or that expire later.",
    applies=replacing,
    run=_run,
)
