# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef export`: what it writes is read back, and found consistent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from aef.opening import read_file
from aef.syntax_codes import Code
from broker.cli import root
from broker.reports.paris.aef import drawing
from tests.unit.broker.cli.kit import broker, fill, set_up


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    directory = set_up(tmp_path / "broker")
    await fill(directory)
    return directory


def hidden(folder: Path) -> list[Path]:
    """What a half-written file would have left."""
    return list(folder.glob(".*"))


async def test_a_workbook_of_a_party_and_year(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "swiss.xlsx"
    words = ("--dir", place, "aef", "export", "--party", "CHE", "--year", "2023", "--out", file)
    (told,) = broker(*words, "--json").listed
    assert told["rows"] == {"authorizations": 0, "actions": 2, "holdings": 1, "entities": 0}
    assert told["file"] == str(file)
    read = read_file(file)
    assert {each.code for each in read.findings} == {Code.AUTHORIZATION_FORMAT}
    assert read.submission.heading.party == "CHE"
    assert [row.quantity for row in read.submission.actions] == [1_000, 100]


async def test_the_usual_name_in_the_present_folder(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("--dir", place, "aef", "export", "--party", "THA", "--year", "2023")
    ran = broker(*words)
    assert (ran.exit_code, "AEF_THA_2023.xlsx" in ran.stdout) == (0, True)
    assert (tmp_path / "AEF_THA_2023.xlsx").exists()
    assert broker(*words, "--format", "json").exit_code == 0
    assert json.loads((tmp_path / "AEF_THA_2023.json").read_text())["actions"]
    assert hidden(tmp_path) == []


async def test_a_file_is_written_over_only_by_force(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "thai.json"
    file.write_text("mine")
    words = ("--dir", place, "aef", "export", "--party", "THA", "--year", "2023", "--out", file)
    refused = broker(*words)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert file.read_text() == "mine"
    assert broker(*words, "--force").exit_code == 0
    assert read_file(file).submission.heading.party == "THA"


@pytest.mark.parametrize("asked", ["--year 2023", "--all"])
async def test_along_the_timeline_it_is_the_same(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """And the whole record is not read for it."""
    words = ("--dir", place, "aef", "export", "--party", "CHE", *asked.split(), "--format", "json")
    whole, along = (tmp_path / each / "AEF_CHE_2023.json" for each in ("whole", "along"))

    def export(file: Path) -> None:
        ran = broker(*words, "--out", file.parent if asked == "--all" else file)
        assert ran.exit_code == 0, ran.stderr

    for each in (whole, along):
        each.parent.mkdir()
    export(whole)
    assert broker("--dir", place, "timeline").exit_code == 0
    monkeypatch.delattr(drawing, "draw_all")
    export(along)
    assert along.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("kind", ["xlsx", "json"])
async def test_all_of_them_are_consistent(place: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "reports"
    words = ("--dir", place, "aef", "export", "--all", "--out", folder, "--format", kind)
    told = broker(*words, "--json").listed
    assert [(each["party"], each["year"]) for each in told] == [("CHE", 2023), ("THA", 2023)]
    files = sorted(folder.iterdir())
    assert [each.name for each in files] == [f"AEF_CHE_2023.{kind}", f"AEF_THA_2023.{kind}"]
    checked = broker("--dir", place, "aef", "check", "--ledger", *files, "--json")
    assert checked.json["findings"] == []
    syntax = [each["code"] for one in checked.json["submissions"] for each in one["syntax"]]
    # The authorization has a slash and a full stop in its id, as the real one of Thailand has. Thailand
    # assigned it so, and nobody can report it otherwise: it is told, and the files are right.
    assert (checked.exit_code, set(syntax)) == (0, {"AUTHORIZATION_FORMAT"})
    counts = checked.json["counts"]
    assert (checked.json["clean"], counts["syntax_findings"]) == (True, 0)
    assert counts["advice"] == len(syntax)
    printed = broker("--dir", place, "aef", "check", "--ledger", *files).stdout
    assert "No findings: all is consistent" in printed
    assert "(advice)" in printed
    assert {each["from_ledger"] for each in checked.json["submissions"]} == {False}


async def test_all_of_one_party(place: Path, tmp_path: Path) -> None:
    words = ("--dir", place, "aef", "export", "--all", "--party", "THA", "--out", tmp_path / "x")
    assert [each["party"] for each in broker(*words, "--json").listed] == ["THA"]


@pytest.mark.parametrize(
    "words",
    [
        ("--party", "CHE"),
        ("--year", "2024"),
        ("--party", "che", "--year", "2024"),
        ("--party", "CHE", "--year", "2024", "--version", "one"),
        ("--party", "CHE", "--year", "2024", "--format", "pdf"),
        ("--party", "CHE", "--year", "2019"),  # no year that a Party can report on
        ("--party", "CHE", "--year", "2041"),
        ("--party", "CHE", "--year", "2024", "--out", "aef.pdf"),
        ("--party", "CHE", "--year", "2024", "--out", "no-such-folder"),
        ("--party", "CHE", "--year", "2024", "--out", "aef.xlsx", "--format", "json"),
    ],
    ids=" ".join,
)
def test_bad_usage(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert broker("--dir", place, "aef", "export", *words).exit_code == 2
    assert sorted(tmp_path.iterdir()) == before


async def test_the_version_is_stated(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    result = CliRunner().invoke(
        root,
        ["--dir", str(place), "aef", "export", "--party", "CHE", "--year", "2023", "--version",
         "1.1", "--out", str(file)],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert read_file(file).submission.heading.version == "1.1"
