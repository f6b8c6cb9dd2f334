# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a file may depart from the agreed electronic format, once.

A code is stable: programs of others may count on it, and it is never used again for something else.
The page for users is compared with this catalogue by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Code(StrEnum):
    """Name of one kind of departure."""

    SHEET_MISSING = "SHEET_MISSING"
    SHEET_RENAMED = "SHEET_RENAMED"
    SHEET_UNKNOWN = "SHEET_UNKNOWN"
    SHEET_HIDDEN = "SHEET_HIDDEN"
    SHEET_REPEATED = "SHEET_REPEATED"
    LAYOUT_DRAFT = "LAYOUT_DRAFT"
    LAYOUT_FLAT = "LAYOUT_FLAT"
    COLUMN_MISSING = "COLUMN_MISSING"
    COLUMN_RENAMED = "COLUMN_RENAMED"
    COLUMN_MOVED = "COLUMN_MOVED"
    COLUMN_REPEATED = "COLUMN_REPEATED"
    COLUMN_UNKNOWN = "COLUMN_UNKNOWN"
    COLUMN_HIDDEN = "COLUMN_HIDDEN"
    ROW_HIDDEN = "ROW_HIDDEN"
    ROW_IGNORED = "ROW_IGNORED"
    CELL_OUTSIDE = "CELL_OUTSIDE"
    OBJECT_UNREAD = "OBJECT_UNREAD"
    MERGED_CELLS = "MERGED_CELLS"
    FORMULA = "FORMULA"
    CELL_ERROR = "CELL_ERROR"
    RAISED_MARK = "RAISED_MARK"
    CHARACTER_FORM = "CHARACTER_FORM"
    CONTROL_CHARACTER = "CONTROL_CHARACTER"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    VALUE_KIND = "VALUE_KIND"
    VALUE_MISSING = "VALUE_MISSING"
    VALUE_PENDING = "VALUE_PENDING"
    VALUE_NOT_APPLICABLE = "VALUE_NOT_APPLICABLE"
    PLACEHOLDER_LEFT = "PLACEHOLDER_LEFT"
    PLATFORM_FIELD = "PLATFORM_FIELD"
    NOT_APPLICABLE_FORM = "NOT_APPLICABLE_FORM"
    PARTY_ALPHA2 = "PARTY_ALPHA2"
    PARTY_CASE = "PARTY_CASE"
    PARTY_NAME = "PARTY_NAME"
    PARTY_ANY = "PARTY_ANY"
    PARTY_UNKNOWN = "PARTY_UNKNOWN"
    REGISTRY_DIGITS = "REGISTRY_DIGITS"
    REGISTRY_FORMAT = "REGISTRY_FORMAT"
    APPROACH_FORMAT = "APPROACH_FORMAT"
    AUTHORIZATION_FORMAT = "AUTHORIZATION_FORMAT"
    DATE_FORMAT = "DATE_FORMAT"
    DATE_SHOWN = "DATE_SHOWN"
    DATE_MONTH_FIRST = "DATE_MONTH_FIRST"
    DATE_AMBIGUOUS = "DATE_AMBIGUOUS"
    DATE_NUMBER = "DATE_NUMBER"
    DATE_UNREADABLE = "DATE_UNREADABLE"
    DATE_SHORT_YEAR = "DATE_SHORT_YEAR"
    TIME_ZONE_MISSING = "TIME_ZONE_MISSING"
    YEAR_RANGE = "YEAR_RANGE"
    YEAR_FORMAT = "YEAR_FORMAT"
    VERSION_FORMAT = "VERSION_FORMAT"
    NUMBER_SEPARATORS = "NUMBER_SEPARATORS"
    NUMBER_UNIT = "NUMBER_UNIT"
    NUMBER_WORDS = "NUMBER_WORDS"
    NUMBER_AMBIGUOUS = "NUMBER_AMBIGUOUS"
    NUMBER_NOT_WHOLE = "NUMBER_NOT_WHOLE"
    NUMBER_NEGATIVE = "NUMBER_NEGATIVE"
    NUMBER_UNREADABLE = "NUMBER_UNREADABLE"
    NUMBER_BOUNDS = "NUMBER_BOUNDS"
    NOMENCLATURE_FORM = "NOMENCLATURE_FORM"
    NOMENCLATURE_NEAR = "NOMENCLATURE_NEAR"
    NOMENCLATURE_UNKNOWN = "NOMENCLATURE_UNKNOWN"
    SUBTYPE_UNFIT = "SUBTYPE_UNFIT"
    PURPOSE_FORM = "PURPOSE_FORM"
    PURPOSE_UNKNOWN = "PURPOSE_UNKNOWN"
    TIME_FRAME_FORMAT = "TIME_FRAME_FORMAT"
    TIME_FRAME_UNREADABLE = "TIME_FRAME_UNREADABLE"
    IDENTIFICATION_FORMAT = "IDENTIFICATION_FORMAT"
    UNIT_ID_FORMAT = "UNIT_ID_FORMAT"
    UNIT_ID_SEPARATORS = "UNIT_ID_SEPARATORS"
    UNIT_ID_SHORTENED = "UNIT_ID_SHORTENED"
    UNIT_IDS_UNLIKE = "UNIT_IDS_UNLIKE"
    UNIT_IDS_REVERSED = "UNIT_IDS_REVERSED"
    UNIT_SERIAL_UNCLEAR = "UNIT_SERIAL_UNCLEAR"
    FINDINGS_CUT = "FINDINGS_CUT"


