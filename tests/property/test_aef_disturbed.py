# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One cell of a right workbook is written in another way: exactly that is found, and nothing else changes.

Where there is one way to read the cell, the workbook says what it said before; where there are two, or
none, that field alone is not read, and what the Party wrote is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from aef.layout import ACTIONS, AUTHORIZATIONS, LISTED, SUBMISSION, TABLES
from aef.model import ReadFile
from aef.opening import read_file
from aef.syntax_codes import Code
from tests.kit.aef_files import CellValue, saved
from tests.kit.aef_pair import thai

Said = Callable[[Any], CellValue]


@dataclass(frozen=True)
class Way:
    """A way to write a field: its findings, and whether it is understood."""

    table: str
    field: str
    said: Said
    codes: tuple[Code, ...]
    understood: bool = True


def way(table: str, field: str, said: Said, *codes: Code) -> Way:
    return Way(table, field, said, codes)


def lost(table: str, field: str, said: Said, *codes: Code) -> Way:
    return Way(table, field, said, codes, understood=False)


_A, _T, _S = ACTIONS.key, AUTHORIZATIONS.key, SUBMISSION.key
WAYS: Final = (
    way(_S, "party", lambda _: "Thailand", Code.PARTY_NAME),
    way(_S, "party", lambda _: "TH", Code.PARTY_ALPHA2),
    way(_S, "party", lambda _: "Tailandia (THA)", Code.PARTY_NAME),
    lost(_S, "party", lambda _: "Siam", Code.PARTY_UNKNOWN),
    way(_S, "reported_year", lambda year: f"January to December {year}", Code.YEAR_FORMAT),
    way(_S, "reported_year", lambda year: f"01/01/{year} - 31/12/{year}", Code.YEAR_FORMAT),
    lost(_S, "reported_year", lambda year: f"July {year} to June {year + 1}", Code.YEAR_RANGE),
    way(_S, "version", lambda _: "v1", Code.VERSION_FORMAT),
    way(_T, "quantity", lambda n: f"Maximum of {n}", Code.NUMBER_WORDS),
    way(_T, "quantity", lambda n: f"{n} tCO2e", Code.NUMBER_UNIT),
    lost(_T, "quantity", lambda n: f"about {n}", Code.NUMBER_UNREADABLE),
    lost(_T, "quantity", lambda n: f"{n} a year", Code.NUMBER_UNREADABLE),
    way(_T, "time_frame", lambda _: "from 2021 to 2030", Code.TIME_FRAME_FORMAT),
    lost(_T, "time_frame", lambda _: 2030, Code.TIME_FRAME_UNREADABLE),
    way(_T, "purposes", lambda _: "Use towards NDCs", Code.PURPOSE_FORM),
    lost(_T, "purposes", lambda _: "as agreed", Code.PURPOSE_UNKNOWN),
    way(_T, "parties", lambda _: "Suisse", Code.PARTY_NAME),
    lost(_T, "parties", lambda _: "all our friends", Code.PARTY_UNKNOWN),
    way(_T, "date", lambda _: "10 January 2023", Code.DATE_FORMAT),
    lost(_T, "date", lambda _: "10/01/2566", Code.DATE_UNREADABLE),
    way(_A, "type", lambda _: "FIRST TRANSFER", Code.NOMENCLATURE_FORM),
    way(_A, "type", lambda _: "First tranfer", Code.NOMENCLATURE_NEAR),
    lost(_A, "type", lambda _: "Sale", Code.NOMENCLATURE_UNKNOWN),
    way(_A, "subtype", lambda _: "First international transfer", Code.NOMENCLATURE_FORM),
    way(_A, "registry", lambda _: "THA001", Code.REGISTRY_DIGITS),
    way(_A, "cooperative_approach", lambda _: "CA-3", Code.APPROACH_FORMAT),
    lost(_A, "cooperative_approach", lambda _: "e-buses", Code.APPROACH_FORMAT),
    way(_A, "quantity", lambda n: f"{n}.00", Code.NUMBER_SEPARATORS),
    lost(_A, "quantity", lambda n: n + 0.5, Code.NUMBER_NOT_WHOLE),
    lost(_A, "quantity", lambda n: -n, Code.NUMBER_NEGATIVE),
    lost(_A, "quantity", lambda n: f"={n}+0", Code.FORMULA),
    lost(_A, "quantity", lambda _: "#VALUE!", Code.CELL_ERROR),
    lost(_A, "metric", lambda _: "tonnes", Code.NOMENCLATURE_UNKNOWN),
    way(_A, "vintage", lambda year: f"V{year}", Code.YEAR_FORMAT),
    lost(_A, "vintage", lambda year: f"{year}-{year + 1}", Code.YEAR_RANGE),
    way(_A, "acquiring_party", lambda _: "\uff23\uff28\uff25", Code.CHARACTER_FORM),
    lost(_A, "acquiring_party", lambda _: "n/k", Code.PARTY_UNKNOWN),
    way(_A, "using_entity", lambda _: "N/A", Code.NOT_APPLICABLE_FORM),
    way(_S, "party", lambda _: "Royaume de Tha\u00eflande", Code.PARTY_NAME),
    way(_S, "party", lambda _: "THA*", Code.PARTY_NAME),
    lost(_S, "party", lambda _: "THA?", Code.PARTY_UNKNOWN),
    way(
        _S,
        "reported_year",
        lambda year: f"du 1er janvier au 31 d\u00e9cembre {year}",
        Code.YEAR_FORMAT,
    ),
    lost(_S, "reported_year", lambda year: f"until {year}", Code.YEAR_FORMAT),
    way(_S, "submitted", lambda _: "10-avr.-2024", Code.DATE_FORMAT),
    lost(_S, "submitted", lambda _: "10/04/24", Code.DATE_SHORT_YEAR),
    way(_T, "quantity", lambda n: f"Capped at {n}", Code.NUMBER_WORDS),
    way(_T, "quantity", lambda n: f"\u2264 {n}", Code.NUMBER_WORDS),
    way(_T, "quantity", lambda n: f"{n} (tCO2e)", Code.NUMBER_UNIT),
    lost(_T, "quantity", lambda n: f"{n} MT", Code.NUMBER_UNREADABLE),
    way(
        _T,
        "time_frame",
        lambda _: "du 1er janvier 2021 au 31 d\u00e9cembre 2030",
        Code.TIME_FRAME_FORMAT,
    ),
    lost(_T, "time_frame", lambda _: "2021, 2030", Code.TIME_FRAME_UNREADABLE),
    lost(_T, "time_frame", lambda _: "2021 - 2030?", Code.TIME_FRAME_UNREADABLE),
    lost(_T, "parties", lambda _: "CHE, NA", Code.PARTY_UNKNOWN),
    way(_T, "date", lambda _: "10-Jan-23", Code.DATE_FORMAT),
    lost(_T, "date", lambda _: "10/01/23", Code.DATE_SHORT_YEAR),
    lost(_T, "authorization_id", lambda _: "TBD", Code.VALUE_PENDING),
    way(_A, "type", lambda _: "First international transfer", Code.NOMENCLATURE_FORM),
    lost(_A, "type", lambda _: "First transfer?", Code.NOMENCLATURE_UNKNOWN),
    way(_A, "metric", lambda _: "tCO2e", Code.NOMENCLATURE_FORM),
    way(_A, "cooperative_approach", lambda _: "CA0003 (e-buses)", Code.APPROACH_FORMAT),
    lost(_A, "cooperative_approach", lambda _: "CA0003/CA0004", Code.APPROACH_FORMAT),
    lost(_A, "authorization_id", lambda _: "?", Code.VALUE_PENDING),
    lost(_A, "acquiring_party", lambda _: "Any Party", Code.PARTY_UNKNOWN),
    way(_A, "acquiring_party", lambda _: "Gobierno de Suiza", Code.PARTY_NAME),
)


