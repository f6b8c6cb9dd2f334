# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker notices` and `broker maintenance`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from itmo.clock import SystemClock, to_text
from tests.kit.clearing import trading_world
from tests.kit.notices import notify_a_little
from tests.unit.broker.cli.kit import Ran, broker, join_request, lay, set_up


@pytest.fixture
async def told(tmp_path: Path) -> Path:
    """A programme told of ten units, the host notified of others, Switzerland is away for an hour."""
    made = set_up(tmp_path / "broker")
    world = await trading_world()
    await notify_a_little(world)
    lay(world, made)
    return made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A broker that does not run, with the Swiss node."""
    made = set_up(tmp_path / "broker")
    file = join_request(tmp_path)
    assert (
        broker("--dir", made, "admit", file, "--out", tmp_path / "che.json", "--yes").exit_code == 0
    )
    return made


def window(place: Path, *words: str, start: float = 1, end: float = 3) -> Ran:
    """Announces a window from so many hours after now until others."""
    now = SystemClock().now()
    return broker(
        "--dir", place, "--json", "maintenance", "--reason", "new release", *words,
        "--start", to_text(now + timedelta(hours=start)),
        "--end", to_text(now + timedelta(hours=end)),
    )  # fmt: skip


async def test_notices_say_who_was_told_and_what_waits(told: Path) -> None:
    listed = broker("--dir", told, "--json", "notices").listed
    event, notice, maintenance = listed
    assert (event["sender"], event["waiting"]) == ("gs", 10)
    assert [(each["node"], each["state"]) for each in event["recipients"]] == [
        ("tha", "ACKNOWLEDGED")
    ]
    assert [(each["first"], each["last"], each["outcome"]) for each in event["units"]] == [
        (900_011, 900_020, "OPEN")
    ]
    assert (notice["sender"], notice["recipients"]) == ("tha", []), "it holds the units itself"
    assert {each["state"] for each in maintenance["recipients"]} == {"CREATED"}
    assert {"che", "tha", "gs"} <= {each["node"] for each in maintenance["recipients"]}


async def test_open_ones_wait_for_units_or_for_readers(told: Path) -> None:
    every = [each["notice_id"] for each in broker("--dir", told, "--json", "notices").listed]
    still = [
        each["notice_id"] for each in broker("--dir", told, "--json", "notices", "--open").listed
    ]
    assert still == [every[0], every[2]]
    ran = broker("--dir", told, "notices", "--open")
    assert ran.exit_code == 0, ran.stderr
    assert "tha:ACKNOWLEDGED" in ran.stdout
    assert "THA01:900011-900020 OPEN" in ran.stdout
    assert every[1] not in ran.stdout


def test_a_window_is_announced_to_every_node(place: Path) -> None:
    ran = window(place, "--registry", "CHE01")
    assert ran.exit_code == 0, ran.stderr
    assert ran.json["registry"] == "CHE01"
    assert ran.json["start"] < ran.json["end"]
    (listed,) = broker("--dir", place, "--json", "notices", "--open").listed
    assert [(each["node"], each["state"]) for each in listed["recipients"]] == [("che", "CREATED")]


def test_a_window_of_the_whole_clearing_house_is_said_to_be_one(place: Path) -> None:
    ran = broker(
        "--dir", place, "maintenance", "--reason", "new release",
        "--start", to_text(SystemClock().now() + timedelta(hours=1)),
        "--end", to_text(SystemClock().now() + timedelta(hours=2)),
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stderr
    assert "The whole clearing-house takes no new proposals" in ran.stdout


@pytest.mark.parametrize(
    ("words", "start", "end", "reason"),
    [
        (("--registry", "DEU01"), 1, 3, "NOT_FOUND"),
        ((), 3, 1, "PAYLOAD_INVALID"),
        ((), -3, -1, "PAYLOAD_INVALID"),
        ((), 1, 1 + 14 * 24 + 1, "PAYLOAD_INVALID"),
    ],
)
def test_windows_that_make_no_sense(
    place: Path, words: tuple[str, ...], start: float, end: float, reason: str
) -> None:
    ran = window(place, *words, start=start, end=end)
    assert ran.exit_code != 0
    assert ran.json["error"]["reason"] == reason
    assert broker("--dir", place, "--json", "notices").listed == []


@pytest.mark.parametrize(
    "words",
    [
        ("maintenance", "--start", "2024-01-01T00:00:00Z", "--end", "2024-01-02T00:00:00Z"),
        ("maintenance", "--start", "soon", "--end", "2024-01-02T00:00:00Z", "--reason", "x"),
    ],
)
def test_wrong_words_have_exit_code_two(place: Path, words: tuple[str, ...]) -> None:
    assert broker("--dir", place, *words).exit_code == 2
