# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of an archive, CSV or a list in JSON, and what stands in their columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL


def unfit(message: str) -> ProtocolError:
    """The refusal of an archive that cannot be read at all."""
    return ProtocolError(Reason.PAYLOAD_INVALID, message, where="archive")


def rows_in(name: str, content: bytes, columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Yields the rows of a table: of the columns that are known, what stands there, or nothing.

    Raises:
        ProtocolError: PAYLOAD_INVALID, when it is no such table.
    """
    try:
        text = content.decode("utf-8-sig")
        rows: list[Any] = (
            json.loads(text)
            if name.endswith(".json")
            else list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        )
        if not isinstance(rows, list):
            raise TypeError("not a list")  # one refusal for all of them
    except (UnicodeDecodeError, RecursionError, ValueError, TypeError, csv.Error) as error:
        raise unfit(f"{name} is neither CSV nor a list in JSON: {error}") from None
    for row in rows:
        said = row if isinstance(row, dict) else {}
        # Columns beyond the known ones belong to whoever wrote the archive.
        yield {column: _text(said.get(column)) for column in columns}


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def number(text: str, column: str, least: int = 1) -> int:
    """Reads a whole number.

    Raises:
        ValueError: it is none, or too small or large.
    """
    if not (text.isascii() and text.isdecimal() and least <= int(text[:20]) <= MAX_SERIAL):
        raise ValueError(f"{column} is {text[:20]!a}; expected a whole number from {least}")
    return int(text)


def yes(text: str, column: str) -> bool:
    """Reads yes or no; nothing is no.

    Raises:
        ValueError: it is neither.
    """
    if text not in {"", "yes", "no"}:
        raise ValueError(f"{column} is {text[:20]!a}; expected yes or no")
    return text == "yes"


def day(text: str) -> date | None:
    """Reads a day; nothing is none.

    Raises:
        ValueError: it is none.
    """
    return date.fromisoformat(text) if text else None


def moment(text: str, column: str) -> datetime:
    """Reads a time; without an offset it is one of UTC.

    Raises:
        ValueError: it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{column} is {text[:30]!a}; expected a time such as 2012-03-05T14:30:00Z"
        ) from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
