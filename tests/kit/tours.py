# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tours of the documentation, run as a newcomer would: the blocks of one name, in one shell, on a free port."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

SHELLS = (["bash", "-euo", "pipefail"], ["zsh", "-f", "-euo", "pipefail"])
OF_BASH_ALONE = re.compile(r"\$\{\w+(?:\^|,)|\[\[|<<<|sha256sum|&>|\bfunction\b")
"""What zsh, or a system that is not Linux, does not know."""

LONGEST = 600
"""Seconds that a tour may take on a machine that does much else."""


def script(page: Path, name: str) -> str:
    """The blocks of a page that are executed under a name, one after the other."""
    mark = rf"<!-- executed: {name} -->\n```bash\n(.*?)```"
    blocks = re.findall(mark, page.read_text(), re.DOTALL)
    assert len(blocks) > 1
    return "".join(blocks)


def taken(page: Path, name: str, folder: Path, shell: list[str]) -> str:
    """Takes a tour in a folder, and returns what was said."""
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    typed = script(page, name).replace("127.0.0.1:7443", f"127.0.0.1:{free_port()}")
    typed = typed.replace('export PATH="$PWD/.venv/bin:$PATH"', "")
    environment = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [*shell, "-c", typed],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            said, _ = run.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            said, _ = run.communicate()
            pytest.fail(f"the tour did not end:\n{said}")
    assert run.returncode in (0, 143), said  # 143: the last wait sees its children terminated
    return said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
