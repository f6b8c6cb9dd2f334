# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ISC04: nothing is transferred that was not held, acquired or authorized."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.checks.pairing import SENDING
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
    undetermined,
)
from aef.checks.tracing import not_placed, opening_unknown
from aef.checks.wording import CITATION, ids, number
from aef.model import ActionRow


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for roll in inquiry.rolls.values():
        yield from opening_unknown(roll)
        yield from not_placed(roll)
        for entry, missing in roll.unbacked:
            row = entry.row
            if not isinstance(row, ActionRow) or row.type not in SENDING:
                continue
            found = f"{row.type} of {ids(row)}, of which {number(missing)} were not there"
            if roll.gap:
                yield undetermined(entry.reference(), roll.gap, found=found)
            else:
                yield inconsistent(
                    entry.reference(),
                    found,
                    "units that were held, acquired or authorized before",
                )


CHECK: Final = ConsistencyCheck(
    id="ISC04",
    title="Only what was there is transferred",
    group=Group.INTRA_SUBMISSION,
    meaning="No unit is transferred that was not held, acquired or authorized.",
    citation=CITATION,
    remedy="Correct the unit ids, or report the authorization or acquisition of the units.",
    run=_run,
)
