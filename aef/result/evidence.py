# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a result needs to be filed: when it was made, by what, under which rules, from which files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aef.archive_inspection import MAX_FILE, refuse
from aef.checks import catalogue
from aef.model import FileSeen
from itmo.files import read_plain_file
from itmo.log_position import LogPosition
from itmo.reasons import ProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a result comes from.

    Attributes:
        made: When the checks were made.
        files: Files that were read, in the order in which they were given.
        stated: What whoever asked for the checks stated besides, such as first years.
        position: How far the log went where the ledger was asked; None: it was not.
        program: Name and version of the program.
        rulebook: Name and version of the rulebook.
        rulebook_digest: Its SHA-256, as in every verdict.
        checks_digest: SHA-256 of the consistency checks.
    """

    made: datetime
    files: tuple[FileSeen, ...]
    stated: tuple[str, ...] = ()
    position: LogPosition | None = None
    program: str
    rulebook: str
    rulebook_digest: str
    checks_digest: str = catalogue.DIGEST.hex()


def file_seen(path: Path) -> FileSeen:
    """A file as it is now.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE.
    """
    try:
        content = read_plain_file(path, MAX_FILE)
    except ProtocolError as error:
        refuse(path.name, error.message.rstrip("."), "Name a workbook or a JSON file.", MAX_FILE)
    return FileSeen(path.name, len(content), hashlib.sha256(content).hexdigest())


def same_file(before: FileSeen, path: Path) -> FileSeen:
    """A file that is still as it was before it was read.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE, when it was changed in between.
    """
    if file_seen(path) != before:
        refuse(path.name, "the file was changed while it was read", "Check it again.")
    return before
