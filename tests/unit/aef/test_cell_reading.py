# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Each form in which a field was met, what is made of it, and what is reported."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from aef.dates import Moment, read_date, read_moment
from aef.layout import ACTIONS, AUTHORIZATIONS, SUBMISSION, Table
from aef.list_values import purposes_text
from aef.model import ActionSubtype, ActionType, Place, SerialSpan
from aef.notes import Notes
from aef.numbers import read_quantity
from aef.row_reading import RowReader
from aef.syntax_codes import CATALOGUE, Code
from aef.time_frames import time_frame_text
from aef.unit_ids import read_span
from aef.years import read_year
from workbooks.raw import Raw


def field(table: Table, name: str, raw: Raw) -> tuple[Any, list[str]]:
    """Read one field of a table that has no other."""
    notes = Notes()
    row = Place("Sheet", 9)
    values = RowReader(table, notes, [name]).read({name: raw}, row, lambda _: row)
    return values.get(name), [finding.code for finding in notes.finished()]


def test_what_a_list_permits_is_named() -> None:
    notes = Notes()
    row = Place("Sheet", 9)
    raws: dict[str, Raw] = {"metric": "tCO2", "activity_types": "Solar panels"}
    RowReader(AUTHORIZATIONS, notes, list(raws)).read(raws, row, lambda _: row)
    assert [each.expected for each in notes.finished()][:2] == [
        "one of: GHG; non-GHG",
        "one of: Solar; Landfill gas; Fossil fuel switch",
    ]


def test_every_code_has_one_complete_row() -> None:
    assert list(CATALOGUE) == list(Code)
    for entry in CATALOGUE.values():
        assert entry.meaning.endswith(".")
        assert entry.remedy.endswith(".")
        assert entry.expected


