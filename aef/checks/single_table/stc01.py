# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""STC01: actions lie in the reporting period."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, day


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        filed = entry.filed
        if filed.years is None:
            here = Reference(filed, filed.cell("submission", "reported_year"))
            yield undetermined(here, f"the reported year of {filed.name}")
        elif row.date is None:
            yield from lacking(entry, "date")
        elif not filed.covers(row.date.year):
            yield inconsistent(
                entry.reference(f"action date {day(row.date)}", "date"),
                f"an action of {day(row.date)} in the report on {filed.year_text}",
                f"actions from 1 Jan {filed.years[0]} to 31 Dec {filed.years[1]}",
            )


CHECK: Final = ConsistencyCheck(
    id="STC01",
    title="Actions lie in the reporting period",
    group=Group.SINGLE_TABLE,
    meaning="The date of every action lies in the reported year.",
    citation=CITATION,
    remedy="Correct the date, or report the action in a new version of the AEF of its year.",
    run=_run,
)
