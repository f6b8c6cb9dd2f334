# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a file that somebody sent: says what it is, and reads it only when that is safe."""

from __future__ import annotations

from pathlib import Path

from aef.json_reading import read_json
from aef.model import ReadFile
from aef.workbook_reading import read_workbook
from itmo.reasons import Reason
from workbooks.foreign_file import head_of, inspected_workbook
from workbooks.progress import Progress
from workbooks.unreadable import told_as


def read_file(path: Path, progress: Progress | None = None) -> ReadFile:
    """Reads a workbook or a JSON file in the agreed electronic format.

    Args:
        path: The file.
        progress: Told rows done and rows in all.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE, when the file cannot be opened safely; the message names
            the file, what was found and the remedy.
    """
    with told_as(Reason.AEF_FILE_UNREADABLE):
        head = head_of(path)
        if head[:1] == b"{":
            return read_json(path, progress)
        return read_workbook(path, inspected_workbook(path, head), progress)
