# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef check` as it is called."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from aef.checks.catalogue import CHECKS
from aef.result.evidence import file_seen, same_file
from broker import __version__
from broker.rulebook.paris.catalogue import DIGEST
from itmo.reasons import ProtocolError
from tests.kit.aef_files import saved, swiss_workbook, thai_workbook
from tests.unit.broker.cli.kit import broker, fill, set_up


async def filled(directory: Path) -> Path:
    set_up(directory)
    await fill(directory)
    return directory


async def test_the_ledger_alone_is_consistent(tmp_path: Path) -> None:
    directory = await filled(tmp_path / "broker")
    ran = broker("--dir", directory, "aef", "check", "--ledger")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert "No findings: all is consistent." in ran.stdout


async def test_one_party_of_the_ledger_waits_for_the_other(tmp_path: Path) -> None:
    directory = await filled(tmp_path / "broker")
    page = tmp_path / "result.html"
    ran = broker(
        "--dir", directory, "--json", "aef", "check", "--ledger", "--party", "CHE", "--html", page
    )
    assert ran.exit_code == 1
    assert {each["party"] for each in ran.json["submissions"]} == {"CHE"}
    assert {each["state"] for each in ran.json["findings"]} == {"UNDETERMINED"}
    assert {each["owner"] for each in ran.json["findings"]} >= {"THA"}
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


async def test_a_check_is_left_out_by_name(tmp_path: Path) -> None:
    directory = await filled(tmp_path / "broker")
    words = ["--dir", directory, "aef", "check", "--ledger", "--skip", "IRC01", "--json"]
    found = broker(*words).json
    assert all("IRC01" not in each["checks"] for each in found["submissions"])
    assert [each["id"] for each in found["checks"] if not each["run"]] == ["IRC01"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--ledger", "--skip", "II99"],
        ["--ledger", "--first", "Thailand 2023"],
        ["--ledger", "--first", "ZZZ:2023"],
        ["--ledger", "--first", "THA:2023", "--first", "THA:2024"],
        ["--ledger", "--first", "CHE:2030"],
        ["--party", "CHE", "FILE"],
        ["no-such-file.xlsx"],
    ],
)
async def test_a_wrong_command_line_is_status_2(tmp_path: Path, words: list[str]) -> None:
    directory = await filled(tmp_path / "broker")
    given = tmp_path / "given.json"
    given.write_text("{}", encoding="utf-8")
    words = [str(given) if word == "FILE" else word for word in words]
    assert broker("--dir", directory, "aef", "check", *words).exit_code == 2


# -- files ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The Thai and the Swiss workbook with all their flaws."""
    folder = tmp_path_factory.mktemp("pair")
    books = {"THA_2023-2024.xlsx": thai_workbook(), "CHE_2024.xlsx": swiss_workbook()}
    return [saved(book, folder / name) for name, book in books.items()]


FIRST = ["--first", "THA:2023", "--first", "CHE:2024"]


