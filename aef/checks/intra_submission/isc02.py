# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ISC02: earlier holdings are held on, used, cancelled or transferred."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
)
from aef.checks.tracing import not_placed, opening_unknown, rows_of
from aef.checks.wording import CITATION, number, units


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for filed, roll in inquiry.rolls.items():
        yield from opening_unknown(roll)
        yield from not_placed(roll)
        for lost, entry in rows_of(roll.lost_opening, roll.opening):
            yield inconsistent(
                Reference(filed),
                f"{units(lost)} ({number(lost[2] - lost[1] + 1)}) of the earlier holdings are gone",
                "every unit held before: held, used, cancelled or transferred",
                *((entry.reference(),) if entry else ()),
                alone=True,
            )


CHECK: Final = ConsistencyCheck(
    id="ISC02",
    title="Earlier holdings reappear",
    group=Group.INTRA_SUBMISSION,
    meaning="Units of the holdings of the year before are held, used, cancelled or transferred.",
    citation=CITATION,
    remedy="Add the units to the holdings, or report what became of them.",
    run=_run,
)