ADVICE: Final = frozenset({Code.AUTHORIZATION_FORMAT})
"""Codes of what nobody can write otherwise in the file: an id is reported as its Party assigned it (blank,
Summary sheet), whatever characters the nomenclatures of 2026 allow. It is told, and no finding is counted."""


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One row of the catalogue.

    Attributes:
        code: The code described.
        meaning: What was met, and what the reader made of it.
        expected: What the format asks for; a finding repeats it.
        remedy: What the reporting Party should do.
    """

    code: Code
    meaning: str
    expected: str
    remedy: str


# code | meaning | expected | remedy. A text table keeps one code on one line; a row that does not
# parse stops the import.
_TABLE: Final = """
SHEET_MISSING | A table of the format is not in the file; what depends on it is undetermined. | a sheet for each of the five tables | Add the sheet, with its headings, even when it has no rows.
SHEET_RENAMED | A sheet was recognised by its headings, not by its name. | the sheet name of the official blank | Give the sheet its official name.
SHEET_UNKNOWN | A sheet is none of the format; it was not read. | only the sheets of the official blank | Take the sheet out before submission.
SHEET_HIDDEN | A sheet is hidden; it was treated as if it were visible. | visible sheets | Show the sheet, or take it out.
SHEET_REPEATED | Two sheets hold the same table; only the first was read, and what depends on it is undetermined when the other has rows, too. | one sheet for each table | Put all rows in one sheet.
LAYOUT_DRAFT | The file has the earlier layout of 6/CMA.4 annex VII; what it holds was carried over. | the five tables of 4/CMA.6 annex II | Report with the present workbook.
LAYOUT_FLAT | The tables have one row of headings each and no empty columns, as the software of registries writes them; they were read by their headings. | the sheets and columns of the official blank | Report with the present workbook.
COLUMN_MISSING | A heading of the table was not found; its fields count as not read. | every column of the official blank | Restore the column.
COLUMN_RENAMED | A heading is so near to one that is missing that it was read as that. | the headings of the official blank | Restore the heading.
COLUMN_MOVED | A column stands elsewhere than in the official blank; it was found by its heading. | the column order of the official blank | Move the column back.
COLUMN_REPEATED | A heading occurs twice; the first column was read, and none where they do not say the same. | one column for each heading | Take one of them out.
COLUMN_UNKNOWN | A column with a heading of its own is none of the format; it was not read. | only the columns of the official blank | Move what it says to the additional explanatory information.
COLUMN_HIDDEN | A column is hidden; it was read as if it were visible. | visible columns | Show the column.
ROW_HIDDEN | A row is hidden; it was read as if it were visible. | visible rows | Show the row, or take it out.
ROW_IGNORED | A row below the headings is a footnote, an example, a total, a pick-list or the word that nothing happened, and no entry; it was not read. | entries only | Take the row out, or complete it.
CELL_OUTSIDE | Something stands beside a table, under none of its headings; it was not read. | nothing but the columns of the table | Put it under its heading, or into the additional explanatory information.
OBJECT_UNREAD | A picture, chart, text box, comment or other object lies on a sheet; nothing in it was read, and a table without rows on the same sheet counts as not seen. | values in cells | Put what it says into the cells, and take it out before submission.
MERGED_CELLS | Cells of several rows are merged; their value was read for each of these rows. | one value for each row | Unmerge the cells and fill each row.
FORMULA | A cell holds a formula. It is never calculated here; the value last stored with it was read, and where none was stored the field counts as not read. | a value | Replace the formula by its value.
CELL_ERROR | A cell holds an error of the spreadsheet in place of a value; the field counts as not read. | a value | Correct the formula or the reference, then write the value.
RAISED_MARK | A raised mark, such as that of a footnote, stands beside a value; it was left out, but for a number beside a number, which could be a power. | the value alone | Take the mark out; put the note into the additional explanatory information.
CHARACTER_FORM | Wide characters, digits of another script, or unusual spaces or hyphens stand for plain ones; they were read as these. | plain letters, digits, spaces and hyphens | Type the value anew.
CONTROL_CHARACTER | A text holds characters that cannot be printed; they were taken out. | printable text | Type the text anew.
TEXT_TOO_LONG | A text is longer than a cell may be; the rest was cut off. | at most 32767 characters | Shorten the text or refer to a document.
VALUE_KIND | A cell holds another kind of value than its field, such as a truth value, a date, or a number with more digits than a spreadsheet keeps; a code or id counts as not read. | a value of the kind the field asks for | Correct the value and the format of the cell.
VALUE_MISSING | A field that must be filled in, or that applies by what the rest of its row says, is empty. | a value | Fill in the field.
VALUE_PENDING | A text says that the value is not known yet; the field counts as not read. | a value | Report the value in a new version once it is known.
VALUE_NOT_APPLICABLE | A field is filled in although it does not apply to what the rest of its row says. | NA or an empty cell | Clear the field, or correct the field that decides, such as action type, metric or purposes.
PLACEHOLDER_LEFT | The field still shows the text of the blank. | a value in place of the example | Fill in the field.
PLATFORM_FIELD | A field that the reporting platform fills in was written over. | what the official blank shows there | Restore the text of the blank.
NOT_APPLICABLE_FORM | Another sign than NA stands where a field does not apply; it was read as not applicable. | NA or an empty cell | Write NA or leave the cell empty.
PARTY_ALPHA2 | A Party is named by its two-letter code; the three-letter code was put in its place. | the ISO 3166-1 code of three letters, such as CHE | Use the three-letter code.
PARTY_CASE | The code of a Party is not in capital letters; it was read as if it were. | capital letters, such as CHE | Use capital letters.
PARTY_NAME | A Party is named by its name, or its code stands among other signs; the three-letter code was put in its place. | the ISO 3166-1 code of three letters, such as CHE | Use the three-letter code.
PARTY_ANY | The text says that no Party is excluded, or none of the cooperative approach; it was read as no limit. | the codes of the Parties, or an empty cell | Leave the cell empty.
PARTY_UNKNOWN | The text names no Party; it is kept as it was written and judged by nobody. | the ISO 3166-1 code of three letters, XEU or XMR | Use the code of the common nomenclatures.
REGISTRY_DIGITS | The number in a registry id has not two digits; it was read as a number. | Party code and two digits, such as THA01 | Use two digits.
REGISTRY_FORMAT | The text is no id of a registry; it is kept as it is. | Party code and two digits, such as THA01 | Use the id of the common nomenclatures.
APPROACH_FORMAT | The id of a cooperative approach has another form; where it has no number, the field counts as not read. | CA and six digits, such as CA000003, or the older four | Use the id of the common nomenclatures.
AUTHORIZATION_FORMAT | An authorization id has characters that the nomenclatures of 2026 do not allow. It is kept as its Party assigned it, and this is advice only. | letters, digits, spaces and hyphens | Report the id as it is; give the authorization's next version one of these characters.
DATE_FORMAT | A date is written in another form, but there is only one way to read it. | dd/mm/yyyy, or an ISO 8601 date-time for actions | Write the date as expected, or as a date of the spreadsheet.
DATE_SHOWN | A cell shows its date in another form, such as the short one of the reader's country; the date that it holds was read. | dates shown as dd/mm/yyyy | Give the cell the date format dd/mm/yyyy.
DATE_MONTH_FIRST | A date has its month first, as its second number cannot be a month. | dd/mm/yyyy | Write the day first.
DATE_AMBIGUOUS | Day and month of a date can be exchanged, and others of the same column have the month first; the field counts as empty. | dd/mm/yyyy throughout | Write the day first in all rows.
DATE_NUMBER | A date is a plain number; it was read as a day count of the spreadsheet. | a cell in date format, or dd/mm/yyyy | Give the cell a date format.
DATE_UNREADABLE | The text is no date; the field counts as empty. | dd/mm/yyyy | Write the date as expected.
DATE_SHORT_YEAR | The year of a date has two digits, so that each of its three numbers could be the day or the year; the field counts as empty. | dd/mm/yyyy | Write the year with four digits.
TIME_ZONE_MISSING | A moment has no time zone, or another than UTC; it was read as UTC or changed to it. | an ISO 8601 date-time in UTC, ending in Z | Write the moment in UTC.
YEAR_RANGE | Several years stand where one is asked for; none was chosen, and a submission on them counts for each of them. | one calendar year, such as 2024 | Report each year by itself.
YEAR_FORMAT | The text is no calendar year, or one with words around it; a whole year was read, anything else counts as empty. | a year of four digits | Write the year with four digits.
VERSION_FORMAT | The version has another form; it is kept as near to it as could be. | X.Y in a submission, such as 1.0; a whole number in an authorization | Write the version as text.
NUMBER_SEPARATORS | A number has separators between its thousands; they were taken out. | digits only | Write digits only.
NUMBER_UNIT | A number stands beside its unit or a mark; that was taken off. | digits only | Leave the unit out; the column states it.
NUMBER_WORDS | Words stand beside an authorized quantity that can mean one ceiling only; that number was read. | digits only | Write digits only.
NUMBER_AMBIGUOUS | A point may stand for thousands or for a fraction; the field counts as empty. | digits only | Write digits only.
NUMBER_NOT_WHOLE | A number has a fraction; units are whole, so the field counts as empty. | a whole number | Report whole units.
NUMBER_NEGATIVE | A number is negative; the field counts as empty. | a whole number, not negative | Correct the number.
NUMBER_UNREADABLE | The text is no number, or one that is too large; the field counts as empty. | a whole number | Correct the number.
NUMBER_BOUNDS | A number lies outside of what the common nomenclatures allow; it is read all the same. | reported years 2020 to 2040, years of mitigation and use from 2021, quantities from 1 | Correct the number.
NOMENCLATURE_FORM | A value of a list is written in another way, such as other capitals; it was read as that value. | the value exactly as in the common nomenclatures | Choose the value from the list.
NOMENCLATURE_NEAR | The value is not in the list of this field, but so near to one of it that it was read as that. | the value exactly as in the common nomenclatures | Choose the value from the list.
NOMENCLATURE_UNKNOWN | The value is not in the list of this field; nothing is judged by it. | a value of the common nomenclatures | Choose the value from the list.
SUBTYPE_UNFIT | A subtype belongs to another type of action; it is read all the same. | a subtype of the action type of its row | Correct the type or the subtype.
PURPOSE_FORM | Purposes are written in another way; they were read one by one. | NDC, OIMP, IMP, OP, NDC and OIMP, NDC and IMP, or NDC and OP | Choose one value from the list.
PURPOSE_UNKNOWN | Something in the purposes is none; none of them was read. | NDC, OIMP, IMP, OP, NDC and OIMP, NDC and IMP, or NDC and OP | Choose one value from the list.
TIME_FRAME_FORMAT | A time frame is written in another way; its years were read. | dddd - dddd, or Occurred: from ... to ...; Use: from ... to ... | Write the years as expected.
TIME_FRAME_UNREADABLE | The text does not name a first and a last year; nothing is judged by it. | dddd - dddd, or Occurred: from ... to ...; Use: from ... to ... | Write the years as expected.
IDENTIFICATION_FORMAT | An identification number has neither letter nor digit, or says that it is still to come; it counts as not read. | the number under which the entity is registered where it was incorporated | Give the number.
UNIT_ID_FORMAT | A unit id is not written as the format asks; it was read in that form where that is certain, and is kept as it is elsewhere. | approach-registry-Party-serial-vintage, such as CA000003-THA01-THA-1-2022, or a whole number | Use ids of the required form.
UNIT_ID_SEPARATORS | The serial number in a unit id has separators; they were taken out. | digits only | Write digits only.
UNIT_ID_SHORTENED | The last id gives only its number; the rest was taken from the first id. | the full id of the last unit | Write the id in full.
UNIT_IDS_UNLIKE | First and last id differ in more than one number, so that no range can be read. | two ids that differ in the serial number only | Correct the ids, or report one row for each range.
UNIT_IDS_REVERSED | The last id has a lower number than the first. | a last id not below the first | Correct the ids.
UNIT_SERIAL_UNCLEAR | First and last id are the same, and their form does not tell which number is the serial. | an id of the required form | Use ids of the required form.
FINDINGS_CUT | There are more findings than are listed. | fewer findings than the limit | Correct what is listed, then check again.
"""


def _entry(row: str) -> CodeEntry:
    code, meaning, expected, remedy = (cell.strip() for cell in row.split(" | "))
    return CodeEntry(Code(code), meaning, expected, remedy)


CATALOGUE: Final[Mapping[Code, CodeEntry]] = MappingProxyType(
    {entry.code: entry for entry in map(_entry, _TABLE.strip().splitlines())}
)