@pytest.mark.parametrize(
    ("name", "raw", "value", "codes"),
    [
        ("first_transferring_party", "THA", "THA", []),
        ("first_transferring_party", "XEU", "XEU", []),
        ("first_transferring_party", "TH", "THA", [Code.PARTY_ALPHA2]),
        ("first_transferring_party", "th", "THA", [Code.PARTY_CASE, Code.PARTY_ALPHA2]),
        ("first_transferring_party", " tha\u00a0", "THA", [Code.PARTY_CASE]),
        ("first_transferring_party", "Thailand", "THA", [Code.PARTY_NAME]),
        ("first_transferring_party", "THA (Tailandia)", "THA", [Code.PARTY_NAME]),
        ("first_transferring_party", "Siam", "", [Code.PARTY_UNKNOWN]),
        ("first_transferring_party", "NA", None, [Code.VALUE_MISSING]),
        ("first_transferring_party", None, None, [Code.VALUE_MISSING]),
        ("first_transferring_party", True, None, [Code.VALUE_KIND]),
        ("acquiring_party", "NA", None, []),
        ("acquiring_party", "N/A", None, [Code.NOT_APPLICABLE_FORM]),
        ("acquiring_party", "-", None, [Code.NOT_APPLICABLE_FORM]),
        ("acquiring_party", "Not applicable", None, [Code.NOT_APPLICABLE_FORM]),
        ("acquiring_party", "Adaptation Fund", "Adaptation Fund", []),
        ("acquiring_party", "adaptation fund", "Adaptation Fund", [Code.NOMENCLATURE_FORM]),
        ("registry", "THA01", "THA01", []),
        ("registry", "TH001", "THA01", [Code.PARTY_ALPHA2, Code.REGISTRY_DIGITS]),
        ("registry", "THA001", "THA01", [Code.REGISTRY_DIGITS]),
        ("registry", "THA-01", "THA01", [Code.REGISTRY_FORMAT]),
        ("registry", "not yet operational", "not yet operational", [Code.REGISTRY_FORMAT]),
        ("cooperative_approach", "CA000003", "CA000003", []),
        ("cooperative_approach", "CA0003", "CA000003", []),
        ("cooperative_approach", "ca 3", "CA000003", [Code.APPROACH_FORMAT]),
        ("cooperative_approach", "e-buses", "", [Code.APPROACH_FORMAT]),
        ("authorization_id", "1006.4/2810", "1006.4/2810", [Code.AUTHORIZATION_FORMAT]),
        ("authorization_id", "GUY 2024-CA1", "GUY 2024-CA1", []),
        ("authorization_id", 5002, "5002", []),
        ("authorization_id", 5002.0, "5002", []),
        ("authorization_id", "A_1", "A_1", [Code.AUTHORIZATION_FORMAT]),
        ("authorization_id", datetime(2024, 1, 2), None, [Code.VALUE_KIND]),  # noqa: DTZ001 - as a spreadsheet has it
        ("cooperative_approach", "ca\u20110003", "CA000003", [Code.CHARACTER_FORM, Code.APPROACH_FORMAT]),
        ("authorization_id", "GUY\u00a02024-CA1", "GUY 2024-CA1", [Code.CHARACTER_FORM]),
        ("authorization_id", 12345678901234567890.0, None, [Code.VALUE_KIND]),
        ("authorization_id", "#REF!", None, [Code.CELL_ERROR]),
        ("first_transferring_party", "\uff34\uff28\uff21", "THA", [Code.CHARACTER_FORM]),
        ("first_transferring_party", "#N/A", None, [Code.CELL_ERROR]),
        ("vintage", "\uff12\uff10\uff12\uff12", 2022, [Code.CHARACTER_FORM]),
        ("vintage", "\u0662\u0660\u0662\u0662", 2022, [Code.CHARACTER_FORM]),
        ("quantity", "Err:502", None, [Code.CELL_ERROR]),
        ("quantity", "10\u00b2", None, [Code.NUMBER_UNREADABLE]),
        ("mitigation_type", "Emision reductions", "Emission reductions", [Code.NOMENCLATURE_NEAR]),
        ("mitigation_type", "Avoidance", "", [Code.NOMENCLATURE_UNKNOWN]),
        ("type", "Frist transfer", ActionType.FIRST_TRANSFER, [Code.NOMENCLATURE_NEAR]),
        ("metric", "GHG", "GHG", []),
        ("metric", "Non-GHG", "non-GHG", []),
        ("metric", "ghg", "GHG", [Code.NOMENCLATURE_FORM]),
        ("metric", "tCO2", "", [Code.NOMENCLATURE_UNKNOWN]),
        ("mitigation_type", "emission  Reductions*", "Emission reductions", [Code.NOMENCLATURE_FORM]),
        ("type", "First transfer", ActionType.FIRST_TRANSFER, []),
        ("type", "FIRST TRANSFER", ActionType.FIRST_TRANSFER, [Code.NOMENCLATURE_FORM]),
        ("type", "Sale", None, [Code.NOMENCLATURE_UNKNOWN]),
        ("subtype", "Issuance", ActionSubtype.ISSUANCE, []),
        ("subtype", "issuance", ActionSubtype.ISSUANCE, [Code.NOMENCLATURE_FORM]),
        ("subtype", "Gift", None, [Code.NOMENCLATURE_UNKNOWN]),
        ("consistency_result", "{Information in this field is populated by the CARP}", None, []),
        ("using_entity", "{entity}", None, [Code.PLACEHOLDER_LEFT]),
        ("additional_information", "a\x07b\u202ec", "abc", [Code.CONTROL_CHARACTER]),
        ("additional_information", "first\r\nsecond", "first\nsecond", []),
        ("additional_information", "=1+1", "=1+1", []),
        ("additional_information", "x" * 32_768, "x" * 32_767, [Code.TEXT_TOO_LONG]),
    ],
)  # fmt: skip
def test_fields_of_actions(name: str, raw: Raw, value: object, codes: list[str]) -> None:
    assert field(ACTIONS, name, raw) == (value, codes)


@pytest.mark.parametrize(
    ("raw", "value", "codes"),
    [
        ("1.0", "1.0", []),
        (1, "1.0", [Code.VERSION_FORMAT]),
        (1.5, "1.5", [Code.VERSION_FORMAT]),
        ("v2", "2.0", [Code.VERSION_FORMAT]),
        ("X.Y", None, [Code.PLACEHOLDER_LEFT]),
        ("first", "first", [Code.VERSION_FORMAT]),
    ],
)
def test_version_of_a_submission(raw: Raw, value: object, codes: list[str]) -> None:
    assert field(SUBMISSION, "version", raw) == (value, codes)


