# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Times on the command line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

import click

from itmo import limits

_DAY_CHARACTERS: Final = 10
"""Of yyyy-mm-dd."""
_PERIOD: Final = re.compile(r"([0-9]{4})-([0-9]{4})", re.ASCII)
_A_DAY: Final = "no day such as 2024-12-31"
_A_TIME: Final = "no time such as 2024-12-31T12:00:00Z"


class Moment(click.ParamType[datetime]):
    """A point in time such as 2024-12-31T12:00:00Z."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a time with its zone; it is kept in UTC and cut to milliseconds."""
        read = value if isinstance(value, datetime) else _time(str(value))
        return self.fail(f"{value!a} is {_A_TIME}", param, ctx) if read is None else read


class Day(click.ParamType[datetime]):
    """A calendar day such as 2024-12-31: its first moment, without a zone."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a day."""
        day = _day(str(value)[:_DAY_CHARACTERS])
        if day is None or str(value) != day.isoformat():
            self.fail(f"{value!a} is {_A_DAY}", param, ctx)
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day has no zone


class AsOf(click.ParamType[datetime]):
    """A point in time, or a day, which means its last moment (UTC)."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a day such as 2024-12-31, or a time with its zone."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        day = _day(text) if len(text) == _DAY_CHARACTERS else None
        if day is not None:
            return datetime(day.year, day.month, day.day, 23, 59, 59, 999_000, UTC)
        read = _time(text)
        if read is None:
            self.fail(f"{value!a} is {_A_DAY}, and {_A_TIME}", param, ctx)
        return read


class Period(click.ParamType[tuple[int, int]]):
    """Two years such as 2021-2030."""

    name = "first-last"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Reads the first and the last year; not more of them than a summary may have."""
        match = _PERIOD.fullmatch(str(value))
        if match is None or not 0 <= int(match[2]) - int(match[1]) < limits.MAX_SUMMARY_YEARS:
            self.fail(f"{value!a} is no period such as 2021-2030", param, ctx)
        return int(match[1]), int(match[2])


MOMENT: Final = Moment()
DAY: Final = Day()
PERIOD: Final = Period()
as_of_option = click.option(
    "--as-of", type=AsOf(), help="How it stood at a time, or at the end of a day (UTC)."
)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
        # Python from 3.14 on takes 24:00 for the next day's first moment: a text means the same everywhere.
        if read.tzinfo is None or read.date().isoformat() != text[:_DAY_CHARACTERS]:
            return None
        read = read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return read.replace(microsecond=read.microsecond // 1000 * 1000)
