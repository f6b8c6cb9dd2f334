# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in a cell before anybody made anything of it."""

from __future__ import annotations

from datetime import date, datetime, time

Raw = str | int | float | bool | datetime | date | time | list[str] | None
"""What a cell of a workbook or a value of the JSON form can be."""


class CellError(str):
    """What a cell shows in place of a value, such as #REF!; a text of the same letters is none."""

    __slots__ = ()
