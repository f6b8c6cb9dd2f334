# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a field of the model looks like in a cell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from aef.dates import Moment
from aef.layout import CARP_LINK, CARP_TEXT, Column, Format, Need
from aef.list_values import purposes_text
from aef.numbers import EXACT
from aef.time_frames import TimeFrame, time_frame_text

Cell = str | int | date | None


def moment_text(moment: datetime) -> str:
    """Returns an ISO 8601 date-time in UTC with milliseconds and Z (common nomenclatures)."""
    at = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{at.isoformat(timespec='milliseconds')}Z"


def cell_value(column: Column, row: Any) -> Cell:  # noqa: ANN401 - a row of whichever table
    """Returns the value of a cell; None for an empty one."""
    if (written := row.written.get(column.field)) is not None:
        return str(written)
    value = getattr(row, column.field)
    match column.format:
        case Format.MOMENT:
            return moment_text(row.time) if row.time is not None else value
        case Format.PURPOSES:
            return purposes_text(value) or None
        case Format.TIME_FRAME:
            return time_frame_text(row.time_frame, row.use_time_frame) or None
        case Format.PARTIES:
            return ", ".join(value) or None
        case Format.SECTORS | Format.ACTIVITIES | Format.LIST:
            return "; ".join(value) or None
        case Format.QUANTITY:
            return str(value) if value is not None and value > EXACT else value
        case Format.ACTION_TYPE | Format.ACTION_SUBTYPE:
            return None if value is None else str(value)
        case _:
            return value if value != "" else None


def read_as(value: object) -> str:
    """Returns what was made of a cell, as the cell should have said it; empty for nothing."""
    match value:
        case None:
            return ""
        case Moment(day=day, moment=None):
            return f"{day:%d/%m/%Y}"
        case Moment(moment=datetime() as moment):
            return moment_text(moment)
        case TimeFrame(occurred=occurred, used=used):
            return time_frame_text(occurred, used)
        case frozenset():
            return purposes_text(value)
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def platform_text(column: Column) -> str | None:
    """Returns what the blank shows in a field of the platform; None for any other field."""
    if column.need is not Need.PLATFORM:
        return None
    return CARP_LINK if column.field == "review_link" else CARP_TEXT
