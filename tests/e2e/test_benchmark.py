# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The published benchmark runs: every case of a full run comes to its end, and each has completed transfers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from broker.bench.plan import CASES, ON_PAIR, WITH_WORKERS

LONGEST = 900
"""Seconds: it takes 150 on two cores that do something else besides."""
BROKER = Path(sys.executable).with_name("broker")


@pytest.mark.slow
def test_every_case_of_a_full_run_clears_transfers(tmp_path: Path) -> None:
    ran = subprocess.run(
        [BROKER, "bench", "--full", "--seconds", "1", "--dir", tmp_path, "--json"],
        capture_output=True,
        check=False,
        text=True,
        timeout=LONGEST,
    )
    assert ran.returncode == 0, ran.stderr
    completed = {
        each["name"]: each["completed_per_s"]["lowest"] for each in json.loads(ran.stdout)["cases"]
    }
    wanted = {each.name for each in (*CASES, *WITH_WORKERS)}
    assert wanted <= set(completed) <= wanted | {each.name for each in ON_PAIR}
    assert all(completed.values())
