# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of a planted bug is told by what its tests did, and by which of them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.mutation import running
from tests.mutation.bug import Bug
from tests.mutation.running import Outcome, plant_and_test

_TESTS = """
import os, subprocess, sys
from place import NUMBER

def test_small():
    assert NUMBER < 10

def test_ends():
    if NUMBER == 5:
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open("left", "w").write(str(left.pid))
        left.wait()

def test_unasked():
    if NUMBER == 7:
        os._exit(1)
"""


@pytest.mark.parametrize(
    ("new", "outcome", "test"),
    [
        pytest.param("NUMBER = 2", Outcome.SURVIVED, "", marks=pytest.mark.slow),
        ("NUMBER = 12", Outcome.KILLED, "test_it.py::test_small"),
        pytest.param(
            "NUMBER = 5", Outcome.ENDLESS, "test_it.py::test_ends", marks=pytest.mark.slow
        ),
        ("NUMBER = 7", Outcome.UNFIT, ""),  # it ends as after a failure, and no test has failed
        pytest.param("NUMBER =", Outcome.UNFIT, "", marks=pytest.mark.slow),
    ],
)
def test_what_became_of_a_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: str, outcome: Outcome, test: str
) -> None:
    (tmp_path / "place.py").write_text("NUMBER = 1\n")
    (tmp_path / "test_it.py").write_text(_TESTS)
    monkeypatch.setattr(running, "MOST_SECONDS", 4.0 if outcome is Outcome.ENDLESS else 60.0)
    bug = Bug("a-bug", "It breaks.", "place.py", "NUMBER = 1", new, ("test_it.py",))
    result = plant_and_test(tmp_path, bug)
    assert (result.outcome, result.test) == (outcome, test), result.seen
    if outcome is Outcome.ENDLESS:
        left = int((tmp_path / "left").read_text())  # what it had started is gone with it
        until = time.monotonic() + 10
        while not _ended(left):  # it is told to, and the system takes it away when it comes to it
            assert time.monotonic() < until


def _ended(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in {"Z", "X"}
