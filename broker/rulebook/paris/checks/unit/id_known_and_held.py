# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every serial exists and is held by the source account."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.facts import BlockFacts, Segment
from broker.rulebook.paris.judging import IN_FORCE, joined, moving, unknown
from broker.rulebook.paris.wording import name, serials
from itmo.serials import SerialRange


def _run(case: Case) -> Failure | None:
    if not case.facts.blocks:
        return unknown("the proposal has no block")
    failures = [_block(case, place, block) for place, block in enumerate(case.facts.blocks, 1)]
    return joined([failure for failure in failures if failure is not None])


def _block(case: Case, place: int, block: BlockFacts) -> Failure | None:
    wanted = block.proposed.range
    if wanted is None:
        return unknown(f"block {place} has no valid serial range")
    account = case.facts.proposed.from_account
    elsewhere = [segment for segment in block.segments if segment.account_id != account]
    missing = _missing(wanted, block)
    if not elsewhere and not missing:
        return None
    registry = block.proposed.registry
    wrong = []
    if missing:
        gaps = ", ".join(serials(registry, gap) for gap in missing[:3])
        wrong.append(f"{gaps}{_more(len(missing))} were never issued")
    if elsewhere:
        away = ", ".join(serials(s.registry, s.range) for s in elsewhere[:3])
        wrong.append(f"{away}{_more(len(elsewhere))} are not held by it")
    return Failure(
        f"account {name(account)} does not hold all of block {place}: {'; '.join(wrong)}",
        next((s.locked_by for s in elsewhere if s.locked_by is not None), ""),
    )


def _missing(wanted: SerialRange, block: BlockFacts) -> list[SerialRange]:
    if len(block.segments) == 1 and block.segments[0].range == wanted:
        return []
    gaps = [wanted]
    for segment in sorted(block.segments, key=_first):
        # The gaps are in order and segments too, so only the last one can be cut further.
        gaps[-1:] = gaps[-1].subtract(segment.range) if gaps else ()
    return gaps


def _first(segment: Segment) -> int:
    return segment.range.first


def _more(count: int) -> str:
    return f" and {count - 3} more ranges" if count > 3 else ""  # noqa: PLR2004  # as many as shown


CHECK: Final = Check(
    id="ID_KNOWN_AND_HELD",
    title="Every serial exists and is held by the source account",
    category=Category.UNIT,
    citation="7/CMA.4 annex I para 31; consistency check ISC04",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers, uses and cancellations",
    remedy=("Propose only units that the source account holds now; list its holdings to see them."),
    applies=moving,
    run=_run,
)
