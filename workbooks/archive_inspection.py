# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Looks through a workbook's archive before anything parses it.

A workbook is a zip of XML files. Whoever sends one decides how large it becomes when it is opened,
so every bound is checked here, on what the archive really expands to, in pieces of fixed size.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workbooks.unreadable import refuse

MIB: Final = 1 << 20

MAX_FILE: Final = 64 * MIB
"""Bytes of a file. 100 000 actions take about 8 MiB."""
MAX_ENTRIES: Final = 500
"""Files in the archive. The official blank has 41, most of them settings of printers."""
MAX_EXPANDED: Final = 600 * MIB
"""Bytes of all files together. 100 000 actions expand to about 150 MiB."""
MAX_PART: Final = 96 * MIB
"""Bytes of a file that is held in memory as a whole: all but the sheets."""
MAX_RATIO: Final = 200
"""How many times larger a file may become. Tables shrink 10 to 40 times, bombs 1000 times."""
RATIO_FROM: Final = MIB
"""Bytes from which the ratio counts; a small file of blanks may shrink to nothing."""
MAX_SHEETS: Final = 50
"""Sheets. The format has seven, and Parties add a few."""
MAX_ROWS: Final = 300_000
"""Rows of a sheet: three times the largest file that is foreseen."""
MAX_CELLS: Final = 10_000_000
"""Cells of a sheet: the rows above with some 33 columns."""
MAX_RUN: Final = MIB
"""Bytes without a tag. The longest text of a cell takes an eighth of this."""

_PIECE: Final = MIB
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_WORKBOOK: Final = re.compile(r"xl/workbook[0-9]*\.xml")
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ROWS: Final = (b"<row ", b"<row>", b"<row/", b":row ", b":row>", b":row/")
_CELLS: Final = (b"<c ", b"<c>", b"<c/", b":c ", b":c>", b":c/")
"""How rows and cells begin, with and without a prefix; counting literals is fastest."""
_MERGED: Final = re.compile(
    rb'<(?:\w+:)?mergeCell [^<>]{0,200}?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"'
)
_DECLARATIONS: Final = (b"<!DOCTYPE", b"<!ENTITY")
_WIDE_TEXT: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")
_MAX_MERGED: Final = 20_000
"""Merged ranges of a sheet that are remembered; further ones are not filled down."""

DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
"""What the standard library raises for broken archives; the last for features it does not know."""


@dataclass(slots=True)
class SheetPart:
    """What a sheet holds, counted without parsing it."""

    rows: int = 0
    cells: int = 0
    merged: list[str] = field(default_factory=list)


def inspect_archive(path: Path) -> Mapping[str, SheetPart]:
    """Checks every bound of a workbook, and counts what its sheets hold.

    Returns:
        What each sheet holds, by the name of its file in the archive.

    Raises:
        Unreadable: It is beyond one, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(path.name, archive.infolist())
            return _check_parts(path.name, archive)
    except DAMAGED:
        refuse(path.name, "the workbook is cut off or damaged", "Save it anew and send it again.")


def _check_entries(file: str, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    low = {name.casefold() for name in names}
    if len(entries) > MAX_ENTRIES:
        refuse(
            file, f"the archive holds {len(entries)} files", "Send a plain workbook.", MAX_ENTRIES
        )
    if len(low) != len(names):
        refuse(file, "the archive holds two files of one name", "Save the workbook anew.")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        refuse(file, "the file is protected by a password", "Send it without password.")
    if any(entry.compress_type not in _METHODS for entry in entries):
        refuse(file, "the archive is packed in an unusual way", "Save the workbook anew.")
    if "[content_types].xml" not in low or not any(map(_WORKBOOK.fullmatch, low)):
        refuse(file, "the archive is no workbook", "Save the tables as an .xlsx workbook.")
    if any("vbaproject" in name or name.startswith("xl/macrosheets/") for name in low):
        refuse(file, "the workbook contains macros", "Save it as .xlsx, without macros.")
    if any(name.startswith("xl/externallinks/") or name == "xl/connections.xml" for name in low):
        refuse(
            file,
            "the workbook is linked to other files or data sources",
            "Break the links, so that the values stand in the workbook itself.",
        )
    sheets = sum(1 for name in names if _SHEET.fullmatch(name))
    if sheets > MAX_SHEETS:
        refuse(file, f"the workbook has {sheets} sheets", "Send the seven sheets only.", MAX_SHEETS)
    _check_sizes(file, entries)


def _check_sizes(file: str, entries: list[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > MAX_EXPANDED:
        refuse(file, f"the workbook expands to {total} bytes", "Split it.", MAX_EXPANDED)
    for entry in entries:
        if not _SHEET.fullmatch(entry.filename) and entry.file_size > MAX_PART:
            refuse(file, f"a part expands to {entry.file_size} bytes", "Split the file.", MAX_PART)
        if entry.file_size > max(RATIO_FROM, entry.compress_size * MAX_RATIO):
            refuse(
                file,
                "a part expands far more than tables do",
                "Save the workbook anew, without unused rows and formats.",
                MAX_RATIO,
            )


def _check_parts(file: str, archive: zipfile.ZipFile) -> Mapping[str, SheetPart]:
    sheets: dict[str, SheetPart] = {}
    for entry in archive.infolist():
        if not entry.filename.casefold().endswith((".xml", ".rels", ".vml")):
            continue
        # Every part is counted: which of them are sheets, only the workbook's relations say.
        part = sheets[entry.filename] = SheetPart()
        for piece in _pieces(file, archive, entry):
            if any(declaration in piece for declaration in _DECLARATIONS):
                refuse(file, "the workbook declares XML entities", "Save the workbook anew.")
            if entry.filename == "[Content_Types].xml" and b"macroEnabled" in piece:
                refuse(file, "the workbook contains macros", "Save it as .xlsx, without macros.")
            _count(file, piece, part)
    return sheets


def _pieces(file: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content in pieces that never end within a tag."""
    rest = b""
    size = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_PIECE):
            if size == 0 and chunk[:2] in _WIDE_TEXT:
                # Nothing could be recognised in another encoding; spreadsheets write UTF-8.
                refuse(file, "a part is not in UTF-8", "Save the workbook anew.")
            size += len(chunk)
            if size > entry.file_size:
                refuse(file, "a part is larger than it says", "Save the workbook anew.")
            rest += chunk
            cut = rest.rfind(b"<")
            if cut <= 0 and len(rest) > MAX_RUN:
                refuse(file, "a cell holds far too much text", "Shorten the text.", MAX_RUN)
            if cut > 0:
                yield rest[:cut]
                rest = rest[cut:]
    yield rest


def _count(file: str, piece: bytes, part: SheetPart) -> None:
    part.rows += sum(map(piece.count, _ROWS))
    part.cells += sum(map(piece.count, _CELLS))
    if part.rows > MAX_ROWS:
        refuse(file, "a sheet has too many rows", "Split the table.", MAX_ROWS)
    if part.cells > MAX_CELLS:
        refuse(file, "a sheet has too many cells", "Split the table.", MAX_CELLS)
    if b"mergeCell " in piece and len(part.merged) < _MAX_MERGED:
        part.merged.extend(match[1].decode() for match in _MERGED.finditer(piece))
