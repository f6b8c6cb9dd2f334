# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Times on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import click

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


class Moment(click.ParamType[datetime]):
    """A point in time such as 2024-12-31T12:00:00Z."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a time with its zone; it is kept in UTC."""
        try:
            read = datetime.fromisoformat(str(value))
            if read.tzinfo is None:
                raise ValueError
            return read.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!a} is no time such as 2024-12-31T12:00:00Z", param, ctx)


MOMENT = Moment()


def _end_of_day(_context: click.Context, _parameter: click.Parameter, text: str) -> datetime | None:
    """A time with its zone, or a day, which means its last moment (UTC)."""
    if not text:
        return None
    try:
        if len(text) == _DAY_CHARACTERS:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, 23, 59, 59, 999_000, UTC)
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            raise ValueError
    except (ValueError, OverflowError):
        message = f"{text!a} is no day such as 2024-12-31, and no time such as 2024-12-31T12:00:00Z"
        raise click.BadParameter(message) from None
    return read.astimezone(UTC)


as_of_option = click.option(
    "--as-of",
    default="",
    metavar="DATE",
    callback=_end_of_day,
    help="How it stood at a time, or at the end of a day (UTC).",
)
