# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Takes back dates of which the rest of their column leaves it open what is the day and what the month.

Whether 03/04/2023 is in March or April is not known before a column has been read to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from aef.layout import AUTHORIZATIONS, ENTITIES, LISTED, Format
from aef.model import ActionRow, AuthorizationRow, EntityRow, Submission
from aef.notes import Notes

Row = TypeVar("Row", AuthorizationRow, ActionRow, EntityRow)

_DATES: Final = frozenset({Format.DATE, Format.MOMENT})
_TITLES: Final = {
    table.key: column.title
    for table in LISTED
    for column in table.columns
    if column.format in _DATES
}


def without_doubtful_dates(submission: Submission, notes: Notes) -> Submission:
    """Returns a submission in which no date is read that may be meant otherwise.

    Args:
        submission: What was read.
        notes: The findings of its reading, which are complete.
    """
    doubtful = notes.ambiguous()
    if not doubtful:
        return submission
    actions = tuple(_undated(row, "actions", doubtful) for row in submission.actions)
    return replace(
        submission,
        authorizations=tuple(
            _undated(row, AUTHORIZATIONS.key, doubtful) for row in submission.authorizations
        ),
        actions=tuple(replace(row, time=None) if row.date is None else row for row in actions),
        entities=tuple(_undated(row, ENTITIES.key, doubtful) for row in submission.entities),
    )


def _undated(row: Row, table: str, doubtful: Mapping[tuple[str, int, str], str]) -> Row:
    said = doubtful.get((row.place.sheet, row.place.row, _TITLES[table]))
    if said is None:
        return row
    changes: dict[str, Any] = {"date": None, "written": {**row.written, "date": said}}
    return replace(row, **changes)
