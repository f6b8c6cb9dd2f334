# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an operator mistakes for something else is told by what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from itmo.runtime.db.head import head_path
from registry_node.cli import main
from registry_node.cli.files.result_file import result_path
from tests.unit.broker.cli.kit import NETWORK, Ran, broker, set_up

ONE_FILE = pytest.mark.on_sqlite("the database's own file")


def node(*words: object) -> Ran:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in result.output
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize("url", ["mysql://root:secret@localhost/books", "books"])
def test_what_is_no_url_of_a_server_is_bad_usage(tmp_path: Path, url: str) -> None:
    """Before, the driver of PostgreSQL was asked, and the operator was sent to look at the server."""
    ran = broker("--dir", tmp_path / "b", "init", "--network", NETWORK, "--database", url)
    assert (ran.exit_code, "postgresql://" in ran.stderr) == (2, True), ran.stderr
    assert "secret" not in ran.stderr
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("words", [("--network", "x"), ("--network", NETWORK, "--node", "X")])
def test_names_are_looked_at_before_a_server_gets_tables(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    url = "postgresql://nobody@127.0.0.1:1/books"
    ran = broker("--dir", tmp_path / "b", "init", *words, "--database", url)
    assert (ran.exit_code, "reason: IDENTIFIER_INVALID" in ran.stderr) == (2, True), ran.stderr


@pytest.mark.parametrize("setting", ['database = ""', '[database]\npath = ""'])
def test_an_empty_name_of_a_database_is_not_the_folder(tmp_path: Path, setting: str) -> None:
    place = set_up(tmp_path / "b")
    file = place / "broker.toml"
    kept = file.read_text().split("[database]")
    rest = kept[1].partition("\n[")[2]
    first, second = (setting + "\n", "") if setting.startswith("database") else ("", setting + "\n")
    file.write_text(f"{first}{kept[0]}{second}[{rest}")
    ran = broker("--dir", place, "check-config")
    assert (ran.exit_code, "expected the path of a file" in ran.stderr) == (2, True), ran.stderr


@ONE_FILE
def test_a_database_that_was_not_founded_to_its_end_is_not_damaged(tmp_path: Path) -> None:
    place = set_up(tmp_path / "b")
    (place / "broker.sqlite").touch(0o600)
    ran = broker("--dir", place, "verify")
    assert (ran.exit_code, "holds nothing" in ran.stderr) == (2, True), ran.stderr
    assert broker("--dir", place, "check-config").exit_code == 0
    # With a head beside it, it is one that has lost everything.
    party = ("party", "CHE", "--ndc-start", "2021", "--ndc-end", "2030", "--target", "single-year")
    broker("--dir", place, *party, "--method", "averaging")
    assert head_path(place / "broker.sqlite").exists()
    for file in place.glob("broker.sqlite-*"):
        file.unlink()
    (place / "broker.sqlite").write_bytes(b"")
    ran = broker("--dir", place, "verify")
    assert (ran.exit_code, "reason: LEDGER_AUDIT_FAILED" in ran.stderr) == (1, True), ran.stderr


@ONE_FILE
def test_a_head_that_is_missing_says_no_number(tmp_path: Path) -> None:
    place = set_up(tmp_path / "b")
    party = ("party", "CHE", "--ndc-start", "2021", "--ndc-end", "2030", "--target", "single-year")
    broker("--dir", place, *party, "--method", "averaging")
    said = broker("--dir", place, "head", "--json").json
    assert (said["ok"], said["decisions"] > 0) == (True, True)
    head_path(place / "broker.sqlite").unlink()
    said = broker("--dir", place, "head", "--json").json
    assert (said["ok"], said["decisions"], said["last_leaf"]) == (False, None, None)
    assert "the head is missing" in said["missing"]


def test_a_request_and_its_answer_are_told_apart(tmp_path: Path) -> None:
    place, folder = set_up(tmp_path / "b"), tmp_path / "che"
    words = ("--node", "che-registry", "--kind", "national", "--registry", "CHE01")
    assert node("--dir", folder, "init", *words, "--network", NETWORK).exit_code == 0
    request, answer = folder / "join-request.json", folder / "admission.json"
    ran = node("--dir", folder, "join", request)
    assert "is the joining request; send it to the clearing-house" in ran.stderr
    assert broker("--dir", place, "admit", request, "--out", answer, "--yes").exit_code == 0
    ran = broker("--dir", place, "admit", answer)
    assert "is an admission, the answer of the clearing-house" in ran.stderr
    ran = node("--dir", folder, "join", answer)
    assert ran.exit_code == 0, ran.stderr


def test_files_of_two_kinds_with_one_name_have_results_of_their_own() -> None:
    names = [Path("good.csv"), Path("good.xlsx"), Path("GOOD.CSV"), Path("good.results.xlsx")]
    assert [result_path(each).name for each in names] == [
        "good.result.csv", "good.xlsx.result.csv", "GOOD.result.csv", "good.results.xlsx.result.csv",
    ]  # fmt: skip
