# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The demonstration, as a visitor runs it: processes, mutual TLS, a killed node, real figures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.programs import DATABASE
from tests.kit.postgres import own_url

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "deploy" / "demo.sh"

pytestmark = pytest.mark.slow


def places(folder: Path) -> dict[str, str]:
    """An environment in which temporary files are made in a folder of their own, and the books where they belong."""
    return {**os.environ, "TMPDIR": str(folder), DATABASE: own_url()}


def programs_in(folder: Path) -> list[str]:
    """Command lines of processes that name a folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: the paths of socket files are limited."""
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        yield Path(folder)


def demonstrated(*options: str) -> dict[str, Any]:
    """What the demonstration printed; it left nothing behind."""
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        ran = subprocess.run(
            ["bash", DEMO, "--json", *options],
            capture_output=True,
            text=True,
            timeout=600,
            env=places(Path(folder)),
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert programs_in(Path(folder)) == []
        assert list(Path(folder).glob("itmo-demo-*")) == []
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.fixture(scope="module")
def played() -> dict[str, Any]:
    return demonstrated()


def test_all_comes_out_as_expected(played: dict[str, Any]) -> None:
    assert played["ok"] is True
    assert "wrong" not in played
    assert played["seconds"] < 60


def test_the_first_itmos_for_an_ndc(played: dict[str, Any]) -> None:
    transfers = [each for each in played["transactions"] if each["type"] == "TRANSFER"]
    completed = [each for each in transfers if each["state"] == "COMPLETED"]
    assert [(e["from"], e["to"], e["quantity"], e["findings"]) for e in completed] == [
        ("THA01", "CHE01", 1_916, []),
        ("GHA01", "CHE01", 11_733, []),
    ]
    assert [(e["quantity"], e["state"]) for e in transfers if e["state"] == "VALIDATED"] == [
        (29_222, "VALIDATED")
    ]


def test_adjustments_are_those_of_the_parties(played: dict[str, Any]) -> None:
    assert played["adjustments"] == {
        "THA": {"2022": 1_916},
        "GUY": {"2021": 7_144_362},
        "GHA": {"2023": 11_733},
        "CHE": {"2024": -1_916},
    }
    assert played["balances"]["THA"] == {
        "2022": 280_001_916,
        "2023": 282_000_000,
        "2024": 281_000_000,
    }
    assert played["balances"]["CHE"] == {"2024": 39_998_084}
    assert played["balances"]["GUY"] == {"2021": -112_855_638}


def test_what_goes_wrong_is_refused(played: dict[str, Any]) -> None:
    refused = [
        set(each["findings"]) for each in played["transactions"] if each["state"] == "INVALIDATED"
    ]
    slip, used_twice, sold_twice = refused
    assert "ID_QTY_EQUALS_RANGE" in slip
    assert {"USE_ONCE", "ID_KNOWN_AND_HELD"} <= used_twice
    assert sold_twice == {"ID_LOCKED"}


def test_every_receipt_is_valid(played: dict[str, Any]) -> None:
    assert played["receipts"]["checked"] == played["receipts"]["valid"] > 50


def test_reports_of_all_parties_are_consistent(played: dict[str, Any]) -> None:
    reports = played["reports"]
    assert {(each["party"], each["year"]) for each in reports["files"]} == {
        (party, year) for party in ("CHE", "GHA", "GUY", "THA") for year in (2023, 2024, 2025)
    }
    assert reports["states"] == {"consistent": 12, "inconsistent": 0, "undetermined": 0}


def test_every_flaw_of_the_real_pair_is_found(played: dict[str, Any]) -> None:
    assert played["reports"]["flaws"].keys() == {
        "unit ids that do not match",
        "1 917 serial numbers for 1 916 units",
        "dates 19 days apart",
        "two years in one report",
        "an action outside the reported year",
        "two-letter Party codes",
        "a Party that is written out",
        "a registry number of three digits",
        "the format of the time frame",
    }


def test_kyoto_units_come_out_as_expected() -> None:
    told = demonstrated("--kyoto")
    assert told["ok"] is True
    assert told["receipts"]["checked"] == told["receipts"]["valid"] > 40
    assert told["holdings"] == {
        "che-holding": 50,
        "gbr-holding": 5_440,
        "gbr-voluntary": 10,
        "gbr-retirement": 5_000,
        "cdm-fund": 20,
        "cdm-pending": 480,
    }
    refused = {e["name"]: set(e["findings"]) for e in told["transactions"] if e["findings"]}
    assert refused["one too many"] == {"KP_ISSUE_CAP"}
    assert refused["not paid for"] == {"KP_CDM_FEE"}
    assert refused["raced"] == {"KP_CONV_UNITS"}
    assert "KP_UNITS_ENDED" in refused["cancelled units"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(number: signal.Signals, short: Path) -> None:
    process = subprocess.Popen(
        ["bash", DEMO], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=places(short),
        # As from a terminal: what a shell runs in the background ignores it, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "broker admit" in line:
            break
    assert programs_in(short) != []
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert programs_in(short) == []
    assert list(short.iterdir()) == []
