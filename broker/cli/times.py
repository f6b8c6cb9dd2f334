# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Times on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

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
