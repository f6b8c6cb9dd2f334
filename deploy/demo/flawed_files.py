# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Parties' workbooks, rebuilt in code from what is published of them.

`thai_workbook` and `swiss_workbook` are the pair of the first transfer for NDC use (Thailand's AEF
2023-2024, Switzerland's AEF 2024). REAL says what of them is as it was filed, INVENTED what had to be
made up. `blank_workbook` has the headings and pick-list rows of the official blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from aef import layout
from aef.layout import LISTED, SUBMISSION, Table

CellValue = str | int | float | bool | datetime | None
Rows = Sequence[Mapping[str, CellValue]]
"""Rows by field of the model."""

PICK_LIST_ROWS: Final[Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "authorizations": (
        ("H", ("GHG", "Non-GHG")),
        ("M", ("NDC", "OIMP", "IMP", "OP", "NDC and OIMP", "NDC and IMP", "NDC and OP")),
        ("T", ("Authorization", "Issuance", "Use or cancellation")),
    ),
    "actions": (
        ("C", ("Acquisition", "Transfer", "Use", "Cancellation", "First transfer")),
        ("P", ("GHG", "non-GHG")),
        ("V", ("Emission reductions", "Removals")),
    ),
    "holdings": (("M", ("GHG", "non-GHG")), ("S", ("Emission reductions", "Removals"))),
}
"""What the official blank prints below its headings: column and values."""

PLACEHOLDERS: Final = {
    "party": "Party",
    "version": "X.Y",
    "reported_year": "Year",
    "submitted": "dd/mm/yyyy",
    "review_status": layout.CARP_TEXT,
    "consistency_result": layout.CARP_TEXT,
    "ndc_first": "Year",
    "ndc_last": "Year",
    "review_link": layout.CARP_LINK,
}


def blank_workbook(*, pick_lists: bool = True) -> Workbook:
    """The official blank: headings, merged cells, pick-list rows."""
    book = Workbook()
    index = book.active
    if not isinstance(index, Worksheet):
        raise TypeError("a new workbook has a sheet")
    index.title = layout.INDEX_SHEET
    index["A2"], index["B2"] = "Table", "Title"
    summary = book.create_sheet(layout.SUMMARY_SHEET)
    summary["B3"], summary["B5"], summary["C5"] = "Table 1: submission", "Field", "Footnote"
    for row, column in enumerate(SUBMISSION.columns, 6):
        summary[f"B{row}"] = column.title
        summary[f"C{row}"] = "NA"
    sheet = book.create_sheet(SUBMISSION.sheet)
    sheet[SUBMISSION.title_cell] = SUBMISSION.title
    for column in SUBMISSION.columns:
        sheet[f"B{column.title_row}"] = column.title
        sheet[f"C{column.title_row}"] = PLACEHOLDERS[column.field]
    for table in LISTED:
        sheet = book.create_sheet(table.sheet)
        sheet[table.title_cell] = table.title
        for cell, text in table.groups:
            sheet[cell] = text
        for column in table.columns:
            sheet[f"{column.letter}{column.title_row}"] = column.title
        for merged in table.merged:
            sheet.merge_cells(merged)
        if pick_lists:
            for letter, values in PICK_LIST_ROWS.get(table.key, ()):
                for row, value in enumerate(values, table.header_row + 1):
                    sheet[f"{letter}{row}"] = value
    return book


def fill_heading(book: Workbook, values: Mapping[str, CellValue]) -> None:
    """Writes table 1, by field of the model."""
    sheet = book[SUBMISSION.sheet]
    for column in SUBMISSION.columns:
        if column.field in values:
            sheet[f"C{column.title_row}"] = values[column.field]


def fill_rows(book: Workbook, table: Table, rows: Rows) -> None:
    """Write rows below the headings; over the pick-lists, as Parties do."""
    sheet = book[table.sheet]
    letters = {column.field: column.letter for column in table.columns}
    for number, row in enumerate(rows, table.header_row + 1):
        for field, value in row.items():
            sheet[f"{letters[field]}{number}"] = value


def saved(book: Workbook, path: Path) -> Path:
    """Saves a workbook and returns its path."""
    book.save(path)
    return path


# -- Thailand to Switzerland, CA0003 --------------------------------------------------------------

REAL: Final = (
    "real: Parties as they are spelt, authorizations with their dates and quantities, actions with their"
    " dates, ids and quantities, vintages, the reported years, and every flaw named below"
)
INVENTED: Final = (
    "invented: Thailand's date of submission, the middle of its unit ids of December 2024, the wording of its"
    " subtypes, time frame and quantities, the Swiss time"
    " frame, the NDC periods, the underlying units, the notes; letters and entities of other approaches"
    " are left out"
)
"""Both for people, as the demonstration tells them."""

_BUSES: Final[Mapping[str, CellValue]] = {
    "cooperative_approach": "CA0003",
    "first_transferring_party": "TH",
    "registry": "TH001",
    "underlying_registry": "T-VER",
    "metric": "GHG",
    "non_ghg_metric": "NA",
    "quantity_non_ghg": "NA",
    "mitigation_type": "Emission reductions",
}


def _sold(
    day: CellValue, first: str, last: str, quantity: CellValue, vintage: int
) -> dict[str, CellValue]:
    return {
        **_BUSES,
        "date": day,
        "type": "First transfer",
        "subtype": "First transfer to another Party",
        "authorization_id": "1006.4/2810",
        "first_id": first,
        "last_id": last,
        "underlying_first_id": first,
        "underlying_last_id": last,
        "quantity": quantity,
        "vintage": vintage,
        "transferring_party": "NA",
        "acquiring_party": "CH",
        "oimp_purpose": "NA",
        "using_party": "NA",
        "using_entity": "NA",
        "year_of_use": "NA",
    }


_THAI_LETTER: Final[Mapping[str, CellValue]] = {
    "authorization_id": "1006.4/2810",
    "date": "02/08/2023",
    "cooperative_approach": "CA0003",
    "version": 1,
    "quantity": 500_000,
    "metric": "GHG",
    "non_ghg_metric": "NA",
    "sectors": "Transportation",
    "activity_types": "Transport",
    "purposes": "NDC",
    "parties": "CH",
    "oimp": "NA",
    "time_frame": "1 Oct 2022-31 Dec 2030",
    "first_transfer_definition": "NA",
}


def thai_workbook() -> Workbook:
    """Thailand's AEF 2023-2024."""
    book = blank_workbook()
    fill_heading(
        book,
        {
            "party": "TH",
            "version": "1.0",
            "reported_year": "2023-2024",
            "submitted": "31/12/2024",
            "ndc_first": 2021,
            "ndc_last": 2030,
        },
    )
    fill_rows(book, layout.AUTHORIZATIONS, [_THAI_LETTER])
    front, rear = "TH1-BCH-S0333-57-2022-", "TH1-BCH-S0334-57-2022-"
    fill_rows(
        book,
        layout.ACTIONS,
        [
            _sold("01/12/2023", f"{front}16829005-1-0", f"{front}16829923-1-0", 919, 2022),
            _sold("01/12/2023", f"{rear}16829924-1-0", f"{rear}16830920-1-0", 997, 2022),
            _sold(
                "13/12/2024",
                "TH1-BCH-S0333-57-2023-20486307-1-0",
                "TH1-BCH-S0333-57-2023-20498684-1-0",
                12_378,
                2023,
            ),
            _sold(
                "13/12/2024",
                "TH1-BCH-S0334-57-2023-20498685-1-0",
                "TH1-BCH-S0334-57-2023-20515528-1-0",
                16_844,
                2023,
            ),
        ],
    )
    sheet = book[layout.ACTIONS.sheet]
    sheet["B20"] = "* Units of December 2024 wait for recognition by the other Party."
    sheet["S11"].comment = Comment("To be confirmed", "Registry")
    notes = book.create_sheet("Sheet1")
    notes["A1"] = "working notes"
    notes.sheet_state = "hidden"
    return book


def swiss_workbook() -> Workbook:
    """Switzerland's AEF 2024, dated 15 April 2025; in the heading the Party is written out."""
    book = blank_workbook()
    fill_heading(
        book,
        {
            "party": "Switzerland",
            "version": "1.0",
            "reported_year": 2024,
            "submitted": "15/04/2025",
            "ndc_first": 2021,
            "ndc_last": 2030,
        },
    )
    fill_rows(
        book,
        layout.AUTHORIZATIONS,
        [
            {
                "authorization_id": 5002,
                "date": "27/02/2023",
                "cooperative_approach": "CA0003",
                "version": 1,
                "quantity": 500_000,
                "metric": "GHG",
                "sectors": "Transportation",
                "activity_types": "Transport",
                "purposes": "NDC",
                "parties": "CH, TH",
                "time_frame": "1 Jan 2021-31 Dec 2030",
                "first_transfer_definition": "NA",
            }
        ],
    )
    held: dict[str, CellValue] = {
        **_BUSES,
        "authorization_id": 5002,
        "first_id": "CA0003-TH001-TH-1-2022",
        "last_id": "CA0003-TH001-TH-1917-2022",
        "quantity": 1916,
        "vintage": 2022,
    }
    bought: dict[str, CellValue] = {
        **held,
        "date": "20/12/2023",
        "type": "Acquisition",
        "transferring_party": "TH",
        "acquiring_party": "NA",
    }
    fill_rows(book, layout.ACTIONS, [bought])
    fill_rows(book, layout.HOLDINGS, [held])
    return book
