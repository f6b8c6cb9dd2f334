# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An archive with its transactions: it answers about the past once all of it ties, and before that not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest

from broker.cli.kyoto import import_archive
from broker.cli.kyoto.stating import state_all
from itmo import limits
from itmo.kyoto.v1 import statements_pb2
from itmo.payloads import PayloadKind, decode
from sef.comparing import compare
from sef.opening import read_file
from tests.kit.clearing import ClearingWorld
from tests.kit.kyoto_archive import YEARS, Rows, filed, past, stored_archive
from tests.kit.many import many
from tests.unit.broker.cli.kit import Ran, books, broker, set_up

ACCOUNT = "GB12GBR0110000000001"
Change = Callable[[Rows, Rows], None]
TOLD = "told by the archive of GBR01, not judged here"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    file = made / "broker.toml"
    file.write_text(file.read_text().replace('["paris"]', '["paris", "kyoto"]'))
    assert broker("--dir", made, "kyoto", "eligible", "GBR").exit_code == 0
    return made


@pytest.fixture(scope="module")
def world() -> ClearingWorld:
    """The first clearing-house, which is only read from here on."""
    return asyncio.run(past())


def imported(place: Path, archive: Path, reports: list[Path]) -> Ran:
    words = [word for each in reports for word in ("--sef", str(each))]
    return broker(
        "--dir", place, "kyoto", "import-archive", archive, "--party", "GBR", *words, "--yes"
    )


def stated(place: Path) -> list[str]:
    """What was stated, but that Great Britain is eligible."""
    with books(place) as connection:
        rows = connection.execute(
            "SELECT payload FROM message WHERE kind = ? ORDER BY log_index",
            (PayloadKind.KYOTO_STATEMENT.value,),
        )
        said = [decode(PayloadKind.KYOTO_STATEMENT, each) for (each,) in rows]
    fields = [
        each.WhichOneof("stated") for each in cast("list[statements_pb2.KyotoStatement]", said)
    ]
    return [str(each) for each in fields if each != "eligibility"]


def units(place: Path, as_of: str) -> dict[tuple[str, int, int], int]:
    ran = broker("--dir", place, "--json", "kyoto", "units", "--party", "GBR", "--as-of", as_of)
    assert ran.exit_code == 0, ran.stderr
    found: list[dict[str, Any]] = ran.listed
    assert all(each["told_by_archive_of"] == "GBR01" for each in found)
    return {(e["unit_type"], e["first"], e["last"]): e["account_type"] for e in found}


@pytest.mark.slow
def test_the_past_of_an_archive_answers_units_trail_and_reports(
    place: Path, world: ClearingWorld, tmp_path: Path
) -> None:
    reports = filed(world, tmp_path / "reports")
    ran = imported(place, stored_archive(world, tmp_path / "archive"), reports)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert stated(place) == ["archive_part", "opening"]
    assert units(place, "2010-12-31") == {
        ("AAU", 1, 100): 100,
        ("ERU from AAU", 101, 200): 100,
        ("AAU", 201, 1000): 100,
    }
    assert units(place, "2011-12-31") == {
        ("AAU", 1, 50): 100,
        ("AAU", 51, 54): 100,
        ("AAU", 55, 60): 230,
        ("ERU from AAU", 151, 200): 100,
        ("AAU", 201, 300): 300,
        ("AAU", 301, 1000): 100,
    }
    assert units(place, "2009-01-01") == {}
    ran = broker("--dir", place, "kyoto", "trail", "GBR01:55-60")
    told = " ".join(ran.stdout.split())
    assert ran.exit_code == 0
    for word in ("ISSUANCE", "TRANSFER", "CANCELLATION"):
        assert word in told
    # Nothing of it is among the transactions that were judged here.
    assert broker("--dir", place, "--json", "transactions").listed == []
    for year, report in zip(YEARS, reports, strict=True):
        again = tmp_path / f"again-{year}.xlsx"
        words = ("sef", "export", "GBR", year, "--period", 1, "--out", again)
        ran = broker("--dir", place, *words)
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        assert TOLD in ran.stdout
        assert compare(read_file(report).submission, read_file(again).submission).same
    assert broker("--dir", place, "verify").exit_code == 0


