# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a submission as JSON: the same tables and fields as the workbook, under the model's names.

Texts and numbers are as in the cells; dates are ISO 8601; lists are lists. Fields that are empty are
left out. The form is that of this project and carries a version.
"""

from __future__ import annotations

from typing import Any, Final

from aef.cell_values import moment_text
from aef.layout import LISTED, SUBMISSION, Column, Format, Table
from aef.list_values import purposes_text
from aef.model import Submission
from aef.time_frames import time_frame_text

FORM: Final = "agreed-electronic-format"
"""Value of `form`, by which a file says what it is."""
VERSION: Final = 1
"""Value of `version`; another one is refused by the reader."""


def to_json(submission: Submission) -> dict[str, Any]:
    """Returns the JSON form of a submission, ready for `json.dumps`."""
    document: dict[str, Any] = {
        "form": FORM,
        "version": VERSION,
        SUBMISSION.key: row_to_json(SUBMISSION, submission.heading),
    }
    for table in LISTED:
        document[table.key] = [row_to_json(table, row) for row in getattr(submission, table.key)]
    return document


def row_to_json(table: Table, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of whichever table
    """Returns the JSON form of a row of a table; empty fields are left out."""
    found = ((column.field, _value(column, row)) for column in table.columns)
    return {name: value for name, value in found if value not in (None, "", [])}


def _value(column: Column, row: Any) -> Any:  # noqa: ANN401 - same
    if (written := row.written.get(column.field)) is not None:
        return written
    value = getattr(row, column.field)
    match column.format:
        case Format.MOMENT:
            return moment_text(row.time) if row.time else value and value.isoformat()
        case Format.DATE:
            return value and value.isoformat()
        case Format.PURPOSES:
            return purposes_text(value)
        case Format.TIME_FRAME:
            return time_frame_text(row.time_frame, row.use_time_frame)
        case Format.PARTIES | Format.SECTORS | Format.ACTIVITIES | Format.LIST:
            return list(value)
        case Format.ACTION_TYPE | Format.ACTION_SUBTYPE:
            return value and str(value)
        case _:
            return value
