# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DR02: the units of a cooperative approach add up over all Parties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from aef.checks.balancing import HELD, OPENING, Balance, parts, unfit
from aef.checks.completeness import filed_on, parties_named, reports_missing
from aef.checks.inquiry import Inquiry
from aef.checks.pairing import metric_of
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, approach_text, cell, number


def balances(inquiry: Inquiry) -> dict[tuple[str, str], Balance]:
    """By cooperative approach and metric, over all years; holdings count once, at each chain's ends."""
    found: dict[tuple[str, str], Balance] = defaultdict(Balance)
    file = inquiry.file
    followed = {file.previous(each) for each in file.current}
    for filed, roll in inquiry.rolls.items():
        for what, entry, quantity in parts(roll, file):
            if what is OPENING or (what is HELD and filed in followed):
                continue
            found[entry.row.cooperative_approach, metric_of(entry.row)].add(what, entry, quantity)
    return found


def _run(inquiry: Inquiry) -> Iterator[Note]:
    named, filed = parties_named(inquiry), filed_on(inquiry)
    for bucket, balance in balances(inquiry).items():
        approach, _ = bucket
        submissions = filed.get(approach, [])
        missing = reports_missing(inquiry, named.get(approach, set()), submissions)
        for each in submissions:
            for gap in missing:
                yield undetermined(Reference(each, text=approach), gap, found=cell(approach))
        if balance.difference and not missing and balance.first is not None:
            whose = unfit(inquiry, submissions) or balance.first.filed
            others = [each for each in submissions if each is not whose]
            yield inconsistent(
                Reference(whose, text=approach),
                f"{approach_text(bucket)}: {balance.text()}; a difference of {number(balance.difference)}",
                "authorized + acquired = transferred + used or cancelled + held",
                *(Reference(each, text=approach) for each in others),
            )


CHECK: Final = ConsistencyCheck(
    id="DR02",
    title="The units of an approach add up",
    group=Group.RECONCILIATION,
    meaning="Per cooperative approach and metric, over all Parties and years: authorized + acquired ="
    " transferred + used + cancelled + held.",
    citation=CITATION,
    remedy="Clear the findings of DR01 and IPC01 first; they name the rows.",
    run=_run,
)
