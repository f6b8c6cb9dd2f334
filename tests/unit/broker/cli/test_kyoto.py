# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator states under the rulebook kyoto, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.broker.cli.kit import broker, set_up


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = set_up(tmp_path / "broker")
    file = made / "broker.toml"
    text = file.read_text()
    assert 'rulebooks = ["paris"]' in text
    file.write_text(text.replace('rulebooks = ["paris"]', 'rulebooks = ["paris", "kyoto"]'))
    return made


def test_everything_is_stated_and_verified(place: Path) -> None:
    for words in (
        ("period", "1", "2008-01-01", "2012-12-31", "2015-11-18"),
        ("assigned-amount", "GBR", "1", "1000"),
        ("eligible", "GBR"),
        ("eligible", "CHE", "--no-longer"),
        ("project", "GBR22"),
    ):
        ran = broker("--dir", place, "kyoto", *words)
        assert ran.exit_code == 0, ran.stdout + ran.stderr
        assert "is stated, decision" in ran.stdout
    assert broker("--dir", place, "verify").exit_code == 0


def test_targets_are_stated_and_shown_as_text_data_and_page(place: Path, tmp_path: Path) -> None:
    broker("--dir", place, "kyoto", "eligible", "GBR")
    none = broker("--dir", place, "kyoto", "targets")
    assert none.exit_code == 0, none.stderr
    assert "No target is stated" in none.stdout
    ran = broker(
        "--dir", place, "kyoto", "target", "GBR", "pledge", "2013-2020", "--base", "779904144",
        "--base-year", "1990", "--reduction", "2000", "--up-to", "3000", "--condition", "others join",
        "--gas", "CO2", "--gas", "CH4", "--sector", "Energy", "--activity", "3",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    shown = broker("--dir", place, "kyoto", "targets", "GBR")
    assert "20.00 % to 30.00 % below the base" in shown.stdout
    assert "not met: others join" in shown.stdout
    page = tmp_path / "targets.html"
    data = broker("--dir", place, "kyoto", "targets", "--html", page, "--json")
    (told,) = data.json["targets"]
    assert told["target"]["gases"] == ["CO2", "CH4"]
    assert (told["at_least"], told["at_most"]) == (4367463206, 4991386521)
    assert "<svg" in page.read_text()


def test_a_network_of_this_rulebook_alone_is_verified_by_what_holds_there(tmp_path: Path) -> None:
    place = set_up(tmp_path / "broker")
    file = place / "broker.toml"
    file.write_text(file.read_text().replace('rulebooks = ["paris"]', 'rulebooks = ["kyoto"]'))
    assert broker("--dir", place, "kyoto", "project", "GBR22").exit_code == 0
    ran = broker("--dir", place, "verify")
    assert ran.exit_code == 0, ran.stdout


def test_what_is_malformed_is_refused(place: Path) -> None:
    for words in (
        ("period", "1", "2012-12-31", "2008-01-01", "2015-11-18"),
        ("project", "22"),
        ("eligible", "Britain"),
    ):
        ran = broker("--dir", place, "kyoto", *words, "--json")
        assert ran.exit_code == 1
        assert ran.json["error"]["reason"] in {"PAYLOAD_INVALID", "IDENTIFIER_INVALID"}


def test_a_network_without_the_rulebook_does_not_take_it(tmp_path: Path) -> None:
    place = set_up(tmp_path / "broker")
    ran = broker("--dir", place, "kyoto", "project", "GBR22", "--json")
    assert ran.exit_code == 2
    assert ran.json["error"]["reason"] == "PAYLOAD_TYPE_UNKNOWN"
