# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of deploy/docs/authorizing.md as they stand there, on a free port."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.kit.tours import free_port

_BLOCK = re.compile(r"<!-- executed: authorizing -->\n```bash\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_a_letter_from_draft_to_revocation(tmp_path: Path) -> None:
    block = _BLOCK.search((ROOT / "deploy/docs/authorizing.md").read_text())
    assert block is not None
    shutil.copy(ROOT / "deploy/config/authorization.example.yaml", tmp_path)
    script = block[1].replace("127.0.0.1:7443", f"127.0.0.1:{free_port()}")
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
    assert "refused, as it must be" in said
    assert "AUTH_CHANGE_NOT_PERMITTED" in said
    for standing in ("DRAFT", "IN_EFFECT", "REFUSED", "SUPERSEDED", "REVOKED"):
        assert standing in said, said
    for page in ("letter.html", "countersigned.html"):
        written = re.sub(r"<[^>]+>", "", (tmp_path / page).read_text())
        assert "A second fleet of buses" in written
        assert "the clearing-house, key " in written
