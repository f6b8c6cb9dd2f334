# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Underlying units and Kyoto serials: one normal form, whoever wrote them down."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.rulebook.paris.attributes import Underlying
from broker.rulebook.paris.kyoto_serial import KyotoSerial, kyoto_serial
from broker.rulebook.paris.underlying import ids_as_written, underlying_fault, underlying_range
from itmo.nomenclature import UNDERLYING_REGISTRIES
from itmo.programmes import BATCH, FORMS, programme_of, table
from itmo.underlying import UnderlyingRange, unit_id

THAI = "TH1-BCH-S0333-57-2022-"
GOLD = "GS1-1-TH-GS100-12-2022-1-"
VCU = "9660-{}-{}-VCS-VCU-261-VER-US-14-1060-01012019-31122019-0"
BATCHES = "GS1-1-GH-GS7312-16-2022-"


def _range(programme: str, first: str, last: str) -> UnderlyingRange:
    read = underlying_range(Underlying(programme, first, last))
    assert read is not None, underlying_fault(Underlying(programme, first, last))
    return read


@pytest.mark.parametrize(
    ("programme", "first", "last", "series", "low", "quantity"),
    [
        # As in public files and registries.
        ("ART", "ART-GY-102-2021-11-1", "ART-GY-102-2021-11-8732929",
         "ART-GY-102-2021-11-{n}", 1, 8_732_929),
        ("ART", "ART-GY-102-2021-11-1", "ART-GY-102-2021-11-8,732,929",
         "ART-GY-102-2021-11-{n}", 1, 8_732_929),
        ("T-VER", f"{THAI}16829005-1-0", f"{THAI}16829923-1-0", "T-VER-{n}", 16829005, 919),
        ("T-VER", f"{THAI}16829005", f"{THAI}16829923", "T-VER-{n}", 16829005, 919),
        ("GS", "GS1-1-TZ-GS11732-16-2022-25700-1-100", "GS1-1-TZ-GS11732-16-2022-25700-1-100",
         "GS1-1-TZ-GS11732-16-2022-{b}-{n}", 25700 * BATCH + 1, 100),
        ("GS", "GS1-1-KE-GS7495-16-2025-30645-608", "GS1-1-KE-GS7495-16-2025-30645-30350",
         "GS1-1-KE-GS7495-16-2025-{b}-{n}", 30645 * BATCH + 608, 29_743),
        ("GS", f"{BATCHES}24001-1", f"{BATCHES}25000-1", f"{BATCHES}{{b}}-{{n}}",
         24001 * BATCH + 1, 1000),
        ("VCS", VCU.format(115597313, 115618057), VCU.format(115597313, 115618057),
         "VCU-{n}", 115597313, 20_745),
        ("VCS", VCU.format(5, 5), VCU.format(9, 9), "VCU-{n}", 5, 5),
        # The same units: numbers go on through all ids of the programme.
        ("VCS", "VCU-5", "VCU-9", "VCU-{n}", 5, 5),
        ("VCS", "vcu-5-9", "VCU-5-9", "VCU-{n}", 5, 5),
        ("VCS", "VCS-5", "VCS-9", "VCU-{n}", 5, 5),
        ("CAR", "CAR-1-US-1480-46-1156-FL-2026-10272-852724 to 860723",
         "CAR-1-US-1480-46-1156-FL-2026-10272-852724 to 860723",
         "CAR-1-US-1480-46-1156-FL-2026-10272-{n}", 852724, 8000),
        ("ACR", "ACR-US-934-2024-2891-58384", "ACR-US-934-2024-2891-58673",
         "ACR-US-934-2024-2891-{n}", 58384, 290),
        # No id of theirs is public.
        ("JCM", "JP-TH001-12-100", "JP-TH001-12-199", "JP-TH1-{b}-{n}", 12 * BATCH + 100, 100),
        ("Cercarbono", "CDC-7", "CDC-9", "CDC-{n}", 7, 3),
        # One unit.
        ("GS", "GS1-1-TZ-GS11732-16-2022-1-50", "GS1-1-TZ-GS11732-16-2022-1-50",
         "GS1-1-TZ-GS11732-16-2022-{b}-{n}", BATCH + 50, 1),
        ("T-VER", f"{THAI}16829005-1-0", f"{THAI}16829005-1-0", "T-VER-{n}", 16829005, 1),
        ("ART", "ART-GY-102-2021-11-7", "ART-GY-102-2021-11-7", "ART-GY-102-2021-11-{n}", 7, 1),
    ],
)  # fmt: skip
def test_each_programme_counts_in_its_own_place(  # the columns of a table
    programme: str, first: str, last: str, series: str, low: int, quantity: int
) -> None:
    read = _range(programme, first, last)
    assert (read.series_name, read.first, read.quantity) == (series, low, quantity)


