# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A log that is full, stalled or gone holds nobody up, and what was lost is said."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from itmo.runtime.log_stream import LogStream

LINE = json.dumps({"event": "x" * 200}) + "\n"


def lost(count: int, why: str) -> str:
    return json.dumps({"event": "lost", "count": count, "why": why}) + "\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 8192)
    yield read, write
    for each in (read, write):
        try:
            os.close(each)
        except OSError:
            continue  # a test has closed it


def test_a_stalled_reader_loses_lines_and_is_told_how_many(pipe: tuple[int, int]) -> None:
    read, write = pipe
    stream = LogStream(write, lost)
    for _ in range(1000):
        stream.write(LINE)
    assert "unavailable" in stream.fault
    assert 0 < stream.lost < 1000
    got = os.read(read, 100_000)
    stream.write(LINE)
    assert stream.fault == ""
    written = (got + os.read(read, 100_000)).decode().splitlines()
    told = [json.loads(each) for each in written if each.startswith("{") and each.endswith("}")]
    assert len(written) - len(told) <= 1  # the one that broke off where the pipe was full
    (notice,) = [each for each in told if each["event"] == "lost"]
    assert notice["count"] + sum(each["event"] != "lost" for each in told) == 1001
    assert written[-1] + "\n" == LINE


def test_a_reader_that_is_gone_is_no_error(pipe: tuple[int, int]) -> None:
    read, write = pipe
    os.close(read)
    stream = LogStream(write, lost)
    assert stream.write(LINE) == len(LINE)
    assert "pipe" in stream.fault.lower()


def test_a_long_line_arrives_whole(pipe: tuple[int, int]) -> None:
    read, write = pipe
    stream = LogStream(write, lost)
    text = "y" * 7000 + "\n"
    stream.write(text)
    assert os.read(read, 10_000).decode() == text


SCRIPT = """
import logging, os, sys, threading, warnings
import structlog
from itmo.runtime import observe

observe.set_up_service(node="n")
os.write(2, b"E0000 native: handshake failed\\n")
warnings.warn("old")
logging.getLogger("grpc").error("of a library")
logging.getLogger("alembic").info("nobody's business")
print("printed", file=sys.stderr)
thread = threading.Thread(target=lambda: 1 / 0, name="worker")
thread.start()
thread.join()
class Dying:
    def __del__(self):
        raise KeyError("dying")
Dying()
structlog.get_logger().info("ours")
raise ValueError("at the end")
"""


def test_whatever_a_service_writes_is_a_line_of_json() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    said = [json.loads(each) for each in ran.stderr.splitlines()]
    native = [each["line"] for each in said if each["event"] == "stderr"]
    assert native == ["E0000 native: handshake failed", "printed"]
    events = [each["event"] for each in said if each["event"] != "stderr"]
    assert "of a library" in events
    assert "ours" in events
    assert any("old" in each for each in events)
    assert events.count("uncaught") == 2
    assert events.count("unraisable") == 1
    assert "nobody's business" not in events
    assert {each["node"] for each in said} == {"n"}


def test_a_full_file_loses_lines_only(tmp_path: Path) -> None:
    file = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    child = os.fork()
    if not child:  # a limit on file sizes stands for a full disk, in a process of its own
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
        stream = LogStream(file, lost)
        for _ in range(10):
            stream.write(LINE)
        os._exit(0 if stream.fault else 1)
    assert os.waitpid(child, 0)[1] == 0
    os.close(file)
    assert (tmp_path / "log").read_text().startswith(LINE)
