# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the README's tour (readme_tour) as a newcomer would, on a free port."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_BLOCKS = re.compile(r"<!-- executed: readme_tour -->\n```bash\n(.*?)```", re.DOTALL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _script() -> str:
    blocks = _BLOCKS.findall((ROOT / "README.md").read_text())
    assert len(blocks) > 1
    return "".join(blocks)


def test_the_tour_is_written_for_other_shells_too() -> None:
    """Whatever is pasted into an interactive zsh: no comments, no words of bash alone."""
    script = _script()
    assert [line for line in script.splitlines() if line.lstrip().startswith("#")] == []
    assert re.findall(r"\$\{\w+(?:\^|,)|\[\[|<<<|sha256sum|&>|\bfunction\b", script) == []


def test_git_knows_nothing_of_the_tour_and_the_demonstration() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/tour/", "/demo-network/"} <= set(ignored)


@pytest.mark.slow
@pytest.mark.parametrize("shell", [["bash", "-euo", "pipefail"], ["zsh", "-f", "-euo", "pipefail"]])
def test_the_tour_of_the_readme_runs(tmp_path: Path, shell: list[str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    script = _script().replace("127.0.0.1:7443", f"127.0.0.1:{_free_port()}")
    script = script.replace('export PATH="$PWD/.venv/bin:$PATH"', "")
    environment = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [*shell, "-c", script],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            said, _ = run.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            said, _ = run.communicate()
            pytest.fail(f"the tour did not end:\n{said}")
    assert run.returncode in (0, 143), said  # 143: the last wait sees its children terminated
    assert "refused, as it must be" in said
    assert "+1 916" in said, said
    assert "-1 916" in said
    assert "Everything holds." in said
