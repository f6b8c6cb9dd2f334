# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A file that cannot be opened safely, and how it is told under the reason of its format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from itmo.reasons import ProtocolError, Reason, shown


class Unreadable(Exception):  # noqa: N818 - it says what the file is
    """A file that cannot be opened safely.

    Attributes:
        message: File, what was found and the remedy, for people.
        details: The same as fields.
    """

    def __init__(self, file: str, found: str, remedy: str, limit: int | None = None) -> None:
        self.message = f"{shown(file)}: {found}. {remedy}"
        super().__init__(self.message)
        self.details: dict[str, str | int] = {"file": file, "found": found}
        if limit is not None:
            self.details["limit"] = limit


def refuse(file: str, found: str, remedy: str, limit: int | None = None) -> NoReturn:
    """Refuses a file.

    Raises:
        Unreadable: With file, cause and remedy.
    """
    raise Unreadable(file, found, remedy, limit)


@contextmanager
def told_as(reason: Reason) -> Iterator[None]:
    """Tells a file that cannot be opened under the reason of the format that was looked for.

    Raises:
        ProtocolError: Of that reason.
    """
    try:
        yield
    except Unreadable as error:
        raise ProtocolError(reason, error.message, **error.details) from None
