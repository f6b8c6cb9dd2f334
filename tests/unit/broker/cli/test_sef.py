# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker sef` as it is called: no network, no configuration, only files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from random import Random

import pytest

from broker import __version__
from sef.checks.catalogue import TIES
from sef.derivation import Asked, derive
from sef.layout import Family
from sef.layouts import LAYOUTS
from sef.model import Row, Side, Spot, Submission, Table, Unit
from sef.opening import read_file
from sef.result.document import FORMAT
from sef.workbook_writing import write_workbook
from tests.kit.sef_files import empty, with_numbers, written
from tests.kit.sef_history import History
from tests.unit.broker.cli.kit import broker, lay, set_up
from tests.unit.broker.reports.test_kyoto_sef import played

HELD = Spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.CER)


@cache
def report(year: int, period: int = 2, family: Family | None = None) -> Submission:
    asked = Asked(party="NZ", year=year, period=period, family=family, name="New Zealand")
    found = derive(History(Random(8)).play(25).entries, asked)
    assert found is not None
    return found


def stored(submission: Submission, path: Path) -> Path:
    write_workbook(submission, LAYOUTS[submission.layout], path)
    return path


def test_reports_that_tie_are_told_so(tmp_path: Path) -> None:
    files = [stored(report(year), tmp_path / f"{year}.xlsx") for year in (2016, 2017)]
    ran = broker("sef", "check", *files)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert "Every tie holds" in ran.stdout
    assert "the report on 2015 was not given" in " ".join(ran.stdout.split())


def test_a_broken_tie_is_told_with_its_cells_as_text_as_json_and_as_a_page(tmp_path: Path) -> None:
    good = report(2016)
    quantity = good.cell(HELD).quantity
    bad = with_numbers(good, {HELD: quantity + 1})
    path = stored(bad, tmp_path / "RREG1_NZ_2016_2_1.xlsx")
    page = tmp_path / "page.html"
    ran = broker("sef", "check", path, "--html", page)
    assert ran.exit_code == 1
    said = " ".join(ran.stdout.split())
    assert "SEF03" in said
    assert "TABLE4 F10" in said
    assert "1 more" in said
    told = page.read_text(encoding="utf-8")
    assert told.startswith("<!DOCTYPE html>")
    assert "SEF03" in told
    result = broker("--json", "sef", "check", path).json
    assert result["format"] == FORMAT
    assert result["clean"] is False
    counts = result["counts"]
    assert counts["broken"] == 3
    assert counts["broken"] + counts["remark"] == len(result["findings"])
    finding = next(each for each in result["findings"] if each["tie"] == "SEF03")
    assert int(finding["found"]) - int(finding["expected"]) == 1
    assert {"sheet": "TABLE4", "address": "F10"}.items() <= finding["cells"][0].items()
    assert [each["id"] for each in result["ties"]] == [tie.id for tie in TIES]
    evidence = result["evidence"]
    assert evidence["program"] == f"broker {__version__}"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert [each["sha256"] for each in evidence["files"]] == [digest]


def test_a_fault_of_form_is_a_finding_and_a_lying_name_is_advice(tmp_path: Path) -> None:
    path = written(empty("cp2-2016"), tmp_path / "RREG1_CH_2016_2_1.xlsx")
    ran = broker("sef", "check", path)
    assert ran.exit_code == 0
    assert "FILE_NAME (advice)" in ran.stdout
    result = broker("--json", "sef", "check", path).json
    assert [each["advice"] for each in result["submissions"][0]["faults"]] == [True]


def test_a_superseded_version_is_named(tmp_path: Path) -> None:
    wrong = with_numbers(empty("cp2-2016"), {HELD: 3})
    old = written(wrong, tmp_path / "old.xlsx")
    new = written(empty("cp2-2016", version=2), tmp_path / "new.xlsx")
    ran = broker("sef", "check", old, new)
    assert ran.exit_code == 0
    assert "gave way to version 2" in " ".join(ran.stdout.split())