@pytest.mark.parametrize(
    ("name", "raw", "value", "codes"),
    [
        ("version", 1, "1", []),
        ("version", "1.0", "1.0", []),
        ("version", "v1", "1", [Code.VERSION_FORMAT]),
        ("version", "draft", "draft", [Code.VERSION_FORMAT]),
        ("parties", "CHE, SWE", ("CHE", "SWE"), []),
        ("parties", ["CHE", "SWE"], ("CHE", "SWE"), []),
        ("parties", "CH and SE", ("CHE", "SWE"), [Code.PARTY_ALPHA2]),
        ("parties", "CHE AND SWE", ("CHE", "SWE"), []),
        ("parties", "CHE, AND, SWE", ("CHE", "AND", "SWE"), []),
        ("parties", "CHE, AND SWE", ("CHE", "SWE"), []),
        ("parties", "AND", ("AND",), []),
        ("parties", "CHE, AND", ("CHE", "AND"), []),
        ("parties", "any Party", (), [Code.PARTY_ANY]),
        ("parties", "Korea, Republic of; Suisse and Trinidad and Tobago", ("KOR", "CHE", "TTO"), [Code.PARTY_NAME]),
        ("parties", "whoever asks for it", (), [Code.PARTY_UNKNOWN]),
        ("sectors", "Transportation, Waste management", ("Transportation", "Waste management"), []),
        ("sectors", "transportation", ("Transportation",), [Code.NOMENCLATURE_FORM]),
        ("sectors", "Transport", ("Transportation",), [Code.NOMENCLATURE_FORM]),
        ("sectors", "Wast management", ("Waste management",), [Code.NOMENCLATURE_NEAR]),
        ("sectors", "Fishing", ("Fishing",), [Code.NOMENCLATURE_UNKNOWN]),
        ("activity_types", "CO2 usage", ("C02 usage",), [Code.NOMENCLATURE_NEAR]),
        ("first_transfer_definition", "On delivery", "", [Code.NOMENCLATURE_UNKNOWN]),
        ("quantity", "Maximum of 500,000", 500_000, [Code.NUMBER_WORDS, Code.NUMBER_SEPARATORS]),
        ("quantity", "up to 500 000 tCO2e", 500_000, [Code.NUMBER_WORDS, Code.NUMBER_UNIT, Code.NUMBER_SEPARATORS]),
        ("quantity", "500,000 (max.)", 500_000, [Code.NUMBER_WORDS, Code.NUMBER_SEPARATORS]),
        ("quantity", "not more than 1.5 million", 1_500_000, [Code.NUMBER_WORDS]),
        ("quantity", "500 thousand", 500_000, [Code.NUMBER_WORDS]),
        ("quantity", "2 Mt CO2 eq", 2_000_000, [Code.NUMBER_WORDS]),
        ("quantity", "1.500 million", None, [Code.NUMBER_UNREADABLE]),
        ("quantity", "at least 500,000", None, [Code.NUMBER_UNREADABLE]),
        ("quantity", "500,000 a year", None, [Code.NUMBER_UNREADABLE]),
        ("quantity", "about 500,000", None, [Code.NUMBER_UNREADABLE]),
        ("quantity", "500,000 or 600,000", None, [Code.NUMBER_UNREADABLE]),
        ("purposes", "Use towards NDCs and other international mitigation purposes", frozenset({"NDC", "IMP", "OP"}), [Code.PURPOSE_FORM]),
        ("purposes", "International mitigation purposes", frozenset({"IMP"}), [Code.PURPOSE_FORM]),
        ("purposes", "NDC and whatever comes", frozenset(), [Code.PURPOSE_UNKNOWN]),
        ("activity_types", "Solar; Coal bed/mine methane", ("Solar", "Coal bed/mine methane"), []),
        ("entities", "ACME, Inc.; Beta", ("ACME, Inc.", "Beta"), []),
        ("purposes", "NDC", frozenset({"NDC"}), []),
        ("purposes", "NDC and OIMP", frozenset({"NDC", "IMP", "OP"}), []),
        ("purposes", "NDC, OIMP, OP", frozenset({"NDC", "IMP", "OP"}), [Code.PURPOSE_FORM]),
        ("purposes", "ndc/op", frozenset({"NDC", "OP"}), [Code.PURPOSE_FORM]),
        ("purposes", "NDC and CORSIA", frozenset({"NDC", "IMP"}), [Code.PURPOSE_FORM]),
        ("purposes", "all", frozenset(), [Code.PURPOSE_UNKNOWN]),
        ("time_frame", "2021 - 2030", (2021, 2030), []),
        ("time_frame", "Occurred: from 2021 to 2030; Use: from 2022 to 2031", (2021, 2030), []),
        ("time_frame", "Occurred: from 01/01/2021 to 31/12/2030", (2021, 2030), []),
        ("time_frame", "1 Oct 2022-31 Dec 2030", (2022, 2030), [Code.TIME_FRAME_FORMAT]),
        ("time_frame", "2021 \u2013 2030", (2021, 2030), [Code.TIME_FRAME_FORMAT]),
        ("time_frame", "2021-30", (2021, 2030), [Code.TIME_FRAME_FORMAT]),
        ("time_frame", "2021-12", None, [Code.TIME_FRAME_UNREADABLE]),
        ("time_frame", "first NDC implementation period (2021-2030)", (2021, 2030), [Code.TIME_FRAME_FORMAT]),
        ("time_frame", "from 1st October 2022 until 31/12/2030", (2022, 2030), [Code.TIME_FRAME_FORMAT]),
        ("time_frame", "before 2021 or after 2030", None, [Code.TIME_FRAME_UNREADABLE]),
        ("time_frame", "2021-2030, except 2025", None, [Code.TIME_FRAME_UNREADABLE]),
        ("time_frame", "2035", None, [Code.TIME_FRAME_UNREADABLE]),
        ("time_frame", "until 2030", None, [Code.TIME_FRAME_UNREADABLE]),
        ("time_frame", "2030 - 2021", None, [Code.TIME_FRAME_UNREADABLE]),
        ("time_frame", "the first NDC", None, [Code.TIME_FRAME_UNREADABLE]),
        ("first_transfer_definition", "Issuance", "Issuance", []),
    ],
)  # fmt: skip
def test_fields_of_authorizations(name: str, raw: Raw, value: object, codes: list[str]) -> None:
    assert field(AUTHORIZATIONS, name, raw) == (value, codes)


