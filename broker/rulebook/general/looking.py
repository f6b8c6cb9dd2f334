# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that several checks put to a case."""

from __future__ import annotations

from itertools import pairwise

from broker.rulebook.general.case import Case
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import number, serials
from itmo.serials import SerialRange


def gap_of(case: Case) -> str:
    """Why some units of the transaction are not known; empty where all of them are."""
    issues = case.proposed.type is TransactionType.ISSUANCE
    gaps: list[str] = []
    for place, block in enumerate(case.blocks, 1):
        wanted = block.proposed.range
        if wanted is None:
            gaps.append(f"block {place} has no valid serial range")
        elif issues:
            if block.proposed.attributes is None:
                gaps.append(f"block {place} states no attributes")
        elif not block.covered:
            gaps.append(
                f"block {place} has {number(wanted.quantity)} serials,"
                f" of which {number(block.covered_quantity)} are in accounts of the source registry"
            )
    if len(case.blocks) != len(case.proposed.blocks):
        gaps.append("not every proposed block was looked up")
    if not case.blocks:
        gaps.append("the proposal has no block")
    if not gaps:
        return ""
    more = f", and {len(gaps) - 1} more like it" if len(gaps) > 1 else ""
    return f"{gaps[0]}{more}"


def proposed_overlap(case: Case) -> tuple[str, SerialRange, SerialRange] | None:
    """Two blocks of the proposal that share a serial, with their originating registry."""
    if len(case.blocks) < 2:  # noqa: PLR2004  # nearly always, and soon said
        return None
    ranges = sorted(
        (block.proposed.registry, wanted.first, wanted.last)
        for block in case.blocks
        if (wanted := block.proposed.range) is not None
    )
    for (registry, first, last), (other, start, end) in pairwise(ranges):
        # Until the first overlap the ranges are disjoint, so neighbours are enough.
        if registry == other and start <= last:
            return registry, SerialRange(first, last), SerialRange(start, end)
    return None


def overlap_found(overlap: tuple[str, SerialRange, SerialRange]) -> str:
    """Says which two blocks overlap."""
    registry, one, two = overlap
    return (
        f"two blocks of the proposal share serials: {serials(registry, one)} and"
        f" {serials(registry, two)}; expected each serial once"
    )
