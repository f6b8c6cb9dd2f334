# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Times on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import click


class Moment(click.ParamType[datetime]):
    """A point in time such as 2023-08-01T00:00:00Z."""

    name = "iso"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a time with its zone; it is kept in UTC and cut to milliseconds."""
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(str(value))
            if read.tzinfo is None:
                raise ValueError
            read = read.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!a} is no time such as 2023-08-01T00:00:00Z", param, ctx)
        return read.replace(microsecond=read.microsecond // 1000 * 1000)


MOMENT = Moment()
_DAY_CHARACTERS: Final = 10
"""Of yyyy-mm-dd."""


class Day(click.ParamType[datetime]):
    """A calendar day such as 2024-12-31: its first moment, without a zone."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a day."""
        try:
            day = date.fromisoformat(str(value)[:_DAY_CHARACTERS])
        except ValueError:
            day = None
        if day is None or str(value) != day.isoformat():
            self.fail(f"{value!a} is no day such as 2024-12-31", param, ctx)
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day has no zone


DAY = Day()


class AsOf(click.ParamType[datetime]):
    """A point in time, or a day, which means its last moment (UTC)."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a day such as 2024-12-31, or a time with its zone."""
        text = str(value)
        if len(text) != _DAY_CHARACTERS:
            return MOMENT.convert(value, param, ctx)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.fail(f"{value!a} is no day such as 2024-12-31", param, ctx)
        return datetime(day.year, day.month, day.day, 23, 59, 59, 999_000, UTC)


AS_OF = AsOf()
AS_OF_HELP: Final = "How it stood at a time, or at the end of a day."