DAY = date(2023, 12, 1)


@pytest.mark.parametrize(
    ("raw", "day", "codes"),
    [
        ("13/12/2023", date(2023, 12, 13), []),
        (date(2023, 12, 1), DAY, []),
        (datetime(2023, 12, 1), DAY, []),  # noqa: DTZ001 - as a spreadsheet has it
        ("2023-12-01", DAY, [Code.DATE_FORMAT]),
        ("1 Dec 2023", DAY, [Code.DATE_FORMAT]),
        ("1st December 2023", DAY, [Code.DATE_FORMAT]),
        ("December 1, 2023", DAY, [Code.DATE_FORMAT]),
        ("13.12.2023", date(2023, 12, 13), [Code.DATE_FORMAT]),
        ("1er d\u00e9cembre 2023", DAY, [Code.DATE_FORMAT]),
        ("1 de diciembre de 2023", DAY, [Code.DATE_FORMAT]),
        ("01-Dec-23", DAY, [Code.DATE_FORMAT]),
        ("01/12/23", None, [Code.DATE_SHORT_YEAR]),
        ("02/08/2566", None, [Code.DATE_UNREADABLE]),
        ("December 2023", None, [Code.DATE_UNREADABLE]),
        ("12/13/2023", date(2023, 12, 13), [Code.DATE_MONTH_FIRST]),
        (45261, DAY, [Code.DATE_NUMBER]),
        (7, None, [Code.DATE_UNREADABLE]),
        ("31/02/2023", None, [Code.DATE_UNREADABLE]),
        ("soon", None, [Code.DATE_UNREADABLE]),
        (True, None, [Code.VALUE_KIND]),
    ],
)
def test_dates(raw: Raw, day: date | None, codes: list[str]) -> None:
    parsed = read_date(raw)
    assert (parsed.value.day if parsed.value else None, list(parsed.codes)) == (day, codes)
    assert parsed.usable is (day is not None)


def test_a_date_that_could_be_turned_round_is_doubtful() -> None:
    assert read_date("03/04/2023").value == Moment(date(2023, 4, 3), doubtful=True)
    assert read_date("04/04/2023").value == Moment(date(2023, 4, 4))


NOON = datetime(2023, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        ("2023-12-01T12:00:00.000Z", []),
        ("2023-12-01T12:00Z", [Code.DATE_FORMAT]),
        ("2023-12-01T19:00:00+07:00", [Code.TIME_ZONE_MISSING]),
        ("2023-12-01 12:00:00", [Code.TIME_ZONE_MISSING]),
        (datetime(2023, 12, 1, 12), [Code.TIME_ZONE_MISSING]),  # noqa: DTZ001 - as a spreadsheet has it
    ],
)
def test_moments(raw: Raw, codes: list[str]) -> None:
    parsed = read_moment(raw)
    assert parsed.value == Moment(NOON.date(), NOON)
    assert list(parsed.codes) == codes


