# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ISC03: new holdings follow from old holdings and actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
    undetermined,
)
from aef.checks.tracing import not_placed, opening_unknown, rows_of
from aef.checks.wording import CITATION, number, units


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for roll in inquiry.rolls.values():
        yield from opening_unknown(roll)
        yield from not_placed(roll)
        for new, entry in rows_of(roll.unexplained, roll.holdings):
            if entry is None:
                continue
            found = f"{units(new)} ({number(new[2] - new[1] + 1)}) held without an action"
            if roll.gap:
                yield undetermined(entry.reference(), roll.gap, found=found)
                continue
            yield inconsistent(
                entry.reference(),
                found,
                "holdings that were there the year before, or came in by an action and did not leave",
            )


CHECK: Final = ConsistencyCheck(
    id="ISC03",
    title="New holdings follow from old ones and actions",
    group=Group.INTRA_SUBMISSION,
    meaning="The holdings follow from those of the year before and the actions of the year.",
    citation=CITATION,
    remedy="Report the action by which the units came in, or take them out of the holdings.",
    run=_run,
)
