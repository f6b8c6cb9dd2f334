# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DR04: in an approach, no more is used and cancelled than was first transferred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from aef.checks.authorizing import only_at_use
from aef.checks.balancing import unfit
from aef.checks.casefile import Entry
from aef.checks.completeness import filed_on, parties_named, reports_missing
from aef.checks.inquiry import Inquiry
from aef.checks.pairing import metric_of, quantity_of
from aef.checks.rolling import SPENDING
from aef.checks.scopes import for_nobodys_account
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, approach_text, cell, number
from aef.model import ActionRow, ActionType

Bucket = tuple[str, str]
"""Cooperative approach and metric."""


def _given_up(inquiry: Inquiry, entry: Entry, row: ActionRow) -> bool:
    """True for units cancelled for nobody that need not have been first transferred before.

    A host may give up its own, and so may who got units that are first transferred only when they
    are used for other purposes: nothing is counted twice by that.
    """
    if not for_nobodys_account(row):
        return False
    letters = inquiry.authorizations
    versions = letters.versions(entry, letters.behind(entry))
    at_use = any(only_at_use(each.row) for each in versions)
    return at_use or row.first_transferring_party == entry.filed.party


def _run(inquiry: Inquiry) -> Iterator[Note]:
    first: dict[Bucket, int] = defaultdict(int)
    spent: dict[Bucket, int] = defaultdict(int)
    for entry, row in inquiry.file.actions:
        bucket = row.cooperative_approach, metric_of(row)
        if row.type is ActionType.FIRST_TRANSFER:
            first[bucket] += quantity_of(row)
        elif row.type in SPENDING and not _given_up(inquiry, entry, row):
            spent[bucket] += quantity_of(row)
    named = parties_named(inquiry)
    for approach, submissions in filed_on(inquiry).items():
        missing = reports_missing(inquiry, named.get(approach, set()), submissions)
        for each in submissions:
            for gap in missing:
                yield undetermined(Reference(each, text=approach), gap, found=cell(approach))
        for bucket, used in spent.items():
            if bucket[0] != approach or used <= first[bucket] or missing:
                continue
            whose = unfit(inquiry, submissions)
            here, *there = [
                Reference(each, text=approach)
                for each in sorted(submissions, key=lambda each: each is not whose)
            ]
            yield inconsistent(
                here,
                f"{approach_text(bucket)}: used or cancelled {number(used)}, first transferred"
                f" {number(first[bucket])}",
                "no more used and cancelled than first transferred",
                *there,
            )


CHECK: Final = ConsistencyCheck(
    id="DR04",
    title="Used no more than first transferred",
    group=Group.RECONCILIATION,
    meaning="Per cooperative approach and metric: used + cancelled is at most what was first"
    " transferred; cancellations for overall mitigation or voluntarily of units that were never to be first"
    " transferred before do not count.",
    citation=CITATION,
    remedy="Report the missing first transfers, or correct the uses; see IP03 and II02.",
    run=_run,
)
