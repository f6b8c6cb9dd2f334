# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef check` as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

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