def test_every_flaw_of_the_real_pair_is_found_without_any_configuration(
    pair: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = broker("aef", "check", *pair, *FIRST, "--json")
    assert ran.exit_code == 1, ran.stderr
    found = {(each["check"], each["found"]) for each in ran.json["findings"]}
    for check_id, part in (
        ("IPC01", "unit ids: CHE reports CA0003-TH001-TH-1-2022 to CA0003-TH001-TH-1917-2022, THA"),
        ("IPC01", "19 days apart"),
        ("DR01", "1 917 serial numbers"),
        ("DR01", "for a quantity of 1 916"),
        ("STC01", "an action of 20 Dec 2023 in the report on 2024"),
    ):
        assert any(check_id == one and part in said for one, said in found), (check_id, part)
    written = [
        (each["party"], syntax["title"], syntax["found"])
        for each in ran.json["submissions"]
        for syntax in each["syntax"]
    ]
    for party in ("THA", "CHE"):
        assert any(who == party and said == "TH" for who, _, said in written)
        assert any(who == party and said == "TH001" for who, _, said in written)
        assert any(who == party and "time" in title.lower() for who, title, _ in written)
    assert all(each["sheet"] and each["row"] for each in (f["here"] for f in ran.json["findings"]
                                                          if f["check"] == "STC01"))  # fmt: skip


def test_text_names_cells_and_rows_and_the_page_is_written(
    pair: list[Path], tmp_path: Path
) -> None:
    page = tmp_path / "result.html"
    ran = broker("aef", "check", *pair, *FIRST, "--html", page)
    assert ran.exit_code == 1
    assert "CHE is to act" in ran.stdout
    assert "at        CHE 2024 version 1.0, Table 3 Actions, cell B9" in ran.stdout
    assert '"Switzerland", read as CHE' in ran.stdout
    assert "Table 1 Submission: Party C4" in ran.stdout
    assert "19 days apart" in page.read_text(encoding="utf-8")


# -- what is missing, --first and --skip ------------------------------------------------------------


def remedies(*words: object) -> dict[str, str]:
    """What to do about each thing that is missing."""
    found = broker("aef", "check", *words, "--json").json["findings"]
    return {each["missing"]: each["remedy"] for each in found if each["missing"]}


def test_what_is_missing_says_how_to_say_that_there_is_none(pair: list[Path]) -> None:
    asked = remedies(pair[0], "--skip", "irc01")["the AEF of THA for 2022"]
    assert "--first THA:2023" in asked
    assert "the AEF of THA for 2022" not in remedies(pair[0], "--first", "THA:2023")


def test_a_first_year_that_a_row_of_another_party_belies_is_told(pair: list[Path]) -> None:
    missing = "the AEF of CHE for 2023"
    asked = remedies(*pair, "--first", "THA:2023")[missing]
    assert asked.endswith("check again with --first CHE:2024.")
    found = remedies(*pair, "--first", "THA:2023", "--first", "CHE:2024")
    assert missing not in found
    assert "the row named says so" in found[f"{missing} (its first year is stated to be 2024)"]


def test_a_first_year_that_the_files_belie_is_refused(pair: list[Path]) -> None:
    ran = broker("aef", "check", *pair, "--first", "THA:2024")
    assert ran.exit_code == 2
    assert "THA_2023-2024.xlsx reports on 2023" in ran.stderr


def test_nothing_is_missing_for_a_check_that_is_left_out(pair: list[Path]) -> None:
    found = remedies(pair[1])
    assert found["the structured summary of CHE for 2024"] == (
        "Give it in a file for --summary, or leave the check out with --skip IRC01."
    )
    assert not any("structured summary" in each for each in remedies(pair[1], "--skip", "IRC01"))


def test_leaving_every_check_out_is_no_check(pair: list[Path]) -> None:
    every = [word for check in CHECKS for word in ("--skip", check.id)]
    ran = broker("aef", "check", pair[0], *every)
    assert ran.exit_code == 2
    assert "no check is left" in ran.stderr


def test_a_finding_names_the_cell_at_fault(pair: list[Path]) -> None:
    found = broker("aef", "check", *pair, *FIRST, "--json").json["findings"]
    cells = {
        (each["check"], each["found"].partition(":")[0]): (
            f"{each['here']['column']}{each['here']['row']}",
            [f"{there['column']}{there['row']}" for there in each["there"]],
        )
        for each in found
        if each["here"]["row"]
    }
    assert cells["STC01", "an action of 20 Dec 2023 in the report on 2024"] == ("B9", [])
    assert cells["IPC01", "action date"] == ("B9", ["B9", "B10"])
    assert cells["IPC01", "unit ids"] == ("I9", ["I9", "I10"])


def test_a_json_file_is_told_by_field(pair: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "che.json"
    file.write_text(
        json.dumps(
            {
                "form": "agreed-electronic-format",
                "version": 1,
                "submission": {"party": "CHE", "version": "1.0", "reported_year": 2024},
                "actions": [{"date": "2023-12-20", "type": "Acquisition"}],
            }
        ),
        encoding="utf-8",
    )
    found = broker("aef", "check", file, "--json").json["findings"]
    (late,) = (each["here"] for each in found if each["check"] == "STC01")
    assert (late["sheet"], late["row"], late["column"]) == ("actions", 1, "date")


def test_one_side_alone_is_undetermined(pair: list[Path]) -> None:
    found = broker("aef", "check", pair[1], *FIRST, "--json").json["findings"]
    (alone,) = (each for each in found if each["check"] == "IPC01")
    assert (alone["state"], alone["owner"]) == ("UNDETERMINED", "THA")


def test_approaches_and_summaries_come_from_files(pair: list[Path], tmp_path: Path) -> None:
    approaches, summary = tmp_path / "approaches.yaml", tmp_path / "summary.yaml"
    approaches.write_text("approaches: [{id: CA0003, parties: [THA, JPN]}]", encoding="utf-8")
    summary.write_text("summaries: [{party: CHE, year: 2024, used: 5}]", encoding="utf-8")
    words = ["--approaches", approaches, "--summary", summary]
    found = broker("aef", "check", *pair, *FIRST, *words, "--json").json["findings"]
    said = {(each["check"], each["owner"]): each["found"] for each in found}
    assert said["II01", "CHE"] == "CHE reports on CA000003"
    assert any("summary 5, AEF 0" in each["found"] for each in found)


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--approaches", "approaches: [{id: X1, parties: [THA]}]"),
        ("--approaches", "approaches: [{id: CA000003, parties: []}]"),
        ("--approaches", "- 1"),
        ("--summary", "summaries: [{party: CHE, year: 2024, used: 1.5}]"),
        ("--summary", "summaries: [{party: CHE, year: 2024, spent: 1}]"),
    ],
)
def test_a_file_with_mistakes_is_status_2(
    pair: list[Path], tmp_path: Path, option: str, content: str
) -> None:
    file = tmp_path / "given.yaml"
    file.write_text(content, encoding="utf-8")
    ran = broker("aef", "check", *pair, option, file)
    assert ran.exit_code == 2
    assert "PAYLOAD_INVALID" in ran.stderr


