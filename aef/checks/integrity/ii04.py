# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""II04: the metric of a unit stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.casefile import Entry
from aef.checks.history import changes
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking
from aef.checks.pairing import metric_of, own_metric
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
)
from aef.checks.wording import CITATION, cell, ids


def _value(entry: Entry) -> tuple[str, str] | None:
    row = entry.row
    return (row.metric.casefold(), metric_of(row).casefold()) if row.metric else None


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry in inquiry.file.entries:
        if not entry.row.metric:
            yield from lacking(entry, "metric")
    for entry, before in changes(inquiry.file, _value, lambda one, two: _value(one) != _value(two)):
        yield inconsistent(
            entry.reference(ids(entry.row), "metric"),
            f"metric {cell(entry.row.metric)} {own_metric(entry.row)}".rstrip(),
            f"as before: {cell(before.row.metric)} {own_metric(before.row)}".rstrip(),
            before.reference(ids(before.row), "metric"),
        )


CHECK: Final = ConsistencyCheck(
    id="II04",
    title="Metric stays the same",
    group=Group.INTEGRITY,
    meaning="The metric of a unit stays the same through its life.",
    citation=CITATION,
    remedy="Report the metric in which the first transferring Party issued the units.",
    run=_run,
)
