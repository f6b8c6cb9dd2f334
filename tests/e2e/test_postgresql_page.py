# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The page about PostgreSQL is done from the first command to the last, on a server of the tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.kit import postgres

PAGE = Path(__file__).parents[2] / "deploy" / "docs" / "postgresql.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SETTING = re.compile(r'^url = "(.*)"$', re.MULTILINE)

pytestmark = pytest.mark.slow


def commands() -> list[str]:
    return [
        line
        for language, block in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        if language in {"", "bash"}
        for line in block.splitlines()
    ]


def test_every_command_of_the_page_does_what_it_says() -> None:
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder, postgres.server("fsync=on") as here:
        environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), str(here.bin), os.environ["PATH"])),
            "ITMO_BROKER_DIR": f"{folder}/broker",
            "PGHOST": str(here.folder),
            "PGUSER": here.user,
            "DATABASE": here.url("clearing").replace(f"//{here.user}@", "//broker@"),
        }  # fmt: skip
        serving = None
        try:
            for line in commands():
                command = line.replace(" --pwprompt", " --login")
                if command == "broker serve":
                    serving = subprocess.Popen(command.split(), cwd=folder, env=environment)
                    wait_for(environment, serving)
                    continue
                ran = subprocess.run(
                    ["bash", "-c", command], cwd=folder, env=environment, text=True,
                    capture_output=True, check=False, timeout=120,
                )  # fmt: skip
                assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
            refused = subprocess.run(
                ["broker", "backup", f"{folder}/copy"], env=environment, text=True,
                capture_output=True, check=False,
            )  # fmt: skip
            assert refused.returncode != 0
            assert "pg_dump" in refused.stderr
        finally:
            if serving is not None:
                serving.terminate()
                assert serving.wait(30) == 0
        assert here.run("SELECT count(*) FROM network", "restored") == [(1,)]


def wait_for(environment: dict[str, str], serving: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        asked = subprocess.run(
            ["broker", "status"], env=environment, capture_output=True, check=False
        )
        if asked.returncode == 0:
            return
        assert serving.poll() is None
        time.sleep(0.1)
    raise AssertionError("the broker does not answer")


def test_the_setting_that_the_page_shows_is_one() -> None:
    from broker.settings import DatabaseSettings

    (url,) = _SETTING.findall(PAGE.read_text(encoding="utf-8"))
    assert DatabaseSettings(url=url).books.url == url