@pytest.mark.parametrize(
    "spelled",
    [
        "{} ", " {}", "\t{}\n", "\N{NO-BREAK SPACE}{}", "\N{ZERO WIDTH SPACE}{}", "{}.", "{};", "'{}",
        '"{}"', "\N{BYTE ORDER MARK}{}",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("GS1-1", "GS1\N{EN DASH}1"),
        ("-", "\N{EM DASH}"),
        ("-", "\N{NON-BREAKING HYPHEN}"),
        ("-", "\N{MINUS SIGN}"),
        ("-", " - "),
        ("-", "--"),
        ("-", "_"),
        ("-", "/"),
        ("GS100", "GS 100"),
        ("GS100", "gs0100"),
        ("TH", "th"),
        ("2022-1-", "2022-01-"),
        ("-1001", "-1,001"),
        ("-1001", "-1.001"),
        ("-1001", "-1 001"),
        ("-1001", "-1'001"),
        ("-1001", "-001001"),
        ("1", "\N{FULLWIDTH DIGIT ONE}"),
    ],
)
def test_however_it_is_spelled_it_is_the_same_unit(spelled: str, old: str, new: str) -> None:
    plain = f"{GOLD}1001"
    written = spelled.format(plain.replace(old, new) if old else plain)
    assert _range("GS", written, written) == _range("GS", plain, plain)


def test_blanks_alone_part_an_id_where_that_can_be_read_in_one_way() -> None:
    written = "GS1 1 TH GS100 12 2022 1 1001"
    assert _range("GS", written, written) == _range("GS", f"{GOLD}1001", f"{GOLD}1001")


@pytest.mark.parametrize(
    "written",
    ["GS", "gs", "G.S.", " Gold Standard ", "GOLD-STANDARD", "The Gold Standard", "\uff27\uff33"],
)
def test_a_programme_has_names(written: str) -> None:
    assert programme_of(written) == "GS"


@pytest.mark.parametrize(
    ("programme", "first", "last", "fault"),
    [
        ("T-VER", f"{THAI}16829005-1-0", f"{THAI}16829923-2-0", "differ in one number only"),
        ("T-VER", f"{THAI}16829005-1-0", "TH1-BCH-S0334-57-2022-16829923-1-0", "one number only"),
        ("ACR", "ACR-5", "ACR-4", "in ascending order"),
        ("ACR", "ACR-5", "BCR-5", "it is read as BCR-5"),
        ("ACR", "ACR-5", "ACR-5-1-A", "it is read as ACR-5-1-A"),
        ("JCM", "A", "A", "it is read as A"),
        ("JCM", "", "", "one of the two ids is missing"),
        ("JCM", "A-1", "NA", "one of the two ids is missing"),
        ("JCM", "A-1", f"A-{10**18}", "it is read as A-1000000000000000000"),
        ("JCM", "9", "12", "it is read as 9"),  # whose number?
        ("JCM", "A-1", "A-1,00", "expected letters, digits and dashes"),
        ("JCM", "A 1 100", "A 1 199", "can be read in two ways"),
        ("GS", f"{BATCHES}24001-1", f"{BATCHES}24002-2", "one number only"),
        ("GS", f"{BATCHES}24001-1-9", f"{BATCHES}24002-1-9", "one number only"),
        ("GS", f"{BATCHES}1-9-1", f"{BATCHES}1-9-1", "in ascending order"),
        ("GS", "GS-1-1-TH-GS100-12-2022-1-1", "GS-1-1-TH-GS100-12-2022-1-9", "ids of GS look like"),
        ("GS", "TH-GS100-12-2022-1-1", "TH-GS100-12-2022-1-9", "ids of GS look like"),
        ("GS", "GS1-1TH-GS100-12-2022-1-1", "GS1-1TH-GS100-12-2022-1-9", "ids of GS look like"),
        ("GS", f"{GOLD}\u0661", f"{GOLD}\u0661", "expected letters, digits and dashes"),
        ("", "A-1", "A-2", "is read as no programme"),
        ("CDM", "IN-1", "IN-9", "is read as no programme"),
        ("Moon", "A-1", "A-2", "expected one of VCS, GS, CAR"),
    ],
)
def test_anything_else_is_refused_with_what_was_understood(
    programme: str, first: str, last: str, fault: str
) -> None:
    written = Underlying(programme, first, last)
    assert underlying_range(written) is None
    assert fault in underlying_fault(written)


