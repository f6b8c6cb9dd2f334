# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Cells as spreadsheets and libraries write them: formats, runs, formulas, errors, both dialects."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from aef.layout import ACTIONS, AUTHORIZATIONS, SUBMISSION
from aef.model import ActionRow, ReadFile
from aef.opening import read_file
from aef.syntax_codes import Code
from itmo.reasons import ProtocolError, Reason
from tests.kit.aef_files import CellValue, saved
from tests.kit.aef_pair import Change, Parts, packed, parts_of, thai, with_shared_strings
from workbooks.number_formats import NumberFormat, number_format

SHEETS = "xl/worksheets/sheet"
NEW_YEAR = datetime(2023, 1, 1)  # noqa: DTZ001 - as a spreadsheet has it
TEN_JANUARY = datetime(2023, 1, 10)  # noqa: DTZ001 - same


def read(book: Workbook, tmp_path: Path) -> ReadFile:
    return read_file(saved(book, tmp_path / "file.xlsx"))


def read_parts(change: Callable[[Parts], Parts], tmp_path: Path) -> ReadFile:
    parts = with_shared_strings(parts_of(thai()))
    return read_file(packed(change(parts), tmp_path / "file.xlsx"))


def in_every(*changes: tuple[bytes, bytes], name: str = SHEETS) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        for part in [each for each in parts if each.startswith(name)]:
            for old, new in changes:
                parts[part] = re.sub(old, new, parts[part], flags=re.DOTALL)
        return parts

    return change


def codes(found: ReadFile) -> list[str]:
    return [each.code for each in found.findings]


def action(found: ReadFile) -> ActionRow:
    (row,) = found.submission.actions
    return row


def shown(sheet: str, place: str, value: CellValue, code: str) -> Change:
    def change(book: Workbook) -> None:
        book[sheet][place] = value
        book[sheet][place].number_format = code

    return change


# -- what a cell shows ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (1, "0.0", "1.0"),
        (2.5, "0.0", "2.5"),
        (1, '0".0"', "1.0"),
        (5, "00000", "00005"),
        (1006, "#,##0", "1006"),
        (7, '"TH-"0', "TH-7"),
        (7, "\\T\\H0", "TH7"),
        (1, "0%", "100%"),
        (0.125, "0.0%", "12.5%"),
        (1916, "_(* #,##0_);_(* \\(#,##0\\)", "1916"),
        (1916, "[$-409]0", "1916"),
        (1916, "@", "1916"),
        (2.5, "General", "2.5"),
        (1.5, "0.0#", "1.5"),
        (1.5, "0.00E+00", None),
        (1.5, "# ?/?", None),
        (-1, "0.0", None),
        (1e16, "0.0", None),
        (float("nan"), "0.0", None),
    ],
)
def test_what_a_number_format_shows(number: float, code: str, text: str | None) -> None:
    assert number_format(164, {164: code}).shown(number) == text


@pytest.mark.parametrize("number", [14, 22, 27, 36, 50, 58, 71, 77, 81])
def test_date_formats_that_have_no_code_in_the_file(number: int) -> None:
    assert number_format(number, {}).is_date


def test_a_code_of_the_file_comes_first() -> None:
    assert number_format(27, {27: "0"}) == NumberFormat("0")


@pytest.mark.parametrize(
    ("change", "version", "expected"),
    [
        (shown(SUBMISSION.sheet, "C5", 2, "0.0"), "2.0", []),
        (shown(SUBMISSION.sheet, "C5", 1, '0".0"'), "1.0", []),
        (shown(SUBMISSION.sheet, "C5", 1, "General"), "1.0", [Code.VERSION_FORMAT]),
        (shown(SUBMISSION.sheet, "C5", 1.1, "0.00"), "1.1", [Code.VERSION_FORMAT]),
        (shown(SUBMISSION.sheet, "C5", "1.00", "@"), "1.0", [Code.VERSION_FORMAT]),
        (shown(SUBMISSION.sheet, "C5", NEW_YEAR, "d.m"), "", [Code.VALUE_KIND]),
    ],
)
def test_versions(tmp_path: Path, change: Change, version: str, expected: list[str]) -> None:
    book = thai()
    change(book)
    found = read(book, tmp_path)
    assert (found.submission.heading.version, codes(found)) == (version, expected)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("dd/mm/yyyy", []),
        ("dd/mm/yyyy;@", []),
        ("[$-809]dd/mm/yyyy", []),
        ("dd\\/mm\\/yyyy", []),
        ("mm-dd-yy", [Code.DATE_SHOWN]),
        ("d-mmm-yy", [Code.DATE_SHOWN]),
        ("m/d/yyyy", [Code.DATE_SHOWN]),
        ("mm/dd/yyyy", [Code.DATE_SHOWN]),
        ("dd.mm.yyyy", [Code.DATE_SHOWN]),
        ("yyyy-mm-dd", [Code.DATE_SHOWN]),
        ("[$-F800]dddd, mmmm dd, yyyy", [Code.DATE_SHOWN]),
        ("General", [Code.DATE_NUMBER]),
    ],
)
def test_how_dates_are_shown(tmp_path: Path, code: str, expected: list[str]) -> None:
    book = thai()
    shown(AUTHORIZATIONS.sheet, "C8", TEN_JANUARY, code)(book)
    found = read(book, tmp_path)
    assert found.submission.authorizations[0].date == date(2023, 1, 10)
    assert codes(found) == expected