def ways() -> Iterator[object]:
    """All ways; the fast tests take the first of each table that is understood, and the first that is lost."""
    seen = set()
    for one in WAYS:
        kind = (one.table, one.understood)
        marks = pytest.mark.slow if kind in seen else ()
        yield pytest.param(one, id=f"{one.table}.{one.field}", marks=marks)
        seen.add(kind)


def place_of(one: Way, at_row: int) -> tuple[str, str]:
    table = next(each for each in TABLES if each.key == one.table)
    column = next(each for each in table.columns if each.field == one.field)
    below = at_row if table is ACTIONS else 0
    row = column.title_row if table is SUBMISSION else table.header_row + 1 + below
    return table.sheet, f"{column.letter}{row}"


def filled(ceiling: int, quantities: list[int], vintage: int) -> Workbook:
    """One authorization, and a first transfer of each quantity under it."""
    book = thai()
    book[AUTHORIZATIONS.sheet]["G8"] = ceiling
    places = {column.field: column.letter for column in ACTIONS.columns}
    sheet, first = book[ACTIONS.sheet], 1
    model = {name: sheet[f"{letter}9"].value for name, letter in places.items()}
    for row, quantity in enumerate(quantities, 9):
        units: dict[str, CellValue] = {
            "quantity": quantity,
            "vintage": vintage,
            "first_id": f"CA000003-THA01-THA-{first}-2022",
            "last_id": f"CA000003-THA01-THA-{first + quantity - 1}-2022",
        }
        first += quantity
        for name, value in (model | units).items():
            sheet[f"{places[name]}{row}"] = value
    return book


