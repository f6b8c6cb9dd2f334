# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IRC01: yearly aggregates of the structured summary are the sums over the AEF."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from aef.checks.filed import Filed
from aef.checks.inquiry import Inquiry
from aef.checks.pairing import NON_GHG, metric_of, quantity_of
from aef.checks.scopes import towards_ndc
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.summaries import GHG, StructuredSummary
from aef.checks.wording import CITATION, number
from aef.model import ActionRow, ActionSubtype, ActionType

_PARAGRAPHS: Final = {
    "first_transferred": "first transferred (para 23(c))",
    "other_purposes": "authorized for other purposes and first transferred (para 23(d))",
    "used": "used towards the NDC (para 23(e))",
    "net": "net quantity (para 23(f))",
    "adjustment": "total adjustment (para 23(h))",
}


def sums(inquiry: Inquiry, party: str, year: int, metric: str = GHG) -> StructuredSummary:
    """The aggregates of a Party and year in a metric as its AEFs give them.

    A first transfer counts for the Party whose mitigation it was (2/CMA.3 annex para 2), whoever
    reports it.
    """
    total: Counter[str] = Counter()
    for filed in inquiry.file.by_party.get(party, ()):
        for _, row in inquiry.file.of_filed[filed]:
            if metric_of(row) != metric:
                continue
            quantity = quantity_of(row)
            if row.type is ActionType.FIRST_TRANSFER:
                if row.first_transferring_party not in ("", party):
                    continue
                international = row.subtype is ActionSubtype.FIRST_INTERNATIONAL
                if row.date is not None and row.date.year == year:
                    total["first" if international else "other"] += quantity
                if row.vintage == year:
                    total["added"] += quantity
            elif towards_ndc(row) and row.year_of_use == year:
                total["used"] += quantity
    booked = total["added"] - total["used"]
    return StructuredSummary(
        party=party,
        year=year,
        metric=metric,
        first_transferred=total["first"],
        other_purposes=total["other"],
        used=total["used"],
        net=total["first"] + total["other"] - total["used"],
        # An indicator is adjusted the other way round (2/CMA.3 annex para 9).
        adjustment=booked if metric == GHG else -booked,
    )


def _run(inquiry: Inquiry) -> Iterator[Note]:
    owned = _own_metrics(inquiry)
    for filed in inquiry.file.current:
        if filed.years is None:
            yield undetermined(
                Reference(filed, filed.cell("submission", "reported_year")),
                f"the reported year of {filed.name}",
            )
            continue
        for year in range(filed.years[0], filed.years[1] + 1):
            for metric in (GHG, *sorted(owned[filed.party, year])):
                stated = inquiry.file.context.summaries.get((filed.party, year, metric))
                if stated is None:
                    missing = f"the structured summary of {filed.party} for {year}"
                    yield undetermined(Reference(filed), f"{missing}{_in(metric)}")
                else:
                    yield from _compared(filed, stated, sums(inquiry, filed.party, year, metric))


def _own_metrics(inquiry: Inquiry) -> dict[tuple[str, int], set[str]]:
    """Metrics other than GHG in which a Party has a summary for a year, or must have one."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for party, year, metric in inquiry.file.context.summaries:
        if metric != GHG:
            found[party, year].add(metric)
    for entry, row in inquiry.file.actions:
        if row.metric != NON_GHG or not _adjusts(row):
            continue
        for at in (row.date.year if row.date else None, row.vintage, row.year_of_use):
            if at is not None:
                found[entry.filed.party, at].add(metric_of(row))
    return found


def _adjusts(row: ActionRow) -> bool:
    return row.type is ActionType.FIRST_TRANSFER or towards_ndc(row)


def _in(metric: str) -> str:
    return "" if metric == GHG else f" in {metric}"


def _compared(filed: Filed, stated: StructuredSummary, summed: StructuredSummary) -> Iterator[Note]:
    for name, label in _PARAGRAPHS.items():
        claimed, found = getattr(stated, name), getattr(summed, name)
        if claimed is None:
            yield undetermined(
                Reference(filed),
                f"{label} in the summary of {stated.party} for {stated.year}{_in(stated.metric)}",
            )
        elif claimed != found:
            yield inconsistent(
                Reference(filed, text=f"sum over the AEF {number(found)}"),
                f"{label} for {stated.year}{_in(stated.metric)}: summary {number(claimed)}, AEF {number(found)}",
                "equal figures in both",
            )


CHECK: Final = ConsistencyCheck(
    id="IRC01",
    title="Structured summary equals the AEF",
    group=Group.INTER_REPORT,
    meaning="The yearly aggregates that the structured summary gives under para 23(c)-(f) and (h)"
    " are the sums over the AEF.",
    citation=f"{CITATION}; 2/CMA.3 annex para 23(c)-(f), (h)",
    remedy="Correct the summary or the AEF, whichever is wrong.",
    if_not_given="Give it in a file for --summary, or leave the check out with --skip IRC01.",
    run=_run,
)