def test_ranges_over_numbers_and_over_batches_meet_in_one_unit() -> None:
    batches = _range("GS", f"{BATCHES}24001-1", f"{BATCHES}25000-1")
    numbers = _range("GS", f"{BATCHES}24101-1", f"{BATCHES}24101-100")
    one = _range("GS", f"{BATCHES}24101-1", f"{BATCHES}24101-1")
    assert batches.overlaps(numbers)
    assert batches.shared(numbers) == numbers.shared(batches) != None  # noqa: E711  # both
    assert batches.shared(one) == numbers.shared(one)
    assert batches.serials(1, numbers) == (101, 101)
    assert numbers.serials(7, batches) == (7, 7)
    assert batches.serials(1, _range("GS", f"{BATCHES}24101-2", f"{BATCHES}24101-9")) is None
    assert batches.shared(_range("GS", f"{BATCHES}24001-2", f"{BATCHES}25000-2")) is None
    assert batches.contains(_range("GS", f"{BATCHES}24101-1", f"{BATCHES}24200-1"))
    assert unit_id(batches, batches.last) == f"{BATCHES}25000-1"


@pytest.mark.parametrize(
    ("programme", "first", "last", "part"),
    [
        ("T-VER", f"{THAI}16829005-1-0", f"{THAI}16829104-1-0",
         (f"{THAI}16829007-1-0", f"{THAI}16829009-1-0")),
        ("GS", " gs1\u20131-TH-GS0100-12-2022-01-1,001", f"{GOLD}1100",
         (" gs1\u20131-TH-GS0100-12-2022-01-1003", " gs1\u20131-TH-GS0100-12-2022-01-1005")),
        ("GS", f"{BATCHES}24001-1", f"{BATCHES}25000-1", (f"{BATCHES}24003-1", f"{BATCHES}24005-1")),
        ("GS", f"{BATCHES}5-1-100", f"{BATCHES}5-1-100", (f"{BATCHES}5-3-3", f"{BATCHES}5-5-5")),
        ("VCS", VCU.format(11, 20), VCU.format(11, 20), (VCU.format(13, 13), VCU.format(15, 15))),
    ],
)  # fmt: skip
def test_a_part_is_named_as_the_whole_was_written(
    programme: str, first: str, last: str, part: tuple[str, str]
) -> None:
    whole = Underlying(programme, first, last)
    read = _range(programme, first, last)
    assert ids_as_written(whole, read, 2, 4) == part
    named = _range(programme, *part)
    assert (named.quantity, read.contains(named)) == (3, True)


def test_every_programme_of_the_nomenclature_has_a_form_that_reads_its_example() -> None:
    assert tuple(FORMS) == UNDERLYING_REGISTRIES
    for programme, forms in FORMS.items():
        for form in forms:
            assert _range(programme, form.example, form.example).quantity > 0
            assert form.example in table()
    page = (Path(__file__).parents[4] / "proto" / "docs" / "protocol.md").read_text("utf-8")
    assert table() in page, "put the table of itmo.programmes into chapter 3"


def test_a_kyoto_serial_is_read_in_its_parts() -> None:
    read = KyotoSerial("IN", 5, 1, 1000, 2, 2, 0, 9876)
    assert kyoto_serial("IN-5-1-1000-2-2-0-9876") == read
    assert kyoto_serial(" in\u20135 - 0,001-1,000-2-2-00-9876. ") == read
    assert read.quantity == 1000


def test_the_type_is_no_part_of_what_a_kyoto_unit_is_told_by() -> None:
    one, other = kyoto_serial("IN-5-1-9-2-2-0-1"), kyoto_serial("IN-6-1-9-1-2-1-2")
    assert isinstance(one, KyotoSerial)
    assert isinstance(other, KyotoSerial)
    assert one.series == other.series
