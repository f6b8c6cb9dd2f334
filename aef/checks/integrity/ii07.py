# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""II07: a unit stays in its cooperative approach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.casefile import Entry
from aef.checks.history import changes
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking
from aef.checks.series import approach_in_id
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
)
from aef.checks.wording import CITATION, cell, ids


def _value(entry: Entry) -> str | None:
    return entry.row.cooperative_approach or None


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry in inquiry.file.entries:
        row = entry.row
        in_id = approach_in_id(row.span.prefix) if row.span else ""
        if not row.cooperative_approach:
            yield from lacking(entry, "cooperative_approach")
        elif in_id and in_id != row.cooperative_approach:
            yield inconsistent(
                entry.reference(ids(row), "cooperative_approach"),
                f"cooperative approach {cell(row.cooperative_approach)} beside ids of {in_id}",
                "the same approach in the ids and in the column",
            )
    for entry, before in changes(inquiry.file, _value, lambda one, two: _value(one) != _value(two)):
        yield inconsistent(
            entry.reference(ids(entry.row), "cooperative_approach"),
            f"cooperative approach {cell(entry.row.cooperative_approach)}",
            f"as before: {cell(before.row.cooperative_approach)}",
            before.reference(ids(before.row), "cooperative_approach"),
        )


CHECK: Final = ConsistencyCheck(
    id="II07",
    title="Cooperative approach stays the same",
    group=Group.INTEGRITY,
    meaning="The cooperative approach of a unit stays the same through its life.",
    citation=CITATION,
    remedy="Report the approach under which the units were authorized.",
    run=_run,
)