def test_days_that_are_counted_from_1904(tmp_path: Path) -> None:
    book = thai()
    book.epoch = CALENDAR_MAC_1904
    shown(AUTHORIZATIONS.sheet, "C8", TEN_JANUARY, "dd/mm/yyyy")(book)
    found = read(book, tmp_path)
    assert found.submission.authorizations[0].date == date(2023, 1, 10)
    assert codes(found) == []


@pytest.mark.parametrize(
    ("change", "field", "value", "expected"),
    [
        (shown(ACTIONS.sheet, "F9", 5, "00000"), "authorization_id", "00005", []),
        (shown(ACTIONS.sheet, "F9", 1006, "#,##0"), "authorization_id", "1006", []),
        (shown(ACTIONS.sheet, "F9", 1006, "0.00"), "authorization_id", "1006", []),
        (shown(ACTIONS.sheet, "F9", 1e18, "0"), "authorization_id", "", [Code.VALUE_KIND]),
        (shown(ACTIONS.sheet, "F9", True, "0"), "authorization_id", "", [Code.VALUE_KIND]),
        (shown(ACTIONS.sheet, "F9", "#REF!", "0"), "authorization_id", "", [Code.CELL_ERROR]),
        (shown(ACTIONS.sheet, "S9", 100, "0.00"), "quantity", 100, []),
        (shown(ACTIONS.sheet, "S9", 100, "#,##0,"), "quantity", 100, []),
        (shown(ACTIONS.sheet, "S9", 100, "0.00E+00"), "quantity", 100, []),
        (shown(ACTIONS.sheet, "S9", 1, "0%"), "quantity", None, [Code.NUMBER_UNREADABLE]),
        (shown(ACTIONS.sheet, "S9", True, "0"), "quantity", None, [Code.VALUE_KIND]),
        (shown(ACTIONS.sheet, "S9", NEW_YEAR, "dd/mm/yyyy"), "quantity", None, [Code.VALUE_KIND]),
        (shown(ACTIONS.sheet, "S9", "=50+50", "0"), "quantity", None, [Code.FORMULA]),
        (shown(ACTIONS.sheet, "W9", NEW_YEAR, "yyyy"), "vintage", 2023, [Code.VALUE_KIND]),
        (shown(ACTIONS.sheet, "W9", NEW_YEAR, "dd/mm/yyyy"), "vintage", None, [Code.YEAR_FORMAT]),
        (shown(ACTIONS.sheet, "B9", "02/08/2566", "@"), "date", None, [Code.DATE_UNREADABLE]),
    ],
)
def test_numbers_as_they_are_shown(
    tmp_path: Path, change: Change, field: str, value: object, expected: list[str]
) -> None:
    book = thai()
    change(book)
    found = read(book, tmp_path)
    assert (getattr(action(found), field), codes(found)) == (value, expected)
    if value in (None, ""):
        assert field in action(found).written


# -- what is in the XML ---------------------------------------------------------------------------

QUANTITY = rb'<c r="S9"[^>]*><v>100</v></c>'
MARKED = b'<c r="S9" t="inlineStr"><is><r><t>%s</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>%s</t></r></is></c>'


@pytest.mark.parametrize(
    ("cell", "quantity", "expected"),
    [
        (MARKED % (b"100", b"a"), 100, [Code.RAISED_MARK]),
        (MARKED % (b"10", b"2"), None, [Code.RAISED_MARK, Code.NUMBER_UNREADABLE]),
        (MARKED % (b"", b"100"), 100, []),
        (b'<c r="S9" t="inlineStr"><is><t>100</t><rPh sb="0" eb="1"><t>hundred</t></rPh></is></c>', 100, []),
        (b'<c r="S9"><f>50+50</f><v>100</v></c>', 100, [Code.FORMULA]),
        (b'<c r="S9"><f t="shared" si="0"/><v>100</v></c>', 100, [Code.FORMULA]),
        (b'<c r="S9"><f t="shared" si="0"/></c>', None, [Code.FORMULA]),
        (b'<c r="S9" t="e"><f>A1</f><v>#N/A</v></c>', None, [Code.FORMULA, Code.CELL_ERROR]),
        (b'<c r="S9"><v>1.0E2</v></c>', 100, []),
        (b'<c r="S9"><v>100.00000000000001</v></c>', None, [Code.NUMBER_NOT_WHOLE]),
        (b'<c r="S9"><v>99.5</v></c>', None, [Code.NUMBER_NOT_WHOLE]),
        (b'<c r="S9"><v>1234567890123456</v></c>', None, [Code.NUMBER_UNREADABLE]),
    ],
)  # fmt: skip
def test_quantities_in_the_xml(
    tmp_path: Path, cell: bytes, quantity: int | None, expected: list[str]
) -> None:
    found = read_parts(in_every((QUANTITY, cell)), tmp_path)
    assert (action(found).quantity, codes(found)) == (quantity, expected)


