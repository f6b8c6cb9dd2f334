# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a result needs to be filed: when it was made, by what, under which rules, from which files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aef.checks import catalogue
from itmo.log_position import LogPosition
from itmo.reasons import Reason
from workbooks import files_seen
from workbooks.files_seen import FileSeen
from workbooks.unreadable import told_as


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
    with told_as(Reason.AEF_FILE_UNREADABLE):
        return files_seen.file_seen(path)


def same_file(before: FileSeen, path: Path) -> FileSeen:
    """A file that is still as it was before it was read.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE, when it was changed in between.
    """
    with told_as(Reason.AEF_FILE_UNREADABLE):
        return files_seen.same_file(before, path)
