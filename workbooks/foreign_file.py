# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Says what a file is by its first bytes, never by its name.

Nothing in a file is ever executed, calculated or fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from openpyxl import DEFUSEDXML

from itmo.reasons import ProtocolError, Reason
from workbooks.archive_inspection import MAX_FILE, SheetPart, inspect_archive
from workbooks.unreadable import refuse

_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_PDF: Final = b"%PDF"
_BOM: Final = b"\xef\xbb\xbf"
_HEAD: Final = 4096


def head_of(path: Path) -> bytes:
    """Returns the first bytes of a file, without a byte order mark and space before them.

    Raises:
        Unreadable: It is not there, no file, empty or too large.
    """
    if not path.exists():
        refuse(path.name, "there is no such file", "Check its name.")
    if not path.is_file():
        refuse(path.name, "this is no file", "Name a workbook or a text file.")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        refuse(path.name, f"it cannot be read ({error.strerror})", "Check who may read it.")
    if size > MAX_FILE:
        refuse(path.name, f"the file has {size} bytes", "Split it.", MAX_FILE)
    if not head:
        refuse(path.name, "the file is empty", "Look whether it was saved.")
    return head.removeprefix(_BOM).lstrip()


def inspected_workbook(path: Path, head: bytes) -> Mapping[str, SheetPart]:
    """Returns what the parts of a workbook hold, when it is one and safe to open.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where XML would be read without defence.
        Unreadable: It is no workbook, or beyond a bound.
    """
    _refuse_others(path, head)
    if not DEFUSEDXML:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            "Workbooks are not read: openpyxl was told not to use defusedxml. "
            "Unset OPENPYXL_DEFUSEDXML.",
            setting="OPENPYXL_DEFUSEDXML",
        )
    return inspect_archive(path)


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