def _one_unit_less(blocks: Rows, trail: Rows) -> None:
    """Unit 300 was never retired, says the archive, in all of its tables."""
    (retired,) = [each for each in trail if each["type"] == "RETIREMENT"]
    retired["last"] = "299"
    for each in blocks:
        if each["first"] == "201":
            each["last"] = "299"
        elif each["first"] == "301":
            each["first"] = "300"


def _not_led_to(blocks: Rows, trail: Rows) -> None:
    """Its trail says that unit 1000 was never issued."""
    (issued,) = [each for each in trail if each["type"] == "ISSUANCE"]
    issued["last"] = "999"


def _out_of_order(blocks: Rows, trail: Rows) -> None:
    trail.reverse()


def _damaged(blocks: Rows, trail: Rows) -> None:
    trail[0]["at"] = "yesterday"
    trail[1]["type"] = "GIFT"
    trail[2]["to"] = "GB00GBR0110000000001"
    trail[3]["notice"] = "17"


def _moved_twice(blocks: Rows, trail: Rows) -> None:
    trail.append(dict(trail[-1]))


@pytest.mark.parametrize(
    ("change", "told"),
    many(
        [
            (
                _one_unit_less,
                ["retirement, retirement, AAU: the report has 100, the archive 99"],
            ),
            (_not_led_to, ["row 4: units GBR01:1000-1000 do not follow from the trail"]),
            (_out_of_order, ["before the row above"]),
            (
                _damaged,
                [
                    "trail, row 1: at is 'yesterday'",
                    "trail, row 2: type is 'GIFT'",
                    "trail, row 3: ",
                    "trail, row 4: notice 17 is not in notices.csv",
                ],
            ),
            (_moved_twice, ["lies in GB09GBR0123000000001, not in GB12GBR0110000000001"]),
        ],
        {"_moved_twice", "_damaged"},
        lambda row: row[0].__name__,
    ),
)
def test_an_archive_that_is_wrong_by_one_unit_or_row_states_nothing_and_names_it(
    place: Path, world: ClearingWorld, tmp_path: Path, change: Change, told: list[str]
) -> None:
    archive = stored_archive(world, tmp_path / "archive", change)
    ran = imported(place, archive, filed(world, tmp_path / "reports"))
    assert ran.exit_code == 1, ran.stdout + ran.stderr
    for each in told:
        assert each in ran.stdout, ran.stdout
    assert stated(place) == []
    assert broker("--dir", place, "--json", "kyoto", "units", "--as-of", "2011-12-31").listed == []


def test_after_a_crash_in_the_middle_only_what_is_lacking_is_stated(
    place: Path, world: ClearingWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = filed(world, tmp_path / "reports")
    archive = stored_archive(world, tmp_path / "archive")
    monkeypatch.setattr(limits, "MAX_ARCHIVE_ROWS", 2)

    def crash(statements: Iterable[statements_pb2.KyotoStatement]) -> None:
        state_all(islice(statements, 2))
        raise KeyboardInterrupt

    monkeypatch.setattr(import_archive, "state_all", crash)
    assert imported(place, archive, reports).exit_code != 0
    assert stated(place) == ["archive_part"] * 2
    # What is there in part counts for nothing.
    assert broker("--dir", place, "--json", "kyoto", "units", "--as-of", "2010-12-31").listed == []
    monkeypatch.setattr(import_archive, "state_all", state_all)
    ran = imported(place, archive, reports)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert stated(place) == ["archive_part"] * 4 + ["opening"]
    assert units(place, "2010-12-31")["AAU", 1, 100] == 100