@pytest.mark.parametrize(
    ("raw", "year", "codes"),
    [
        (2022, 2022, []),
        ("2022", 2022, []),
        (2022.0, 2022, []),
        ("2022-2030", None, [Code.YEAR_RANGE]),
        ("January to December 2024", 2024, [Code.YEAR_FORMAT]),
        ("Jan - Dec 2024", 2024, [Code.YEAR_FORMAT]),
        ("1 January 2024 to 31 December 2024", 2024, [Code.YEAR_FORMAT]),
        ("01/01/2024 - 31/12/2024", 2024, [Code.YEAR_FORMAT]),
        ("2024-01-01 to 2024-12-31", 2024, [Code.YEAR_FORMAT]),
        ("de enero a diciembre de 2024", 2024, [Code.YEAR_FORMAT]),
        ("janvier \u00e0 d\u00e9cembre 2024", 2024, [Code.YEAR_FORMAT]),
        ("calendar year 2024", 2024, [Code.YEAR_FORMAT]),
        ("2024*", 2024, [Code.YEAR_FORMAT]),
        ("2,024", 2024, [Code.YEAR_FORMAT]),
        ("V2022", 2022, [Code.YEAR_FORMAT]),
        ("July 2023 to June 2024", None, [Code.YEAR_RANGE]),
        ("January to June 2024", None, [Code.YEAR_FORMAT]),
        ("01/04/2024 - 31/12/2024", None, [Code.YEAR_FORMAT]),
        ("fiscal year 2024", None, [Code.YEAR_FORMAT]),
        ("2024/25", None, [Code.YEAR_FORMAT]),
        ("not 2024", None, [Code.YEAR_FORMAT]),
        ("2566", None, [Code.YEAR_FORMAT]),
        (2566, None, [Code.YEAR_FORMAT]),
        ("22", None, [Code.YEAR_FORMAT]),
        (float("nan"), None, [Code.YEAR_FORMAT]),
        (2022.5, None, [Code.YEAR_FORMAT]),
        (True, None, [Code.VALUE_KIND]),
    ],
)
def test_years(raw: Raw, year: int | None, codes: list[str]) -> None:
    parsed = read_year(raw)
    assert (parsed.value, list(parsed.codes)) == (year, codes)


@pytest.mark.parametrize(
    ("raw", "number", "codes"),
    [
        (1916, 1916, []),
        (1916.0, 1916, []),
        ("1916", 1916, []),
        ("1,916", 1916, [Code.NUMBER_SEPARATORS]),
        ("12 378", 12_378, [Code.NUMBER_SEPARATORS]),
        ("7\u00a0144\u00a0362", 7_144_362, [Code.NUMBER_SEPARATORS]),
        ("500'000", 500_000, [Code.NUMBER_SEPARATORS]),
        ("7.144.362", 7_144_362, [Code.NUMBER_SEPARATORS]),
        ("1916.00", 1916, [Code.NUMBER_SEPARATORS]),
        ("1,916 t CO2 eq", 1916, [Code.NUMBER_UNIT, Code.NUMBER_SEPARATORS]),
        ("12,34,567", 1_234_567, [Code.NUMBER_SEPARATORS]),
        ("1.916,00", 1916, [Code.NUMBER_SEPARATORS]),
        ("1.916", None, [Code.NUMBER_AMBIGUOUS]),
        ("Maximum of 100", None, [Code.NUMBER_UNREADABLE]),
        ("1.9E+3", None, [Code.NUMBER_UNREADABLE]),
        ("919 + 997", None, [Code.NUMBER_UNREADABLE]),
        ("19.16", None, [Code.NUMBER_NOT_WHOLE]),
        (19.16, None, [Code.NUMBER_NOT_WHOLE]),
        (-1, None, [Code.NUMBER_NEGATIVE]),
        ("-1", None, [Code.NUMBER_NEGATIVE]),
        ("about 100", None, [Code.NUMBER_UNREADABLE]),
        ("9" * 19, None, [Code.NUMBER_UNREADABLE]),
        (float("inf"), None, [Code.NUMBER_UNREADABLE]),
        (float("nan"), None, [Code.NUMBER_UNREADABLE]),
        (True, None, [Code.VALUE_KIND]),
    ],
)
def test_quantities(raw: Raw, number: int | None, codes: list[str]) -> None:
    parsed = read_quantity(raw)
    assert (parsed.value, list(parsed.codes)) == (number, codes)


FORM, OFFICIAL = Code.UNIT_ID_FORMAT, "CA000003-THA01-THA-"


