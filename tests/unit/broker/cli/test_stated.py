# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Statements that take the place of others: a name alone shows, and a change is shown and asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.broker.cli.kit import books, broker, set_up
from tests.unit.broker.cli.test_operating import APPROACH, NDC


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    words = ["--initial-report", "2021-06-01", "--not-eligible", "tracking"]
    assert broker("--dir", made, "party", "THA", *NDC, *words).exit_code == 0
    assert broker("--dir", made, "approach", "CA0003", *APPROACH).exit_code == 0
    return made


def recorded(place: Path) -> int:
    with books(place) as connection:
        return int(connection.execute("SELECT count(*) FROM message").fetchone()[0])


def test_a_name_alone_shows_and_states_nothing(place: Path) -> None:
    before = recorded(place)
    shown = broker("--dir", place, "party", "THA")
    assert shown.exit_code == 0
    for word in ("2021-06-01", "tracking", "NDC 2021-2030", "single-year, averaging"):
        assert word in shown.stdout
    for name in ("CA0003", "CA000003"):
        told = broker("--dir", place, "approach", name, "--json").json
        assert told["stated"]["title"] == "E-buses"
    unknown = broker("--dir", place, "party", "CHE", "--json")
    assert (unknown.exit_code, unknown.json["error"]["reason"]) == (1, "NOT_FOUND")
    assert broker("--dir", place, "approach", "CA0009").exit_code == 1
    assert recorded(place) == before


def test_a_change_is_shown_and_asked_about(place: Path) -> None:
    before = recorded(place)
    words = ["--dir", place, "party", "THA", *NDC, "--initial-report", "2022-06-01"]
    refused = broker(*words, answer="n\n")
    assert refused.exit_code == 1
    assert "2021-06-01 becomes 2022-06-01" in refused.stdout
    assert "tracking becomes none" in refused.stdout
    asked = broker(*words, "--json")
    assert asked.exit_code == 2
    assert "tracking becomes none" in asked.stdout + asked.stderr
    title = ["--title", "Buses", *APPROACH[2:]]
    other = broker("--dir", place, "approach", "CA0003", *title, answer="n\n")
    assert "E-buses becomes Buses" in other.stdout
    assert recorded(place) == before
    assert broker(*words, answer="y\n").exit_code == 0
    assert broker(*words).exit_code == 0, "the same again changes nothing, so it asks nothing"
    assert broker("--dir", place, "approach", "CA0003", *title, "--yes", "--json").exit_code == 0
    assert "2022-06-01" in broker("--dir", place, "party", "THA").stdout


def test_a_file_that_leaves_a_period_out_says_so(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "tha.yaml"
    file.write_text("party: THA\ninitial_report: 2021-06-01\n")
    ran = broker("--dir", place, "party", "--file", file, answer="n\n")
    assert ran.exit_code == 1
    assert "NDC 2021-2030" in ran.stdout
    assert "becomes -" in ran.stdout


def test_another_day_of_an_activity_is_asked_about(place: Path) -> None:
    words = ["--dir", place, "activity", "CA0003", "Buses 1", "--registered"]
    assert broker(*words, "2023-08-01").exit_code == 0
    assert broker(*words, "2023-08-01").exit_code == 0
    ran = broker(*words, "2023-08-02", answer="n\n")
    assert ran.exit_code == 1
    assert "2023-08-01 becomes 2023-08-02" in ran.stdout
    assert broker(*words, "2023-08-02", "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("party: THA\nndc_periods: []\nndc_periods: []\n", ":3: the key 'ndc_periods' stands already"),
        ("party: THA\nndc_periods:\n  - {start: 2021, end: 2030, end: 2035}\n", "'end' stands already"),
        ("first: no", "should be a valid boolean"),
        ("start: 02021", "should be a valid integer"),
        ("end: 2030.0", "should be a valid integer"),
        ("finality: 2031-13-01", "finality"),
    ],
)  # fmt: skip
def test_a_file_says_what_it_says_or_is_refused(
    place: Path, tmp_path: Path, text: str, word: str
) -> None:
    if not text.startswith("party"):
        names = {"start": "2021", "end": "2030", "target": "multi-year", "method": "averaging"}
        name, _, value = text.partition(": ")
        fields = ", ".join(f"{key}: {each}" for key, each in {**names, name: value}.items())
        text = f"party: THA\nndc_periods:\n  - {{{fields}}}\n"
    before = recorded(place)
    file = tmp_path / "tha.yaml"
    file.write_text(text)
    ran = broker("--dir", place, "party", "--file", file, "--yes", "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (2, "PAYLOAD_INVALID")
    assert word in ran.json["error"]["message"]
    assert recorded(place) == before
