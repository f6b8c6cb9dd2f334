# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DR04: in an approach, no more is used and cancelled than was first transferred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from broker.reports.aef.checks.completeness import filed_on, parties_named, reports_missing
from broker.reports.aef.checks.inquiry import Inquiry
from broker.reports.aef.checks.pairing import quantity_of
from broker.reports.aef.checks.rolling import SPENDING
from broker.reports.aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from broker.reports.aef.checks.wording import CITATION, cell, number
from broker.reports.aef.model import ActionType


def _run(inquiry: Inquiry) -> Iterator[Note]:
    first: dict[str, int] = defaultdict(int)
    spent: dict[str, int] = defaultdict(int)
    for _, row in inquiry.file.actions:
        if row.type is ActionType.FIRST_TRANSFER:
            first[row.cooperative_approach] += quantity_of(row)
        elif row.type in SPENDING:
            spent[row.cooperative_approach] += quantity_of(row)
    named = parties_named(inquiry)
    for approach, submissions in filed_on(inquiry).items():
        missing = reports_missing(inquiry, named.get(approach, set()), submissions)
        for each in submissions:
            for gap in missing:
                yield undetermined(Reference(each, text=approach), gap, found=cell(approach))
        if spent[approach] > first[approach] and not missing:
            here, *there = [Reference(each, text=approach) for each in submissions]
            yield inconsistent(
                here,
                f"{cell(approach)}: used or cancelled {number(spent[approach])}, first transferred"
                f" {number(first[approach])}",
                "no more used and cancelled than first transferred",
                *there,
            )


CHECK: Final = ConsistencyCheck(
    id="DR04",
    title="Used no more than first transferred",
    group=Group.RECONCILIATION,
    meaning="Per cooperative approach: used + cancelled is at most what was first transferred.",
    citation=CITATION,
    remedy="Report the missing first transfers, or correct the uses; see IP03 and II02.",
    run=_run,
)
