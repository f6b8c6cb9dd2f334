# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A file as it was when it was read, by its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from itmo.files import read_plain_file
from itmo.reasons import ProtocolError
from workbooks.archive_inspection import MAX_FILE
from workbooks.unreadable import refuse


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file as it was when it was read.

    Attributes:
        name: Without its folder.
        size: In bytes.
        digest: SHA-256, in hexadecimal.
    """

    name: str
    size: int
    digest: str


def file_seen(path: Path) -> FileSeen:
    """A file as it is now.

    Raises:
        Unreadable: It cannot be opened.
    """
    try:
        content = read_plain_file(path, MAX_FILE)
    except ProtocolError as error:
        refuse(path.name, error.message.rstrip("."), "Name a workbook or a text file.", MAX_FILE)
    return FileSeen(path.name, len(content), hashlib.sha256(content).hexdigest())


def same_file(before: FileSeen, path: Path) -> FileSeen:
    """A file that is still as it was before it was read.

    Raises:
        Unreadable: It was changed in between.
    """
    if file_seen(path) != before:
        refuse(path.name, "the file was changed while it was read", "Check it again.")
    return before