MARK_BEHIND = rb'<r><t>\1</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>f</t></r>'
STRICT = (
    (
        rb"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    ),
    (
        rb"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
)


def renamed(old: str, new: str) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        left, right = old.rpartition("/")[2].encode(), new.rpartition("/")[2].encode()
        for name in parts:
            if name.endswith((".rels", "[Content_Types].xml")):
                parts[name] = parts[name].replace(left, right)
        folder, name = "xl/_rels/", ".rels"
        before = folder + old.rpartition("/")[2] + name
        after = folder + new.rpartition("/")[2] + name
        return {each.replace(old, new).replace(before, after): c for each, c in parts.items()}

    return change


@pytest.mark.parametrize(
    "change",
    [
        in_every(*STRICT, name=""),
        in_every((rb"<(/?)(?=[a-z])", rb"<\1x:"), (rb"xmlns=", b"xmlns:x=")),
        in_every((rb'(<(?:row|c)) r="[A-Z]*[0-9]+"', rb"\1"), name=f"{SHEETS}3"),
        in_every((rb'Target="worksheets/', b'Target="/xl/worksheets/'), name="xl/_rels"),
        in_every((rb'Target="worksheets/', b'Target="./worksheets/'), name="xl/_rels"),
        in_every((rb'Target="/xl/worksheets/', b'Target="worksheets\\\\'), name="xl/_rels"),
        renamed("xl/workbook.xml", "xl/workbook2.xml"),
        renamed("xl/styles.xml", "xl/look.xml"),
        renamed("xl/sharedStrings.xml", "xl/words.xml"),
        in_every((rb"First transfer</t>", b"First_x0020_transfer</t>"), name="xl/sharedStrings"),
        in_every(
            (rb"<t>THA</t>", b"<r><t>TH</t></r><r><t>A</t></r><rPh><t>x</t></rPh>"),
            name="xl/sharedStrings",
        ),
        in_every(
            (rb"<t>(Metric|Vintage|First ID|Version)</t>", MARK_BEHIND), name="xl/sharedStrings"
        ),
    ],
)
def test_however_a_workbook_is_put_together(
    tmp_path: Path, change: Callable[[Parts], Parts]
) -> None:
    plain = read(thai(), tmp_path)
    found = read_parts(change, tmp_path)
    assert found.submission == plain.submission
    assert found.findings == plain.findings == ()


@pytest.mark.parametrize(
    ("value", "day", "expected"),
    [
        (b"2023-12-01T00:00:00", date(2023, 12, 1), []),
        (b"2023-12-01", date(2023, 12, 1), []),
        (b"2023-12-01T00:00:00Z", date(2023, 12, 1), []),
        (b"some day", None, [Code.DATE_UNREADABLE]),
    ],
)
def test_dates_of_the_strict_dialect(
    tmp_path: Path, value: bytes, day: date | None, expected: list[str]
) -> None:
    cell = rb'<c r="B9" t="d"><v>%s</v></c>' % value
    found = read_parts(
        in_every((rb'<c r="B9"[^>]*>(?:(?!</c>).)*</c>', cell), name=f"{SHEETS}5"), tmp_path
    )
    assert (action(found).date, codes(found)) == (day, expected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_every((rb"relationships/worksheet", b"relationships/chartsheet"), name="xl/_rels"), "none of the 5 tables"),
        (in_every((rb"<sheetData>.*</sheetData>", b"<sheetData/>")), "none of the 5 tables"),
        (in_every((QUANTITY, b'<c r="S9" t="s"><v>-1</v></c>')), "damaged"),
        (in_every((QUANTITY, b'<c r="XFE9"><v>1</v></c>')), "damaged"),
        (in_every((rb'<row r="9"', b'<row r="1048577"')), "damaged"),
        (renamed("xl/workbook.xml", "xl/book.xml"), "no workbook"),
        (lambda parts: {name: content for name, content in parts.items() if name != "xl/sharedStrings.xml"}, "damaged"),
        (in_every((rb"<sheet ([^>]*)/>", rb"<sheet \1/>" * 60), name="xl/workbook.xml"), "too many sheets"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_refused(
    tmp_path: Path, change: Callable[[Parts], Parts], words: str
) -> None:
    with pytest.raises(ProtocolError, match=words) as caught:
        read_parts(change, tmp_path)
    assert caught.value.reason is Reason.AEF_FILE_UNREADABLE


def test_a_row_of_formulas_without_values_is_an_entry_that_was_not_read(tmp_path: Path) -> None:
    change = in_every(
        (rb'(<c r="[A-Z]+9"[^>]*?)(?: t="[a-z]+")?>(?:(?!</c>).)*</c>', rb"\1><f>A1</f></c>"),
        name=f"{SHEETS}5",
    )
    found = read_parts(change, tmp_path)
    assert action(found).written["quantity"] == "=A1"
    assert {each.code for each in found.findings} == {Code.FORMULA}
    assert all(each.fatal for each in found.findings)
