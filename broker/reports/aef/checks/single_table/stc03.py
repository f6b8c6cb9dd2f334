# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""STC03: units are used in the NDC period in which the mitigation took place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from broker.reports.aef.checks.filed import Filed
from broker.reports.aef.checks.inquiry import Inquiry
from broker.reports.aef.checks.scopes import towards_ndc
from broker.reports.aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
    undetermined,
)
from broker.reports.aef.checks.wording import CITATION


def _period(filed: Filed) -> tuple[int, int] | None:
    heading = filed.submission.heading
    if heading.ndc_first is None or heading.ndc_last is None:
        return None
    return heading.ndc_first, heading.ndc_last


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if not towards_ndc(row):
            continue
        period = _period(entry.filed)
        if row.year_of_use is None:
            yield undetermined(entry.reference(), "the calendar year of NDC use in this row")
        elif row.vintage is None:
            yield undetermined(entry.reference(), "the vintage in this row")
        elif period is None:
            yield undetermined(entry.reference(), f"the NDC period in {entry.filed.name}")
        else:
            for what, year in (("vintage", row.vintage), ("year of use", row.year_of_use)):
                if not period[0] <= year <= period[1]:
                    yield inconsistent(
                        entry.reference(f"{what} {year}"),
                        f"vintage {row.vintage} used for {row.year_of_use}; {what} outside the NDC"
                        f" period {period[0]}-{period[1]}",
                        "vintage and year of use in one NDC period (2/CMA.3 annex para 8(b))",
                    )


CHECK: Final = ConsistencyCheck(
    id="STC03",
    title="Use in the NDC period of the mitigation",
    group=Group.SINGLE_TABLE,
    meaning="Units are used towards the NDC of the period in which the mitigation took place: vintage"
    " and year of use lie in the same NDC period.",
    citation=f"{CITATION}; 2/CMA.3 annex para 8(b)",
    remedy="Use units of a vintage within the NDC period; correct the vintage or year of use.",
    run=_run,
)
