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
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.broker.cli.kit import books, broker, join_request, set_up, where
from tests.unit.broker.cli.test_operating import NDC

ROOT = Path(__file__).parents[4]


def started(place: Path, where: Path) -> subprocess.Popen[bytes]:
    """A broker in a process of its own that answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "broker", "--dir", str(place), "serve"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "proto")])},
        cwd=where,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 30
    while broker("--dir", place, "status").exit_code != 0:
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return process


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    place = set_up(
        tmp_path / "b", "--listen", "127.0.0.1:0", "--public", "localhost:7443",
        "--clock", "2023-08-01T00:00:00Z",
    )  # fmt: skip
    process = started(place, tmp_path)
    try:
        yield place
    finally:
        # As when a terminal closes; who runs the tests under `nohup` has that ignored.
        hung_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        process.send_signal(signal.SIGHUP if hung_up else signal.SIGTERM)
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
    assert broker("--dir", served, "registries", "--json").listed[0]["status"] == "NON_OPERATIONAL"
    unknown = broker("--dir", served, "suspend", "THA01", "--reason", "test", "--json")
    assert (unknown.exit_code, unknown.json["error"]["reason"]) == (1, "NOT_FOUND")
    ran = broker("--dir", served, "clock", "set", "2024-01-01T00:00:00Z", "--json")
    assert ran.json["running"] is True
    assert broker("--dir", served, "clock", "--json").json["time"].startswith("2024-01-01")
    back = broker("--dir", served, "clock", "set", "2023-01-01T00:00:00Z", "--json")
    assert (back.exit_code, back.json["error"]["reason"]) == (1, "CLOCK_NOT_SETTABLE")
    text = broker("--dir", served, "status").stdout
    assert "The broker is running" in text
    copied = broker("--dir", served, "backup", tmp_path / "copy")
    assert copied.exit_code == (2 if where(served).url else 0), copied.stderr
    assert broker("--dir", served, "verify").exit_code == 0


@pytest.mark.slow
@pytest.mark.on_sqlite("the lock of a file; a server has locks of its own")
def test_a_lock_of_another_program_is_sat_out(served: Path) -> None:
    """Before, the broker stopped itself: somebody had begun a transaction in the shell of SQLite."""
    assert broker("--dir", served, "party", "THA", *NDC).exit_code == 0
    with books(served) as shell:
        shell.execute("BEGIN IMMEDIATE")
        told = broker("--dir", served, "party", "CHE", *NDC, "--json")
        assert (told.exit_code, told.json["error"]["reason"]) == (3, "DATABASE_UNREACHABLE")
        assert "locked by another program" in told.json["error"]["message"]
        assert broker("--dir", served, "status").exit_code == 0
        shell.execute("ROLLBACK")
    assert broker("--dir", served, "party", "CHE", *NDC).exit_code == 0
    assert broker("--dir", served, "verify").exit_code == 0


@pytest.mark.slow
def test_an_accepted_clock_needs_one_that_jumped(served: Path) -> None:
    ran = broker("--dir", served, "clock", "accept", "2023-08-01T00:00:00Z", "--json")
    assert (ran.exit_code, ran.json["error"]["reason"]) == (1, "CLOCK_NOT_SETTABLE")
    status = broker("--dir", served, "status", "--json").json
    assert (status["clock"]["jumped"], status["dated_ahead"]) == (False, [])
    shared = ["presence"] if where(served).url else []  # among the brokers on one server
    assert [each["name"] for each in status["tasks"]] == ["timeline", "tick", *shared]


@pytest.mark.on_sqlite("on a server the mark is what its own clock says, which no test can turn")
def test_a_start_on_a_wrong_clock_waits_for_the_operators_word(tmp_path: Path) -> None:
    """When the clock was last right lies years ahead, in another boot."""
    place = set_up(tmp_path / "b", "--listen", "127.0.0.1:0")
    broker("--dir", place, "party", "THA", *NDC)  # makes the database
    with books(place) as connection:
        connection.execute("INSERT INTO clock_mark VALUES (1, 9999999999999, 0, 'another boot')")
    checked = broker("--dir", place, "check-config", "--json")
    assert checked.exit_code == 0
    last = checked.json["checked"][-1]
    assert ("NOT RIGHT" in last["found"], last["ok"], last["result"]) == (True, True, "REMARK")
    refused = broker("--dir", place, "party", "THA", *NDC, "--json")
    assert (refused.exit_code, refused.json["error"]["reason"]) == (3, "CLOCK_UNTRUSTED")
    accepted = broker("--dir", place, "clock", "accept", datetime.now(UTC).isoformat(), "--json")
    assert (accepted.exit_code, accepted.json["dated_ahead"]) == (0, [])
    assert "NOT RIGHT" not in broker("--dir", place, "check-config").stdout
    assert broker("--dir", place, "party", "THA", *NDC).exit_code == 0
    assert broker("--dir", place, "verify").exit_code == 0


LOAD, STOPS = 8, 30


@pytest.mark.slow
def test_stops_under_load_end_in_order(tmp_path: Path) -> None:
    """SIGTERM while statements are decided and the tick ticks: status 0, thirty times of thirty."""
    place = set_up(tmp_path / "b", "--listen", "127.0.0.1:0")
    for number in range(STOPS):
        process = started(place, tmp_path)
        with ThreadPoolExecutor(LOAD) as pool:
            for _ in range(LOAD):
                pool.submit(broker, "--dir", place, "party", "THA", *NDC)
            time.sleep(number % 10 / 100)  # another moment each time
            process.send_signal(signal.SIGTERM)
            output = process.communicate(timeout=60)[0].decode()
        assert process.returncode == 0, output
        assert "fail_stop" not in output
