# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Adjustments, balances and structured summaries on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.broker.cli.kit import broker, fill, set_up


@pytest.fixture
async def directory(tmp_path: Path) -> Path:
    place = set_up(tmp_path / "broker")
    await fill(place)
    return place


async def test_adjustments_with_their_transactions_and_sums(directory: Path) -> None:
    words = ("--dir", directory, "adjustments", "--explain")
    found = broker(*words, "--json").json
    assert [each["quantity"] for each in found["entries"]] == [1_000, -100]
    assert found["entries"][0]["authorization"] == "1006.4/2810"
    assert found["sums"] == [
        {"party": "CHE", "year": 2024, "metric": "GHG", "quantity": -100},
        {"party": "THA", "year": 2022, "metric": "GHG", "quantity": 1_000},
    ]
    text = broker(*words, "--party", "THA").stdout
    assert "+1 000" in text
    assert "GHG" not in text  # people read what is counted
    assert "-100 " not in text


async def test_a_balance_signs_what_moves_it_and_nothing_else(directory: Path) -> None:
    words = ("--dir", directory, "balance", "--year")
    sold = broker(*words, "2022", "--party", "THA").stdout
    used = broker(*words, "2024", "--party", "CHE", "--explain").stdout
    idle = broker(*words, "2029", "--party", "CHE").stdout
    assert [row.split()[-1] for row in sold.splitlines() if row.startswith("used")] == ["0"]
    assert ("+1 000" in sold, "-100" in used, "GHG" in used) == (True, True, False)
    assert "+0" not in idle + used
    assert "-0" not in sold + idle


async def test_more_than_anybody_reads_is_not_listed(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, it took seven gigabytes of memory with five million entries."""
    monkeypatch.setattr("broker.cli.long_list.MOST", 1)
    ran = broker("--dir", directory, "adjustments")
    assert (ran.exit_code, "QUESTION_TOO_DEAR" in ran.stderr) == (1, True)
    assert "Name --party and --year" in ran.stderr
    assert len(broker("--dir", directory, "adjustments", "--party", "THA", "--json").listed) == 1
    monkeypatch.setattr("broker.cli.long_list.MOST", 0)
    for words in (("balance", "--party", "THA"), ("summary", "--party", "THA")):
        figures = ("--dir", directory, *words, "--year", "2022")
        assert broker(*figures).exit_code == 0
        ran = broker(*figures, "--explain")
        assert (ran.exit_code, "QUESTION_TOO_DEAR" in ran.stderr) == (1, True)
        assert "Leave out --explain" in ran.stderr
    ran = broker("--dir", directory, "holdings")
    assert (ran.exit_code, "Name a --registry" in ran.stderr) == (1, True)


@pytest.mark.parametrize(("as_of", "entries"), [("2023-07-31", 0), ("2023-08-01", 2)])
async def test_adjustments_as_of_a_day(directory: Path, as_of: str, entries: int) -> None:
    words = ("--dir", directory, "adjustments", "--as-of", as_of)
    assert len(broker(*words, "--json").listed) == entries
    assert len(broker(*words, "--explain", "--json").json["entries"]) == entries


@pytest.mark.parametrize("as_of", ["2023-02-30", "yesterday", "2023-08-01T00:00:00"])
def test_a_day_that_is_none(as_of: str) -> None:
    ran = broker("adjustments", "--as-of", as_of)
    assert ran.exit_code == 2
    assert "2024-12-31" in ran.stderr or "2023-08-01T00:00:00Z" in ran.stderr


async def test_a_balance_as_of_a_day(directory: Path) -> None:
    words = ("--dir", directory, "balance", "--party", "CHE", "--year", "2024", "--json")
    assert broker(*words, "--as-of", "2023-07-31").json["used"] == 0
    found = broker(*words, "--metric", "MWh").json
    assert (found["metric"], found["used"]) == ("MWh", 0)


async def test_a_structured_summary(directory: Path, tmp_path: Path) -> None:
    page = tmp_path / "summary.html"
    words = ("--dir", directory, "summary", "--party", "THA")
    found = broker(*words, "--period", "2021-2030", "--html", page, "--explain", "--json").json
    years = {each["year"]: each for each in found["years"]}
    assert (years[2023]["net"], years[2022]["total_adjustment"]) == (1_000, 1_000)
    assert (years[2022]["net"], years[2023]["total_adjustment"]) == (0, 0)
    for each in found["explained"]:
        total = sum(abs(entry["quantity"]) for entry in each["entries"])
        assert abs(each["figure"]) == total
        assert each["figure"] == years[each["year"]][each["row"]]
    assert "Structured summary of THA" in page.read_text()
    text = broker(*words, "--year", "2023", "--explain").stdout
    assert "ITMOs first transferred, 2023" in text


@pytest.mark.parametrize(
    "words",
    [(), ("--year", "2023", "--period", "2021-2030"), ("--period", "2030-2021"), ("--period", "x")],
)
def test_a_summary_is_of_a_year_or_a_period(words: tuple[str, ...]) -> None:
    assert broker("summary", "--party", "THA", *words).exit_code == 2
