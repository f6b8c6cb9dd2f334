# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Stands for systemctl, docker and useradd where a page is executed: as far as they go without an engine.

`systemctl` starts what ExecStart of the installed unit says, after its ExecStartPre, and stops it with
SIGTERM; `docker compose` reads the file and runs the image's program on the volume's directory.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

SANDBOX = Path(os.environ["PAGE_SANDBOX"])
BIN = Path(sys.executable).parent
PIDS = SANDBOX / "pids.json"
SECONDS = 60.0
"""Twice what deploy/docs/operating.md says of a node that finds the broker again."""


def placed(text: str) -> str:
    """A command of a unit or container with its paths in the sandbox."""
    for real, here in (
        ("/opt/itmo/bin", str(BIN)),
        ("/var/lib/itmo-broker", str(SANDBOX / "broker")),
        ("/var/lib/itmo-node", str(SANDBOX / "node")),
    ):
        text = text.replace(real, here)
    return text


def pids() -> dict[str, int]:
    found: dict[str, int] = json.loads(PIDS.read_text()) if PIDS.exists() else {}
    return found


def unit(name: str) -> tuple[list[str], list[str]]:
    """ExecStartPre and ExecStart of an installed unit."""
    base, at, instance = name.partition("@")
    text = (SANDBOX / "etc" / f"{base}{at}.service").read_text()
    lines = dict(line.split("=", 1) for line in text.splitlines() if line.startswith("Exec"))
    before, start = (
        shlex.split(placed(lines[key].replace("%i", instance)))
        for key in ("ExecStartPre", "ExecStart")
    )
    return before, start


def start(name: str) -> None:
    if name in pids():
        stop(name)
    before, command = unit(name)
    subprocess.run(before, check=True, stdout=subprocess.DEVNULL)
    serve(name, command)


def serve(name: str, command: list[str]) -> None:
    """Starts a service and waits until it answers."""
    log = (SANDBOX / f"{name}.log").open("ab")
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    PIDS.write_text(json.dumps({**pids(), name: process.pid}))
    until_answered(name, command)
    for other, pid in pids().items():
        if other.startswith("registry-node"):
            # It finds the broker again by itself, within the time that the page says.
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
            until_answered(other, words)


def until_answered(name: str, command: list[str]) -> None:
    """Waits until a service that was started with this command answers and has its line."""
    status = [*(word for word in command if word != "serve"), "status"]
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        if zombie(pids()[name]):
            sys.exit(f"{name} ended; see {SANDBOX / name}.log")
        answer = subprocess.run(status, capture_output=True, check=False)
        if answer.returncode in (0, 1) and b"not connected" not in answer.stdout:
            return
        time.sleep(0.2)
    sys.exit(f"{name} does not answer; see {SANDBOX / name}.log")


def stop(name: str) -> None:
    known = pids()
    pid = known.pop(name)
    os.kill(pid, signal.SIGTERM)
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends and Path(f"/proc/{pid}").exists() and not zombie(pid):
        time.sleep(0.05)
    PIDS.write_text(json.dumps(known))


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def systemctl(words: list[str]) -> None:
    options = {"--now"}
    verb, *names = [word for word in words if word not in options]
    for name in names:
        {"start": start, "stop": stop, "enable": start, "restart": start}[verb](
            name.removesuffix(".service")
        )


def docker(words: list[str]) -> None:
    assert words[:2] == ["compose", "--file"], words
    file: dict[str, Any] = yaml.safe_load(Path(words[2]).read_text())
    verb, *rest = words[3:]
    named = [word for word in rest if word in file["services"]]
    if verb == "build":
        for service in file["services"].values():
            build = service["build"]
            assert (
                Path(words[2]).resolve().parent / build["context"] / build["dockerfile"]
            ).exists()
        return
    volume = SANDBOX / "volumes" / named[0]
    volume.mkdir(parents=True, exist_ok=True)
    program = "broker" if named[0] == "broker" else "registry-node"
    given = {name: str(value) for name, value in file["services"][named[0]]["environment"].items()}
    arguments = rest[rest.index(named[0]) + 1 :] if verb == "run" else ["check-config"]
    if "--dir" not in arguments:
        arguments += ["--dir", "/var/lib/itmo"]
    command = [word.replace("/var/lib/itmo", str(volume)) for word in arguments]
    subprocess.run([BIN / program, *command], check=True, env={**os.environ, **given})


def useradd(words: list[str]) -> None:
    assert "--system" in words
    assert words[-1].startswith("itmo-")


def served(words: list[str]) -> None:
    serve(words[0], words[1:])


STUBS: dict[str, Callable[[list[str]], None]] = {
    "systemctl": systemctl,
    "docker": docker,
    "useradd": useradd,
    "serve": served,
}

if __name__ == "__main__":
    STUBS[sys.argv[1]](sys.argv[2:])
