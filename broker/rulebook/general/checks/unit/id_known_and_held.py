# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every serial exists and is held by the source account."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import joined, moving, unknown
from broker.rulebook.general.proposal import UnitRole
from broker.rulebook.general.wording import name, serials
from itmo.serials import SerialRange

_SHOWN: Final = 3
"""Ranges told in full in one finding; the rest are counted."""


def _run(case: Case) -> Failure | None:
    if not case.blocks:
        return unknown("the proposal has no block")
    failures = [
        _block(case, place, block)
        for place, block in enumerate(case.blocks, 1)
        if block.proposed.role is UnitRole.ACTS
    ]
    return joined([failure for failure in failures if failure is not None])


def _block(case: Case, place: int, block: BlockFacts) -> Failure | None:
    wanted = block.proposed.range
    if wanted is None:
        return unknown(f"block {place} has no valid serial range")
    account = case.proposed.from_account
    elsewhere = _elsewhere(account, wanted, block)
    if not elsewhere:
        return None
    ranges = ", ".join(serials(block.proposed.registry, gap) for gap in elsewhere[:_SHOWN])
    more = f" and {len(elsewhere) - _SHOWN} more ranges" if len(elsewhere) > _SHOWN else ""
    return Failure(
        f"account {name(account)} does not hold all of block {place}: {ranges}{more} are not held"
        " by it"
    )


def _elsewhere(account: str, wanted: SerialRange, block: BlockFacts) -> list[SerialRange]:
    """What the account does not hold; whether it exists, and where, is no business of its holder."""
    held = [segment for segment in block.segments if segment.account_id == account]
    if len(held) == 1 and held[0].range == wanted:
        return []
    gaps = [wanted]
    for segment in sorted(held, key=_first):
        # The gaps are in order and segments too, so only the last one can be cut further.
        gaps[-1:] = gaps[-1].subtract(segment.range) if gaps else ()
    return gaps


def _first(segment: Segment) -> int:
    return segment.range.first


CHECK: Final[Check[Case]] = Check(
    id="ID_KNOWN_AND_HELD",
    title="Every serial exists and is held by the source account",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="transfers, uses and cancellations",
    remedy=("Propose only units that the source account holds now; list its holdings to see them."),
    applies=moving,
    run=_run,
)
