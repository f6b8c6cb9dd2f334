# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a file that somebody sent: a workbook or XML, read only when that is safe."""

from __future__ import annotations

from pathlib import Path

from itmo.reasons import Reason
from sef.read_file import ReadFile
from sef.workbook_reading import read_workbook
from sef.xml_reading import read_xml
from workbooks.foreign_file import head_of, inspected_workbook
from workbooks.unreadable import told_as


def read_file(path: Path) -> ReadFile:
    """Reads a submission.

    Raises:
        ProtocolError: SEF_FILE_UNREADABLE, when the file cannot be opened safely; the message names
            the file, what was found and the remedy.
    """
    with told_as(Reason.SEF_FILE_UNREADABLE):
        head = head_of(path)
        if head[:1] == b"<":
            return read_xml(path)
        return read_workbook(path, inspected_workbook(path, head))