def said(read: ReadFile, *, without: Way | None = None) -> dict[str, list[dict[str, Any]]]:
    """Everything that a file says, but for one field."""
    tables = {_S: [read.submission.heading]} | {
        table.key: list(getattr(read.submission, table.key)) for table in LISTED
    }
    skipped = {"place", "written", "time"}
    return {
        key: [
            {
                name: getattr(row, name)
                for name in row.__dataclass_fields__
                if name not in skipped
                and (without is None or (key, name) != (without.table, without.field))
            }
            for row in rows
        ]
        for key, rows in tables.items()
    }


def at(folder: Path, book: Workbook) -> ReadFile:
    return read_file(saved(book, folder / "file.xlsx"))


@pytest.mark.parametrize("one", list(ways()))
@given(
    ceiling=st.integers(1, 999),
    quantities=st.lists(st.integers(1, 999), min_size=1, max_size=4),
    vintage=st.integers(2022, 2029),
    which=st.integers(0, 3),
)
@settings(deadline=None, max_examples=2)
def test_one_cell_in_another_way_is_what_is_found(
    one: Way, ceiling: int, quantities: list[int], vintage: int, which: int
) -> None:
    at_row = which % len(quantities)
    sheet, place = place_of(one, at_row)
    with TemporaryDirectory() as name:
        plain = at(Path(name), filled(ceiling, quantities, vintage))
        book = filled(ceiling, quantities, vintage)
        written = one.said(book[sheet][place].value)
        book[sheet][place] = written
        found = at(Path(name), book)
    assert plain.findings == ()
    places = [(each.code, str(each.place), each.fatal) for each in found.findings]
    assert places == [(code, f"{sheet}!{place}", not one.understood) for code in one.codes]
    if one.understood:
        assert said(found) == said(plain)
        return
    assert said(found, without=one) == said(plain, without=one)
    rows = [found.submission.heading] if one.table == _S else getattr(found.submission, one.table)
    row = rows[at_row if one.table == _A else 0]
    assert getattr(row, one.field) in (None, "", (), frozenset())
    assert row.written[one.field] == str(written)