def test_all_files_that_cannot_be_read_are_named_and_none_is_checked(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xml"):
        (tmp_path / name).write_text("nothing", encoding="utf-8")
    ran = broker("sef", "check", tmp_path / "a.xlsx", tmp_path / "b.xml")
    assert ran.exit_code == 2
    assert "a.xlsx" in ran.stderr
    assert "b.xml" in ran.stderr
    assert broker("--json", "sef", "check", tmp_path / "a.xlsx").json["error"]["reason"] == (
        "SEF_FILE_UNREADABLE"
    )
    assert broker("sef", "check").exit_code == 2


def test_two_reports_are_compared(tmp_path: Path) -> None:
    one = stored(report(2016, period=1), tmp_path / "one.xlsx")
    other = tmp_path / "other.xlsx"
    assert broker("sef", "write", one, other, "--layout", "draft").exit_code == 0
    ran = broker("sef", "compare", one, one)
    assert ran.exit_code == 0
    assert "The same" in ran.stdout
    changed = with_numbers(report(2016), {HELD: 1_234_567})
    third = stored(changed, tmp_path / "third.xlsx")
    fourth = stored(report(2016), tmp_path / "fourth.xlsx")
    ran = broker("sef", "compare", fourth, third)
    assert ran.exit_code == 1
    assert "1234567" in ran.stdout
    found = broker("--json", "sef", "compare", fourth, third).json
    assert [each["other"]["address"] for each in found["differences"]] == ["F10"]
    assert broker("sef", "compare", tmp_path / "page", third).exit_code == 2


@pytest.mark.parametrize(("kind", "name"), [("draft", "draft-2016"), ("cp1", "cp1-2016")])
def test_a_report_is_written_in_another_layout_and_ties_there(
    kind: str, name: str, tmp_path: Path
) -> None:
    source = stored(report(2016, period=1), tmp_path / "one.xlsx")
    out = tmp_path / "out.xlsx"
    ran = broker("sef", "write", source, out, "--layout", kind)
    assert ran.exit_code == 0
    assert name in ran.stdout
    assert read_file(out).submission.layout == name
    assert broker("sef", "check", out).exit_code == broker("sef", "check", source).exit_code


def test_a_report_is_written_as_xml_and_back(tmp_path: Path) -> None:
    source = stored(report(2017), tmp_path / "one.xlsx")
    assert broker("sef", "write", source, tmp_path / "two.xml").exit_code == 0
    assert broker("sef", "write", tmp_path / "two.xml", tmp_path / "three.xlsx").exit_code == 0
    assert broker("sef", "compare", source, tmp_path / "three.xlsx").exit_code == 0


@pytest.mark.parametrize(
    ("out", "words", "said"),
    [
        ("out.pdf", [], "ends neither with"),
        ("out.xlsx", ["--layout", "cp1"], "no such layout"),
        ("out.xml", ["--layout", "draft"], "no XML form"),
        ("out.xlsx", ["--layout", "draft"], "cannot show"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_reason(
    out: str, words: list[str], said: str, tmp_path: Path
) -> None:
    reserve = Spot(Table.END, Row.RESERVE, Side.QUANTITY, Unit.AAU)
    source = written(with_numbers(empty("cp2-2016"), {reserve: 4}), tmp_path / "one.xlsx")
    ran = broker("sef", "write", source, tmp_path / out, *words)
    assert ran.exit_code == 2
    assert said in " ".join(ran.stderr.split())
    assert not (tmp_path / out).exists()


@pytest.fixture
async def record(tmp_path: Path) -> Path:
    """A broker's folder with the record of `played`."""
    place = set_up(tmp_path / "broker")
    settings = place / "broker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('rulebooks = ["paris"]', 'rulebooks = ["paris", "kyoto"]'), encoding="utf-8"
    )
    world, _ = await played()
    lay(world, place)
    return place


async def test_what_the_record_says_is_written_and_ties(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for party, year in (("GBR", 2010), ("GBR", 2011), ("CHE", 2011)):
        ran = broker("--dir", record, "sef", "export", party, str(year), "--period", "1")
        assert ran.exit_code == 0, ran.stderr
    names = ("RREG1_CH_2011_1_1", "RREG1_GB_2010_1_1", "RREG1_GB_2011_1_1")
    files = [tmp_path / f"{name}.xlsx" for name in names]
    assert broker("sef", "check", *files).exit_code == 0
    xml = tmp_path / "again.xml"
    words = ("sef", "export", "GBR", "2011", "--period", "1", "--as-of", "2010-12-31")
    assert broker("--dir", record, *words, "--out", xml, "--version", "2").exit_code == 0
    said = read_file(xml).submission
    assert said.header.version == 2
    assert list(said.rows(Table.EXTERNAL)) == [Row.SUBTOTAL]
    draft = ("--layout", "draft", "--out", tmp_path / "draft.xlsx")
    ran = broker("--dir", record, "sef", "export", "CHE", "2011", "--period", "1", *draft)
    assert ran.exit_code == 0
    ran = broker("--dir", record, "sef", "export", "CHE", "2011", "--period", "2")
    assert ran.exit_code == 2
    assert "no such layout" in " ".join(ran.stderr.split())


async def test_the_mechanisms_registry_makes_no_such_report(record: Path) -> None:
    ran = broker("--dir", record, "sef", "export", "XCD", "2011", "--period", "1")
    assert ran.exit_code == 2
    assert "makes no such report" in " ".join(ran.stderr.split())


async def test_the_report_after_the_true_up_has_serial_numbers(record: Path) -> None:
    ran = broker("--dir", record, "sef", "true-up", "CHE", "1")
    assert "GBR01-101-150" in ran.stdout
    found = broker("--dir", record, "--json", "sef", "true-up", "CHE", "1").json
    (retired,) = found["retired"]
    assert (retired["unit"], retired["serials"]) == ("ERU", "GBR01-101-150")
    assert int(retired["quantity"]) == 50
    assert found["carried_over"] == []
    words = ("sef", "true-up", "CHE", "1", "--as-of", "2010-12-31")
    assert broker("--dir", record, "--json", *words).json["retired"] == []
