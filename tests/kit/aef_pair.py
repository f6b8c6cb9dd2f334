# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A right pair of small workbooks of Thailand and Switzerland, to be disturbed one cell at a time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook

from aef.layout import ACTIONS, AUTHORIZATIONS, TABLES
from tests.kit.aef_files import CellValue, blank_workbook, fill_heading, fill_rows

Change = Callable[[Workbook], None]
Parts = dict[str, bytes]
UNITS: dict[str, CellValue] = {
    "cooperative_approach": "CA000003",
    "authorization_id": "1006",
    "first_transferring_party": "THA",
    "registry": "THA01",
    "first_id": "CA000003-THA01-THA-1-2022",
    "last_id": "CA000003-THA01-THA-100-2022",
    "metric": "GHG",
    "quantity": 100,
    "mitigation_type": "Emission reductions",
    "vintage": 2022,
}
DAY: dict[str, CellValue] = {"date": "01/12/2023"}
AUTHORIZED: dict[str, CellValue] = {
    "authorization_id": "1006",
    "date": "10/01/2023",
    "cooperative_approach": "CA000003",
    "version": 1,
    "quantity": 500_000,
    "metric": "GHG",
    "sectors": "Transportation",
    "activity_types": "Transport",
    "purposes": "NDC",
    "parties": "CHE",
    "time_frame": "2021 - 2030",
}


def heading(party: str) -> dict[str, CellValue]:
    """Table 1 of either Party."""
    return {
        "party": party,
        "version": "1.0",
        "reported_year": 2023,
        "submitted": "10/04/2024",
        "ndc_first": 2021,
        "ndc_last": 2030,
    }


def thai() -> Workbook:
    """Thailand transfers 100 units first."""
    book = blank_workbook(pick_lists=False)
    fill_heading(book, heading("THA"))
    fill_rows(book, AUTHORIZATIONS, [AUTHORIZED])
    sent: dict[str, CellValue] = {
        "type": "First transfer",
        "subtype": "First transfer to another Party",
        "acquiring_party": "CHE",
    }
    fill_rows(book, ACTIONS, [UNITS | DAY | sent])
    return book


def swiss() -> Workbook:
    """Switzerland acquires and uses them."""
    book = blank_workbook(pick_lists=False)
    fill_heading(book, heading("CHE"))
    fill_rows(book, AUTHORIZATIONS, [AUTHORIZED])
    used: dict[str, CellValue] = {
        "type": "Use", "using_party": "CHE", "year_of_use": 2023, "date": "20/12/2023",
    }  # fmt: skip
    received: dict[str, CellValue] = {"type": "Acquisition", "transferring_party": "THA"}
    fill_rows(book, ACTIONS, [UNITS | DAY | received, UNITS | used])
    return book


def cell(table: str, field: str, value: CellValue, row: int | None = None) -> Change:
    """Writes one cell of a table; of the first row below its headings, if no other is named."""
    (wanted,) = (each for each in TABLES if each.key == table)
    (column,) = (each for each in wanted.columns if each.field == field)
    place = f"{column.letter}{row or wanted.header_row + 1}"

    def change(book: Workbook) -> None:
        book[wanted.sheet][place] = value

    return change


def parts_of(book: Workbook) -> Parts:
    """The files of which a workbook consists."""
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Parts, path: Path) -> Path:
    """Puts files together to a workbook again."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


_INLINE = re.compile(rb'(<c [^>]*)t="inlineStr"([^>]*)><is>(.*?)</is></c>', re.DOTALL)
_STRINGS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_shared_strings(parts: Parts) -> Parts:
    """Keeps the texts in a part of their own, as spreadsheets do."""
    strings: list[bytes] = []

    def moved(found: re.Match[bytes]) -> bytes:
        strings.append(found[3])
        return b'%st="s"%s><v>%d</v></c>' % (found[1], found[2], len(strings) - 1)

    changed = {
        name: _INLINE.sub(moved, content) if name.startswith("xl/worksheets/") else content
        for name, content in parts.items()
    }
    relations = "xl/_rels/workbook.xml.rels"
    added = f'<Relationship Type="{_STRINGS}" Target="sharedStrings.xml" Id="rId99"/>'
    changed[relations] = changed[relations].replace(
        b"</Relationships>", f"{added}</Relationships>".encode()
    )
    listed = b"".join(b"<si>%s</si>" % each for each in strings)
    changed["xl/sharedStrings.xml"] = b'<sst xmlns="%s">%s</sst>' % (_MAIN.encode(), listed)
    return changed
