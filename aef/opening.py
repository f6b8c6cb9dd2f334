# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a file that somebody sent: says what it is, and reads it only when that is safe.

What a file is, its first bytes say, never its name. Nothing in a file is ever executed, calculated
or fetched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from openpyxl import DEFUSEDXML

from aef.archive_inspection import MAX_FILE, inspect_archive, refuse
from aef.json_reading import read_json
from aef.model import ReadFile
from aef.progress import Progress
from aef.workbook_reading import read_workbook
from itmo.reasons import ProtocolError, Reason

_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_PDF: Final = b"%PDF"
_BOM: Final = b"\xef\xbb\xbf"
_HEAD: Final = 4096


def read_file(path: Path, progress: Progress | None = None) -> ReadFile:
    """Reads a workbook or a JSON file in the agreed electronic format.

    Args:
        path: The file.
        progress: Told rows done and rows in all.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE, when the file cannot be opened safely; the message names
            the file, what was found and the remedy.
    """
    head = _head(path)
    if head.removeprefix(_BOM).lstrip()[:1] == b"{":
        return read_json(path, progress)
    _refuse_others(path, head)
    if not DEFUSEDXML:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            "Workbooks are not read: openpyxl was told not to use defusedxml. "
            "Unset OPENPYXL_DEFUSEDXML.",
            setting="OPENPYXL_DEFUSEDXML",
        )
    return read_workbook(path, inspect_archive(path), progress)


def _head(path: Path) -> bytes:
    if not path.exists():
        refuse(path.name, "there is no such file", "Check its name.")
    if not path.is_file():
        refuse(path.name, "this is no file", "Name a workbook or a JSON file.")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        refuse(path.name, f"it cannot be read ({error.strerror})", "Check who may read it.")
    if size > MAX_FILE:
        refuse(path.name, f"the file has {size} bytes", "Split it.", MAX_FILE)
    if not head:
        refuse(path.name, "the file is empty", "Send it again.")
    return head


def _refuse_others(path: Path, head: bytes) -> None:
    """Refuses whatever is no zip archive, by its right name."""
    if head.startswith(_ZIP):
        return
    if head.startswith(_EMPTY_ZIP):
        refuse(path.name, "the archive is empty", "Save the workbook anew.")
    if head.startswith(_COMPOUND):
        if _ENCRYPTED in path.read_bytes():
            refuse(path.name, "the file is protected by a password", "Send it without password.")
        refuse(path.name, "this is an old .xls workbook", "Save it as .xlsx.")
    if head.startswith(_PDF):
        refuse(path.name, "this is a PDF document", "Send the workbook from which it was printed.")
    if b"\x00" not in head:
        refuse(
            path.name,
            "this is a text file, such as CSV or HTML",
            "Save the tables as an .xlsx workbook.",
        )
    refuse(path.name, "this is no workbook", "Save the tables as an .xlsx workbook.")