@pytest.mark.parametrize(
    ("first", "last", "span", "codes"),
    [
        ("CA0003-THA01-THA-1-2022", "CA000003-THA01-THA-1917-2022", (OFFICIAL, 1, 1917, "-2022"), []),
        ("CA0003-THA01-THA-7-2022", "CA0003-THA01-THA-7-2022", (OFFICIAL, 7, 7, "-2022"), []),
        ("CA0003-THA01-THA-1,001-2022", "CA0003-THA01-THA-1,917-2022", (OFFICIAL, 1001, 1917, "-2022"), [Code.UNIT_ID_SEPARATORS]),
        ("ca0003-tha01-tha-1-2022", "CA0003 - THA01 - THA - 9 - 2022", (OFFICIAL, 1, 9, "-2022"), [FORM]),
        ("1, 5", "9", None, [FORM, Code.UNIT_ID_SHORTENED, Code.UNIT_IDS_UNLIKE]),
        ("16829005 16829923", "16829923", None, [FORM, Code.UNIT_ID_SHORTENED, Code.UNIT_IDS_UNLIKE]),
        ("CA0003-TH001-TH-1-2022", "CA0003-TH001-TH-1917-2022", (OFFICIAL, 1, 1917, "-2022"), [FORM]),
        ("CA0003-THA01-THA-1-2022", "1917", (OFFICIAL, 1, 1917, "-2022"), [Code.UNIT_ID_SHORTENED]),
        ("1", "1916", ("THA ", 1, 1916, ""), []),
        ("1,000", "1,916", ("THA ", 1000, 1916, ""), [Code.UNIT_ID_SEPARATORS]),
        ("TH1-BCH-S0333-57-2022-16829005-1-0", "TH1-BCH-S0333-57-2022-16829923-1-0", ("TH1-BCH-S0333-57-2022-", 16829005, 16829923, "-1-0"), [FORM]),
        ("TH1-BCH-S0333-57-2022-16829005-1-0", "16829923", ("TH1-BCH-S0333-57-2022-", 16829005, 16829923, "-1-0"), [FORM, Code.UNIT_ID_SHORTENED]),
        ("TH1-BCH-S0333-57-2022-16829005-1-0", "TH1-BCH-S0333-57-2022-16829923", ("TH1-BCH-S0333-57-2022-", 16829005, 16829923, "-1-0"), [FORM, Code.UNIT_ID_SHORTENED]),
        ("ART-GY-102-2021-11-1", "ART-GY-102-2021-11-7144362", ("ART-GY-102-2021-11-", 1, 7144362, ""), [FORM]),
        ("CA0003-THA01-THA-9-2022", "CA0003-THA01-THA-1-2022", (OFFICIAL, 9, 1, "-2022"), [Code.UNIT_IDS_REVERSED]),
        ("CA0003-THA01-THA-1-2022", "CA0003-THA01-THA-9-2023", None, [Code.UNIT_IDS_UNLIKE]),
        ("A-1-5", "A-2-9", None, [FORM, Code.UNIT_IDS_UNLIKE]),
        ("A-1", "B-9", None, [FORM, Code.UNIT_IDS_UNLIKE]),
        ("Electrification_VU_Solar_2022", "Electrification_VU_Solar_2022", ("Electrification_VU_Solar_2022 ", 1, 1, ""), [FORM, Code.UNIT_SERIAL_UNCLEAR]),
        ("A-1-5", "A-1-5", ("A-1-5 ", 1, 1, ""), [FORM, Code.UNIT_SERIAL_UNCLEAR]),
        ("A-1", f"A-{'9' * 25}", None, [FORM, Code.NUMBER_UNREADABLE]),
        ("x" * 300, "y", None, [FORM, Code.UNIT_IDS_UNLIKE]),
    ],
)  # fmt: skip
def test_pairs_of_unit_ids(
    first: str, last: str, span: tuple[str, int, int, str] | None, codes: list[str]
) -> None:
    parsed = read_span(first, last, "THA")
    assert parsed.value == (None if span is None else SerialSpan(*span))
    assert list(parsed.codes) == codes


def test_printed_forms() -> None:
    assert purposes_text({"NDC", "IMP", "OP"}) == "NDC and OIMP"
    assert purposes_text({"IMP", "OP"}) == "OIMP"
    assert purposes_text(()) == ""
    assert time_frame_text((2021, 2030), None) == "2021 - 2030"
    assert time_frame_text(None, (2022, 2031)) == "Use: from 2022 to 2031"
    assert time_frame_text(None, None) == ""
