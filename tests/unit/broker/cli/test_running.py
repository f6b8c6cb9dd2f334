# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The operator's commands while the broker serves in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.broker.cli.kit import broker, join_request, set_up

ROOT = Path(__file__).parents[4]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    place = set_up(
        tmp_path / "b", "--listen", "127.0.0.1:0", "--public", "localhost:7443",
        "--clock", "2023-08-01T00:00:00Z",
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "broker", "--dir", str(place), "serve"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "proto")])},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 30
        while broker("--dir", place, "status").exit_code != 0:
            assert process.poll() is None, process.communicate()[0].decode()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield place
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_operator_works_while_the_broker_serves(served: Path, tmp_path: Path) -> None:
    status = broker("--dir", served, "status", "--json").json
    assert (status["running"], status["log_size"]) == (True, 0)
    assert status["time"].startswith("2023-08-01")
    request, target = join_request(tmp_path), tmp_path / "che.json"
    ran = broker("--dir", served, "admit", request, "--yes", "--out", target, "--json")
    assert ran.exit_code == 0, ran.stderr
    assert target.exists()
    ran = broker("--dir", served, "suspend", "CHE01", "--reason", "test", "--json")
    assert (ran.exit_code, ran.json["log_index"]) == (0, 1)
    assert broker("--dir", served, "registries", "--json").json[0]["status"] == "NON_OPERATIONAL"
    unknown = broker("--dir", served, "suspend", "THA01", "--reason", "test", "--json")
    assert (unknown.exit_code, unknown.json["error"]["reason"]) == (1, "NOT_FOUND")
    ran = broker("--dir", served, "clock", "set", "2024-01-01T00:00:00Z", "--json")
    assert ran.json["running"] is True
    assert broker("--dir", served, "clock", "--json").json["time"].startswith("2024-01-01")
    back = broker("--dir", served, "clock", "set", "2023-01-01T00:00:00Z", "--json")
    assert (back.exit_code, back.json["error"]["reason"]) == (1, "CLOCK_NOT_SETTABLE")
    text = broker("--dir", served, "status").stdout
    assert "The broker is running" in text
    assert broker("--dir", served, "backup", tmp_path / "copy").exit_code == 0
    assert broker("--dir", served, "verify").exit_code == 0
