# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of an archive are brought in up to the totals that were stated of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import name
from broker.rulebook.kyoto.case import KyotoCase, Opening, TotalKey
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.effects.counts import opened
from broker.rulebook.kyoto.effects.of_opening import kind_of
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, pieces_of


def _applies(case: KyotoCase) -> bool:
    return bool(case.proposed.opening)


def _run(case: KyotoCase) -> Failure | None:
    registry = case.proposed.to_registry
    if case.to_account is None:
        return unknown("the target account is not known, so nor is what the archive has in it")
    opening = case.openings.get(registry)
    if opening is None:
        return Failure(f"no opening of registry {name(registry)} is stated")
    if opening.archive != case.proposed.opening:
        return Failure(
            f"the transaction names archive {case.proposed.opening}; the opening of registry"
            f" {name(registry)} is {opening.archive}"
        )
    found = list(_over(case, opening))
    if case.proposed.share is not None:
        found.append(
            Failure("the transaction gives a share of proceeds; units of an archive give none")
        )
    return joined(found, gap_of(case))


def _over(case: KyotoCase, opening: Opening) -> Iterator[Failure]:
    asked = Counter[TotalKey]()
    for piece in pieces_of(case):
        asked[kind_of(case, piece)] += piece.range.quantity
    for kind, quantity in sorted(asked.items()):
        total, so_far = (
            opening.totals.get(kind, 0),
            case.count(opened(case.proposed.to_registry, kind)),
        )
        left = total - so_far.quantity - so_far.reserved
        if quantity > left:
            account, units, period, had_left, replaced = kind
            titled = UnitType(units).title if units else "units of no type"
            marks = (" that had left their Party" if had_left else "") + (
                " in whose place others had come" if replaced else ""
            )
            yield Failure(
                f"{quantity} {titled}s valid in commitment period {period}{marks} would be brought"
                f" into accounts of type {account}; {max(left, 0)} of the {total} of the archive are left"
            )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_OPENING_FITS",
    title="Units of an archive are brought in up to the totals that were stated of it",
    category=KyotoCategory.OPENING,
    citation="13/CMP.1 annex para 42; UNFCCC, 12 December 2025",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances that name an archive",
    remedy="Bring in what the archive has, each block once; name the digest that the operator stated.",
    applies=_applies,
    run=_run,
)
