# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Times on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import click

_DAY_CHARACTERS: Final = 10
"""Of yyyy-mm-dd."""


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
    except ValueError:
        message = f"{text!a} is no day such as 2024-12-31, and no time such as 2024-12-31T12:00:00Z"
        raise click.BadParameter(message) from None
    return read.astimezone(UTC)


as_of_option = click.option(
    "--as-of",
    default="",
    callback=_end_of_day,
    help="How it stood at a time, or at the end of a day (UTC).",
)
