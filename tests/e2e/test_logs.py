# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What both programs write in service is JSON, a line at a time, whatever happens to them."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.presiding import BrokerOperator
from deploy.demo.programs import BIN, Programs, free_address
from deploy.demo.speaking import NodeOperator

pytestmark = pytest.mark.slow

NODES = {"tha": "THA01", "che": "CHE01"}
NEVER = ("Traceback", "Task was destroyed", "never retrieved", "uncaught", "unraisable")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a short name: the paths of socket files are limited."""
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        yield Path(folder)


@pytest.fixture
async def programs(home: Path) -> AsyncIterator[Programs]:
    """A broker and two nodes that have joined; nothing serves yet but the broker."""
    made, address = Programs(home), free_address()
    await made.broker("init", "--network", "log-net", "--listen", address)
    made.serve("broker")
    try:
        await serves(made)
        for name, registry in NODES.items():
            words = ("--kind", "national", "--registry", registry, "--network", "log-net")
            await made.node(name, "init", "--node", name, *words)
            request, admission = home / name / "join-request.json", home / f"{name}.json"
            await made.broker("admit", request, "--out", admission, "--yes")
            await made.node(name, "join", admission)
        yield made
    finally:
        made.stop()


async def serves(programs: Programs) -> None:
    operator = BrokerOperator(programs.home / "broker" / "operator.sock")
    await programs.until("the broker to serve", operator.serves)
    await operator.close()


async def connected(programs: Programs, name: str) -> None:
    operator = NodeOperator(name, programs.home / name / "node.sock")
    await programs.until(f"{name} to connect", operator.connected)
    await operator.close()


def lines(file: Path) -> list[dict[str, Any]]:
    """Every line, read as JSON."""
    read = []
    for line in file.read_text(errors="replace").splitlines():
        try:
            read.append(json.loads(line))
        except ValueError:
            pytest.fail(f"{file.name}: no JSON: {line!r}")
    return read


async def test_every_line_of_both_programs_is_json_whatever_happens(programs: Programs) -> None:
    home = programs.home
    for name in NODES:
        programs.serve(name)
        await connected(programs, name)
    opened = ("open-account", "--type", "100")
    await asyncio.gather(*(programs.node(name, *opened) for name in NODES for _ in range(3)))
    port = int((home / "broker" / "broker.toml").read_text().split("127.0.0.1:")[1].split('"')[0])
    knock(port)
    programs.kill("che")  # a peer dies
    del programs.services["che"]
    await programs.node("tha", *opened)
    programs.kill("broker")  # under a stream
    del programs.services["broker"]
    operator = NodeOperator("tha", home / "tha" / "node.sock")
    await programs.until("tha to notice", lambda: away(operator))
    await operator.close()
    programs.serve("broker")
    await serves(programs)
    await connected(programs, "tha")
    programs.stop()
    for name in ("broker", *NODES):
        said = lines(home / "logs" / f"{name}.log")
        assert not [each for each in said if any(word in json.dumps(each) for word in NEVER)]
        assert {"event", "level", "ts"} <= set.intersection(*(set(each) for each in said))
    told = {each["event"] for each in lines(home / "logs" / "tha.log")}
    assert {"line_failed", "line_works", "serving", "stopped"} <= told
    assert programs.services["broker"].process.returncode == 0
    assert programs.services["tha"].process.returncode == 0


async def away(operator: NodeOperator) -> bool:
    return not await operator.connected()


def knock(port: int) -> None:
    """Strangers at the door: garbage, and TLS without a certificate."""
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        plain.settimeout(5)
        with suppress(OSError):
            plain.recv(1)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as raw:
        raw.settimeout(5)
        with context.wrap_socket(raw) as wrapped:
            wrapped.recv(1)


@pytest.mark.parametrize("program", ["broker", "tha"])
async def test_what_keeps_a_service_from_starting_is_a_line_too(
    programs: Programs, program: str
) -> None:
    programs.kill("broker")
    settings = programs.home / program / ("broker.toml" if program == "broker" else "node.toml")
    settings.write_text(settings.read_text() + "\n[nonsense]\n")
    status, written = await asyncio.to_thread(ran, programs.home / program)
    (line,) = map(json.loads, written.splitlines())
    assert (status, line["event"]) == (2, "not_served")
    assert line["reason"] == "CONFIGURATION_INVALID"
    assert "nonsense" in line["found"]


@pytest.mark.parametrize("workers", [0, 2])
async def test_a_port_that_another_program_has_is_told_in_one_line(
    programs: Programs, workers: int
) -> None:
    """Before, a line of gRPC's core stood before the one that is meant for people."""
    programs.kill("broker")
    settings = programs.home / "broker" / "broker.toml"
    text = settings.read_text().replace("workers = 0", f"workers = {workers}")
    settings.write_text(text)
    host, _, port = text.split('listen = "')[1].split('"')[0].rpartition(":")
    with socket.create_server((host, int(port))):
        status, written = await asyncio.to_thread(ran, programs.home / "broker")
    *before, line = map(json.loads, written.splitlines())
    assert (status, line["event"], line["reason"]) == (2, "not_served", "CONFIGURATION_INVALID")
    assert line["found"] == f"Cannot listen on {host}:{port}: it is in use by another program."
    assert {each["event"] for each in before} <= {"sqlite_old"}


def ran(directory: Path) -> tuple[int, str]:
    """Exit status of a service that cannot start, and all that it wrote."""
    program = "broker" if directory.name == "broker" else "registry-node"
    done = subprocess.run(
        [BIN / program, "--dir", directory, "serve"], capture_output=True, timeout=60, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("reader", ["dead", "stalled", "full"])
async def test_a_log_that_cannot_be_written_does_not_hold_the_programs_up(
    programs: Programs, reader: str
) -> None:
    """Before, a broker whose log pipe had no reader answered every call with a fault of its own."""
    programs.kill("broker")
    del programs.services["broker"]
    home = programs.home
    read, write = os.pipe()
    process = started(home, write, full=reader == "full")
    os.close(write)
    if reader == "dead":
        os.close(read)
    try:
        await serves(programs)
        for name in NODES:
            programs.serve(name)
            await connected(programs, name)
        await flood(home)
        await serves(programs)
        status = await programs.broker("status", accept=(0, 1))
        faults = [each["fault"] for each in status["tasks"] if each["name"] == "log"]
        assert ["its lines are lost" in each for each in faults] == [True]
        await programs.node("tha", "open-account", "--type", "100")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 30) == 0
    finally:
        process.kill()
        process.wait()


def started(home: Path, pipe: int, *, full: bool) -> subprocess.Popen[bytes]:
    """A broker that logs into a pipe, or into a file that takes no more."""
    size = 50_000_000  # the database stays below it
    file = home / "broker.log"
    target = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.truncate(file, size)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return subprocess.Popen(
        [BIN / "broker", "--dir", home / "broker", "serve"],
        stdin=subprocess.DEVNULL,
        stdout=target if full else pipe,
        stderr=target if full else pipe,
        preexec_fn=limited if full else None,  # noqa: PLW1509  # it only sets a limit
    )


async def flood(home: Path) -> None:
    """More lines of the broker's log than a pipe holds; a call is one, whether refused or served."""
    operator = BrokerOperator(home / "broker" / "operator.sock")
    for _ in range(600):
        await operator.serves()
    await operator.close()
