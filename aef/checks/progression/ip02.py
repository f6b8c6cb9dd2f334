# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IP02: used or cancelled units were authorized, and acquired if not the host's, before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.checks.progressing import acquired_before, authorized_before
from aef.checks.rolling import SPENDING
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, ids, number
from aef.model import ActionRow, ActionType


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if row.type in SPENDING:
            yield from authorized_before(inquiry, entry, row)
            yield from acquired_before(inquiry, entry, row)
    yield from _acquired_in_part(inquiry)


def _acquired_in_part(inquiry: Inquiry) -> Iterator[Note]:
    """Uses of more units than were there, of which some had been acquired."""
    for roll in inquiry.rolls.values():
        for entry, missing in roll.unbacked:
            row = entry.row
            if not isinstance(row, ActionRow) or row.type not in SPENDING:
                continue
            if not inquiry.file.acting_on(entry, ActionType.ACQUISITION):
                continue
            found = f"{row.type} of {ids(row)}, of which {number(missing)} were not there"
            if roll.gap:
                yield undetermined(entry.reference(), roll.gap, found=found)
            else:
                yield inconsistent(entry.reference(), found, "units that were held or acquired")


CHECK: Final = ConsistencyCheck(
    id="IP02",
    title="Authorized and acquired before used",
    group=Group.PROGRESSION,
    meaning="Used or cancelled units were authorized, and acquired if the Party is not their host.",
    citation=CITATION,
    remedy="Correct the date or the authorization id, or report what came before.",
    run=_run,
)
