# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ISC01: authorized or acquired and unspent units are in the holdings."""

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
        moved = (entry for entry, _ in inquiry.file.of_filed[filed])
        for lost, entry in rows_of(roll.lost, moved):
            yield inconsistent(
                entry.reference() if entry else Reference(filed),
                f"{units(lost)} ({number(lost[2] - lost[1] + 1)}) came in and are not in the holdings",
                "every unit authorized or acquired and not spent, in table 4",
            )


CHECK: Final = ConsistencyCheck(
    id="ISC01",
    title="Unspent units are in the holdings",
    group=Group.INTRA_SUBMISSION,
    meaning="All units authorized or acquired in the year and not spent appear in the holdings.",
    citation=CITATION,
    remedy="Add the units to the holdings, or report what became of them.",
    run=_run,
)
