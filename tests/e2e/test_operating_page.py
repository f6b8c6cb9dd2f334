# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every command of deploy/docs/operating.md is executed, in the order of the page, on one network."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.demo.programs import free_address
from tests.architecture import documents
from tests.architecture.documents import Block
from tests.architecture.sources import ROOT

PAGE = ROOT / "deploy" / "docs" / "operating.md"
BLOCKS = [each for each in documents.blocks(PAGE) if each.language == "bash"]
BIN = Path(sys.executable).parent
INLINE = re.compile(r"`((?:broker|registry-node) [^`]+)`")
ASKED = "a1b2c3d4-0000-7000-8000-000000000000"
LOOKING = {
    "broker": (
        "status",
        "status --json",
        "verify",
        "head",
        "refusals",
        "key list",
        "holdings",
        "check-config",
        "timeline",
        "timeline --anew",
    ),
    "registry-node": ("alarms", "head", "transactions --json", "verify"),
}
"""What is named in the text, changes nothing, and is executed at the end."""
REFUSED = {
    "broker": (f"transaction {ASKED}",),
    "registry-node": (f"transaction {ASKED}", f"withdraw {ASKED}"),
}
"""What is named in the text and needs something that the network of this test has not."""


@dataclass
class Sandbox:
    """A machine of its own, as far as the page can see."""

    home: Path
    address: str

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    def placed(self, text: str) -> str:
        """A block with its paths, names and ports in the sandbox."""
        places = {
            "/var/lib/itmo-broker": str(self.home / "broker"),
            "/var/lib/itmo-node": str(self.home / "node"),
            "/srv/": f"{self.home}/srv/",
            "/tmp/": f"{self.home}/tmp/",
            "/etc/systemd/system/": f"{self.home}/etc/",
            "broker.example.org:7443": f"localhost:{self.port}",
            ":7443": f":{self.port}",
            "--network NETWORK": "--network page-net",
            "2026-11-27T07:30:00Z": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        # In one go: what was put in is not looked at again.
        text = re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)
        if "KEYID" in text:
            text = text.replace("KEYID", self.keyid())
        return "\n".join(map(self._typed, text.splitlines()))

    def _typed(self, line: str) -> str:
        """A line as a person types it, who says yes; what serves goes on beside it."""
        if not line.startswith(("broker ", "registry-node ")):
            return line
        words = shlex.split(line)
        if "serve" not in words:
            return f"{line} < {self.home}/yes"
        name = "broker" if words[0] == "broker" else "registry-node@che-registry"
        return f"serve {name} {line}"

    def keyid(self) -> str:
        listed = json.loads(self.run("broker key list --node che-registry --dir B --json").stdout)
        keys = listed if isinstance(listed, list) else next(iter(listed.values()))
        return str(keys[-1]["keyid"])

    def run(self, script: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        script = script.replace("--dir B", f"--dir {self.home / 'broker'}")
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=cwd or self.home,
            env={**os.environ, "PATH": f"{self.home / 'stubs'}:{BIN}:{os.environ['PATH']}",
                 "PAGE_SANDBOX": str(self.home)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def pids(self) -> list[int]:
        file = self.home / "pids.json"
        return list(json.loads(file.read_text()).values()) if file.exists() else []


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        made = Sandbox(Path(folder), free_address())
        for name in ("stubs", "etc", "tmp", "srv/backup", "node"):
            (made.home / name).mkdir(parents=True)
        (made.home / "yes").write_text("y\n" * 9)
        (made.home / "deploy").symlink_to(ROOT / "deploy")
        for name in ("systemctl", "docker", "useradd", "serve"):
            stub = made.home / "stubs" / name
            here = Path(__file__).parent / "stub_commands.py"
            stub.write_text(f'#!/bin/sh\nexec {sys.executable} {here} {name} "$@"\n')
            stub.chmod(0o755)
        try:
            yield made
        finally:
            for pid in made.pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def a_jumped_clock(sandbox: Sandbox) -> None:
    """When the clock was last right lies years ahead, in another boot."""
    assert sandbox.run("systemctl stop broker").returncode == 0
    database = sandbox.home / "broker" / "broker.sqlite"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT OR REPLACE INTO clock_mark VALUES (1, 9999999999999, 0, 'another boot')"
        )
    assert sandbox.run("serve broker broker serve --dir B").returncode == 0


BEFORE: dict[str, Callable[[Sandbox], None]] = {"clock accept": a_jumped_clock}
"""What has to be so before a block that holds this text."""
ELSEWHERE = {"sqlite3 broker.sqlite": "broker"}
"""Blocks that are typed in a folder."""


def played(sandbox: Sandbox, block: Block) -> None:
    for text, prepare in BEFORE.items():
        if text in block.text:
            prepare(sandbox)
    folder = next((where for text, where in ELSEWHERE.items() if text in block.text), "")
    ran = sandbox.run(sandbox.placed(block.text), sandbox.home / folder)
    logs = "\n".join(each.read_text()[-1500:] for each in sandbox.home.glob("*.log"))
    assert ran.returncode == 0, f"{block.where}\n{block.text}\n{ran.stdout}\n{ran.stderr}\n{logs}"


@pytest.mark.slow
def test_the_page_is_executed_from_the_first_command_to_the_last(sandbox: Sandbox) -> None:
    for block in BLOCKS:
        played(sandbox, block)
    node = f"--dir {sandbox.home / 'node' / 'che-registry'}"
    for program, commands in LOOKING.items():
        for command in commands:
            ran = sandbox.run(f"{program} {command} {node if program != 'broker' else '--dir B'}")
            assert ran.returncode == 0, f"{program} {command}: {ran.stdout} {ran.stderr}"
    for program, commands in REFUSED.items():
        for command in commands:
            ran = sandbox.run(f"{program} {command} {node if program != 'broker' else '--dir B'}")
            assert ran.returncode == 1, f"{program} {command}: {ran.stdout} {ran.stderr}"
            assert "TRANSACTION_UNKNOWN" in ran.stderr or "NOT_FOUND" in ran.stderr


def words_of(command: str) -> tuple[str, ...]:
    """Program and command, without options and what they take."""
    words = shlex.split(command)
    found = [words[0]]
    skip = False
    for word in words[1:]:
        if skip or word.startswith("-"):
            skip = word == "--dir"
            continue
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        found.append(word)
    return tuple(found[:2])


def test_every_command_that_the_page_names_is_among_those_executed() -> None:
    executed = {
        words_of(line)
        for block in BLOCKS
        for line in block.text.splitlines()
        if line.startswith(("broker ", "registry-node "))
    }
    executed |= {
        words_of(f"{program} {command}")
        for listed in (LOOKING, REFUSED)
        for program, commands in listed.items()
        for command in commands
    }
    named = {words_of(each) for each in INLINE.findall(PAGE.read_text(encoding="utf-8"))}
    of_other_pages = {("broker", "summary"), ("broker", "aef"), ("broker", "party")}
    of_the_month = {("registry-node", "acknowledge")}  # test_month.py
    assert named - executed - of_other_pages - of_the_month == set()
