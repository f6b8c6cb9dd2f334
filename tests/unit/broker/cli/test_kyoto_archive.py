# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker kyoto import-archive`: an archive that ties with the reports of its Party, and ones that do not."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import statements_pb2
from itmo.payloads import PayloadKind, decode
from sef.archive_reading import COLUMNS
from sef.model import Row, Side, Spot, Submission, Table, Unit
from sef.opening import read_file
from tests.kit.sef_files import NOT_HERE, PUBLISHED, empty, with_numbers, written
from tests.unit.broker.cli.kit import books, broker, set_up

Block = dict[str, str]
END = Table.END
QUANTITY = Side.QUANTITY
_TYPES = {"AAU": 1, "ERU": 3, "RMU": 2, "CER": 5, "tCER": 6, "lCER": 7}
_ACCOUNTS = {
    Row.PARTY_HOLDING: 100, Row.ENTITY_HOLDING: 121, Row.RESERVE: 130, Row.NET_SOURCE: 210,
    Row.NON_COMPLIANCE: 220, Row.VOLUNTARY: 230, Row.REMAINING: 250, Row.AMBITION: 280,
    Row.SURPLUS: 270, Row.RETIREMENT: 300, Row.REPLACE_TCERS: 411, Row.REPLACE_LCERS: 421,
    Row.REPLACE_REVERSAL: 422, Row.REPLACE_REPORT: 423,
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    file = made / "broker.toml"
    file.write_text(file.read_text().replace('["paris"]', '["paris", "kyoto"]'))
    assert broker("--dir", made, "kyoto", "eligible", "GBR").exit_code == 0
    return made


def block(first: int, last: int, kind: str, account: int, period: int = 1, **said: str) -> Block:
    return {
        "registry": "GBR01",
        "first": str(first),
        "last": str(last),
        "unit_type": str(_TYPES[kind]),
        "original_period": str(period),
        "applicable_period": str(period),
        "account": make_account_id(RegistryId("GBR01"), account, 1),
    } | said


def stored(blocks: list[Block], folder: Path) -> Path:
    folder.mkdir()
    with (folder / "blocks.csv").open("w", newline="") as file:
        into = csv.DictWriter(file, COLUMNS)
        into.writeheader()
        into.writerows(blocks)
    (folder / "transactions.csv").write_text("id,status,at\nGB1,4,2009-01-02T03:04:05Z\n")
    return folder


def report(numbers: Mapping[tuple[Row, Unit], int]) -> Submission:
    """A report on the second period in which the starting values lead to what is held and retired."""
    cells = {Spot(END, row, QUANTITY, unit): quantity for (row, unit), quantity in numbers.items()}
    aaus = sum(quantity for (_, unit), quantity in numbers.items() if unit is Unit.AAU)
    starting = {
        Spot(Table.STARTING_VALUES, row, Side.ADDITIONS, Unit.AAU): aaus
        for row in (Row.ISSUED_AAUS, Row.TOTAL)
    }
    return with_numbers(empty("cp2-2020", party="United Kingdom", registry="GB"), cells | starting)


TWIN = {(Row.PARTY_HOLDING, Unit.AAU): 1_000, (Row.RETIREMENT, Unit.AAU): 500}
BLOCKS = [
    block(1, 700, "AAU", 100, 2),
    block(701, 1_000, "AAU", 100, 2),
    block(1_001, 1_500, "AAU", 300, 2),
]


def openings(place: Path) -> list[statements_pb2.Opening]:
    with books(place) as connection:
        rows = connection.execute(
            "SELECT payload FROM message WHERE kind = ?", (PayloadKind.KYOTO_STATEMENT.value,)
        )
        said = [decode(PayloadKind.KYOTO_STATEMENT, each) for (each,) in rows]
    stated = cast("list[statements_pb2.KyotoStatement]", said)
    return [each.opening for each in stated if each.HasField("opening")]


def imported(place: Path, archive: Path, *reports: Path) -> tuple[int, str]:
    words = [word for each in reports for word in ("--sef", str(each))]
    ran = broker(
        "--dir", place, "kyoto", "import-archive", archive, "--party", "GBR", *words, "--yes"
    )
    return ran.exit_code, ran.stdout + ran.stderr


def test_an_archive_that_ties_to_the_unit_is_stated(place: Path, tmp_path: Path) -> None:
    sef = written(report(TWIN), tmp_path / "sef.xlsx")
    code, told = imported(place, stored(BLOCKS, tmp_path / "archive"), sef)
    assert code == 0, told
    assert "The opening of GBR01 is stated" in told
    (said,) = openings(place)
    assert [(t.account_type, t.unit_type, t.period, t.quantity) for t in said.totals] == [
        (100, 1, 2, 1_000),
        (300, 1, 2, 500),
    ]


def test_an_archive_whose_totals_differ_by_one_unit_states_nothing_and_names_the_row(
    place: Path, tmp_path: Path
) -> None:
    sef = written(report(TWIN), tmp_path / "sef.xlsx")
    short = [*BLOCKS[:2], block(1_001, 1_499, "AAU", 300, 2), block(1_500, 1_501, "CER", 100, 2)]
    code, told = imported(place, stored(short, tmp_path / "archive"), sef)
    assert code == 1, told
    assert "row retirement, AAU: the report has 500, the archive 499" in told
    assert "row Party holding, CER: the report has 0, the archive 2" in told
    assert openings(place) == []


def test_mandatory_cancellation_under_notices_4_and_5_is_told_apart(
    place: Path, tmp_path: Path
) -> None:
    """Both lie in accounts of type 250; reports have a row for each."""
    numbers = {
        (Row.CANCEL_REVERSAL, Unit.LCER): 30,
        (Row.CANCEL_REPORT, Unit.LCER): 12,
    }
    said = report(numbers)
    sef = written(said, tmp_path / "sef.xlsx")
    right = [
        block(
            1,
            30,
            "lCER",
            250,
            2,
            registry="IND01",
            project="IND7",
            expiry="2030-12-31",
            notice_type="4",
        ),
        block(
            31,
            42,
            "lCER",
            250,
            2,
            registry="IND01",
            project="IND7",
            expiry="2030-12-31",
            notice_type="5",
        ),
    ]
    swapped = [right[0] | {"notice_type": "5"}, right[1] | {"notice_type": "4"}]
    code, told = imported(place, stored(swapped, tmp_path / "swapped"), sef)
    assert code == 1, told
    assert "the report has 30, the archive 12" in told
    code, told = imported(
        place, stored([right[0], right[1] | {"notice_type": ""}], tmp_path / "none"), sef
    )
    assert code == 1, told
    assert "the report has 12, the archive 0" in told
    code, told = imported(place, stored(right, tmp_path / "archive"), sef)
    assert code == 0, told


def test_whatever_is_wrong_with_an_archive_is_told_at_once(place: Path, tmp_path: Path) -> None:
    sef = written(report(TWIN), tmp_path / "sef.xlsx")
    bad = [
        *BLOCKS,
        block(1_500, 1_600, "AAU", 100, 2),
        block(5, 4, "AAU", 100, 2),
        block(1, 2, "AAU", 100, 2, unit_type="9"),
        block(1, 2, "AAU", 100, 2) | {"first": "-1"},
        block(1, 2, "AAU", 100, 2) | {"account": "GB00GBR0110000000001"},
        block(1, 2, "AAU", 100, 2, expiry="tomorrow"),
        block(1, 2, "AAU", 100, 2, registry=""),
    ]
    code, told = imported(place, stored(bad, tmp_path / "archive"), sef)
    assert code == 1, told
    assert "rows 3 and 4 both have unit GBR01:1500" in told
    assert all(f"row {row}: " in told for row in range(5, 11)), told
    assert openings(place) == []


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{}", b"[[[", b"7"])
def test_what_is_no_archive_is_refused(place: Path, tmp_path: Path, content: bytes) -> None:
    sef = written(report(TWIN), tmp_path / "sef.xlsx")
    file = tmp_path / "blocks.json"
    file.write_bytes(content)
    code, told = imported(place, file, sef)
    assert code == 2, told
    assert "neither CSV nor a list in JSON" in told


def test_an_archive_as_json_and_reports_of_others(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "blocks.json"
    file.write_text(json.dumps(BLOCKS))
    other = with_numbers(empty("cp2-2020"), {})
    code, told = imported(place, file, written(other, tmp_path / "nz.xlsx"))
    assert code == 1, told
    assert "is not of GB" in told
    code, told = imported(place, file, written(report(TWIN), tmp_path / "sef.xlsx"))
    assert code == 0, told


def _invented(said: Submission, period: int, first: int) -> Iterator[Block]:
    """Blocks that make what a published report says of holdings at the end of the year."""
    for spot, cell in said.cells.items():
        if spot.table is END and spot.row in _ACCOUNTS and cell.quantity:
            account = _ACCOUNTS[Row(spot.row)]
            yield block(first, first + cell.quantity - 1, spot.unit, account, period)
            first += cell.quantity


@pytest.mark.skipif(not PUBLISHED, reason=NOT_HERE)
def test_an_invented_archive_of_published_reports_ties_and_one_unit_less_does_not(
    place: Path, tmp_path: Path
) -> None:
    files = [
        each
        for each in PUBLISHED
        if each.name in {"RREG1_GB_2017_1_5.xlsx", "RREG1_GB_2019_2_2.xlsx"}
    ]
    assert len(files) == 2
    blocks: list[Block] = []
    for period, file in enumerate(files, 1):
        blocks += _invented(read_file(file).submission, period, period * 10**11)
    code, told = imported(place, stored(blocks, tmp_path / "archive"), *files)
    assert code == 0, told
    short = [*blocks[:-1], blocks[-1] | {"last": str(int(blocks[-1]["last"]) - 1)}]
    code, told = imported(place, stored(short, tmp_path / "short"), *files)
    assert code == 1, told
    assert "1 found; nothing is stated" in told
