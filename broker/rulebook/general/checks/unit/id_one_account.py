# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A serial is in exactly one account, and in one block of the proposal."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import joined, moving, unknown
from broker.rulebook.general.looking import gap_of, overlap_found, proposed_overlap
from broker.rulebook.general.wording import serials


def _run(case: Case) -> Failure | None:
    overlap = proposed_overlap(case)
    if overlap is not None:
        return Failure(overlap_found(overlap))
    failures = [_block(place, block) for place, block in enumerate(case.blocks, 1)]
    return joined([failure for failure in failures if failure is not None], gap_of(case))


def _block(place: int, block: BlockFacts) -> Failure | None:
    wanted = block.proposed.range
    if wanted is None:
        return unknown(f"block {place} has no valid serial range")
    held = block.segments
    alone = len(held) == 1 and held[0].registry == block.proposed.registry
    if alone and held[0].range == wanted:  # nearly always, and soon said
        return None
    end = 0
    for segment in sorted(block.segments, key=_first):
        found = segment.range
        if segment.registry != block.proposed.registry or not wanted.contains(found):
            return Failure(
                f"the record of block {place} holds {serials(segment.registry, found)}, which is"
                f" not part of {serials(block.proposed.registry, wanted)}"
            )
        if found.first <= end:
            return Failure(
                f"the record of block {place} holds serial {segment.registry}:{found.first} more"
                " than once; expected one account for each serial"
            )
        end = found.last
    return None


def _first(segment: Segment) -> int:
    return segment.range.first


CHECK: Final[Check[Case]] = Check(
    id="ID_ONE_ACCOUNT",
    title="A serial is in exactly one account, and in one block of the proposal",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="transfers, uses and cancellations",
    remedy="Name every serial once; if the record itself overlaps, tell the operator at once.",
    applies=moving,
    run=_run,
)