def test_every_unreadable_file_is_told_and_nothing_is_checked(
    pair: list[Path], tmp_path: Path
) -> None:
    damaged, text = tmp_path / "damaged.xlsx", tmp_path / "text.xlsx"
    damaged.write_bytes(b"PK\x03\x04 and nothing more")
    text.write_text("no workbook", encoding="utf-8")
    ran = broker("aef", "check", pair[0], damaged, text)
    assert ran.exit_code == 2
    assert "damaged.xlsx" in ran.stderr
    assert "text.xlsx" in ran.stderr
    assert ran.stdout == ""
    assert broker("aef", "check", damaged, text, "--json").json["error"]["reason"] == (
        "AEF_FILE_UNREADABLE"
    )


async def test_a_file_takes_the_place_of_what_the_ledger_would_say(
    pair: list[Path], tmp_path: Path
) -> None:
    """The ledger's report on 2023 goes beside a file on 2024, and gives way to one on 2023."""
    directory = await filled(tmp_path / "broker")
    drawn = broker("--dir", directory, "aef", "check", "--ledger", "--json").json
    years = {(each["party"], each["year"]) for each in drawn["submissions"]}
    found = broker("--dir", directory, "aef", "check", "--ledger", pair[1], "--json").json
    said = [(each["party"], each["year"], each["from_ledger"]) for each in found["submissions"]]
    assert ("CHE", 2024, False) in said
    assert len(said) == len({each[:2] for each in said})
    assert {each[:2] for each in said} == years | {("CHE", 2024)}
    # The Thai file is on 2023 and 2024: it takes the place of both.
    found = broker("--dir", directory, "aef", "check", "--ledger", pair[0], "--json").json
    ours = [each for each in found["submissions"] if each["party"] == "THA" and each["from_ledger"]]
    assert {each["year"] for each in ours} == {
        year for party, year in years if party == "THA" and year not in (2023, 2024)
    }


# -- a result that can be filed ---------------------------------------------------------------------


def test_a_result_names_its_date_program_rules_and_files(pair: list[Path], tmp_path: Path) -> None:
    page = tmp_path / "result.html"
    ran = broker("aef", "check", *pair, "--html", page, "--json")
    evidence = ran.json["evidence"]
    digests = {
        path.name: (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in pair
    }
    assert {each["name"]: (each["size"], each["sha256"]) for each in evidence["files"]} == digests
    assert evidence["program"] == f"broker {__version__}"
    assert evidence["rulebook_digest"] == DIGEST.hex()
    assert evidence["log_position"] is None
    made = page.read_text(encoding="utf-8").replace("<wbr>", "")
    for said in (
        DIGEST.hex(),
        __version__,
        evidence["made"][:10],
        *(d for _, d in digests.values()),
    ):
        assert said in made
    text = broker("aef", "check", *pair).stdout
    assert all(digest in text for _, digest in digests.values())


def test_a_result_names_what_was_stated_and_the_lists_that_were_given(
    pair: list[Path], tmp_path: Path
) -> None:
    page, summary = tmp_path / "result.html", tmp_path / "summary.yaml"
    summary.write_text("summaries: [{party: CHE, year: 2024, used: 5}]", encoding="utf-8")
    ran = broker("aef", "check", *pair, *FIRST, "--summary", summary, "--html", page, "--json")
    evidence = ran.json["evidence"]
    assert [each["name"] for each in evidence["files"]][-1] == "summary.yaml"
    assert evidence["stated"] == [
        "THA had nothing to report before 2023",
        "CHE had nothing to report before 2024",
    ]
    assert "THA had nothing to report before 2023" in page.read_text(encoding="utf-8")


async def test_a_result_of_the_ledger_names_the_place_in_the_log(tmp_path: Path) -> None:
    directory = await filled(tmp_path / "broker")
    page = tmp_path / "result.html"
    ran = broker("--dir", directory, "aef", "check", "--ledger", "--html", page, "--json")
    position = ran.json["evidence"]["log_position"]
    assert position["decisions"] > 0
    assert len(position["last_leaf"]) == 2 * hashlib.sha256().digest_size
    made = page.read_text(encoding="utf-8").replace("<wbr>", "")
    assert position["last_leaf"] in made
    assert "Place in the log" in made


def test_a_file_that_changes_while_it_is_read_is_refused(pair: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "file.xlsx"
    file.write_bytes(pair[0].read_bytes())
    before = file_seen(file)
    assert same_file(before, file) == before
    file.write_bytes(pair[1].read_bytes())
    with pytest.raises(ProtocolError, match="changed while it was read"):
        same_file(before, file)
