# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of deploy/docs/office.md as they stand there, on a free port."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.architecture.documents import executed_blocks
from tests.architecture.sources import ROOT
from tests.kit.tours import free_port


@pytest.mark.slow
def test_two_offices_trade_and_report(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy/config/authorization.example.yaml", tmp_path)
    block = executed_blocks()["office"].text
    script = block.replace("127.0.0.1:7443", f"127.0.0.1:{free_port()}")
    environment = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            said, _ = run.communicate(timeout=170)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            said, _ = run.communicate()
            pytest.fail(f"the page did not end:\n{said}")
    assert run.returncode in (0, 143), said  # 143: the last wait sees its children terminated
    assert "Traceback" not in said, said
    for part in (
        "refused, as it must be", "ID_KNOWN_AND_HELD", "What to do",
        "not before the letter of intent", "not Switzerland's to see", "AUTH_PURPOSE_MATCH",
        "decisions of network offices",
    ):  # fmt: skip
        assert part in said, f"{part} is missing in\n{said}"
    assert "INCONSISTENT" not in said, said
    for page in ("summary.html", "checked.html"):
        assert "CHE" in (tmp_path / page).read_text()
    assert sorted(path.suffix for path in (tmp_path / "filed").iterdir()) == [".xlsx"]
