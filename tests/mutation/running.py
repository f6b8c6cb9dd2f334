# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plants bugs in copies of the tree and runs the tests that have to find them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tests.mutation.bug import Bug

ROOT: Final = Path(__file__).resolve().parents[2]
MOST_SECONDS: Final = 120.0
"""The tests of a bug take seconds without it; past this time one of them has no end."""
_PYTEST: Final = ("-m", "pytest", "-x", "-v", "--no-header", "-p", "no:cacheprovider")
_PASSED, _FAILED, _NO_END = 0, 1, None
"""Exit status of pytest, and its having none; any other says that it could not run what it was asked to."""
_OF_A_TEST: Final = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", re.MULTILINE)
_BEGUN: Final = re.compile(
    r"^(\S+::.+?) *(?: (?:PASSED|FAILED|SKIPPED|ERROR|XFAIL)\b.*)?$", re.MULTILINE
)
_COPIED: Final = (
    "aef",
    "broker",
    "deploy",
    "office",
    "proto",
    "registry_node",
    "scenarios",
    "sef",
    "workbooks",
    "tests",
)


class Outcome(StrEnum):
    """What became of a bug."""

    KILLED = "KILLED"  # a test failed
    ENDLESS = "ENDLESS"  # a test had no end: nobody is told what is wrong, nor by which test
    SURVIVED = "SURVIVED"  # every test passed
    UNFIT = "UNFIT"  # it cannot be planted, or its tests cannot be run


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a bug.

    Attributes:
        bug: Which one.
        outcome: What became of it.
        seconds: In how many seconds.
        test: The test that failed or had no end; empty where none did.
        seen: What was seen last.
    """

    bug: Bug
    outcome: Outcome
    seconds: float
    test: str
    seen: str


def run(
    bugs: Sequence[Bug],
    *,
    jobs: int,
    told: Callable[[Result], None],
    seconds: float | None = None,
) -> list[Result]:
    """Plants each bug by itself and runs its tests.

    Args:
        bugs: Which bugs.
        jobs: How many at a time, each in a copy of the tree of its own.
        told: Called with each result as it comes.
        seconds: Past this time no further bug is begun; None: all are.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with _copies(jobs) as free:

        def one(bug: Bug) -> Result | None:
            if until is not None and time.monotonic() > until:
                return None
            tree = free.get()
            try:
                result = plant_and_test(tree, bug)
            finally:
                free.put(tree)
            told(result)
            return result

        with ThreadPoolExecutor(jobs) as pool:
            return [result for result in pool.map(one, bugs) if result is not None]


def without_bug(bugs: Sequence[Bug]) -> str:
    """Runs the tests of all bugs in a tree without any; empty when they pass, else what was seen."""
    with _copies(1) as free:
        tests = sorted({test for bug in bugs for test in bug.tests})
        code, seen = _test(free.get(), tests, None)
    return "" if code == _PASSED else seen[-3000:]


@contextmanager
def _copies(count: int) -> Iterator[SimpleQueue[Path]]:
    free: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        for number in range(count):
            tree = Path(folder) / str(number)
            tree.mkdir()
            for name in _COPIED:
                shutil.copytree(
                    ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__")
                )
            for path in ROOT.glob("*.*"):
                if path.is_file():
                    shutil.copy2(path, tree)
            free.put(tree)
        yield free


def plant_and_test(tree: Path, bug: Bug) -> Result:
    """Plants a bug in a tree, runs its tests there, and takes it out again."""
    began = time.monotonic()
    path = tree / bug.file
    sound = path.read_text(encoding="utf-8")
    try:
        _write(path, bug.planted_in(sound))
    except ValueError as error:
        return Result(bug, Outcome.UNFIT, 0.0, "", str(error))
    try:
        code, seen = _test(tree, bug.tests, MOST_SECONDS)
    finally:
        _write(path, sound)
    known = {_PASSED: Outcome.SURVIVED, _FAILED: Outcome.KILLED, _NO_END: Outcome.ENDLESS}
    named = _BEGUN.findall(seen) if code == _NO_END else _OF_A_TEST.findall(seen)
    outcome = known.get(code, Outcome.UNFIT)
    if outcome is Outcome.KILLED and not named:  # whatever ended with 1, no test did
        outcome = Outcome.UNFIT
    test = named[-1] if named else ""
    return Result(bug, outcome, time.monotonic() - began, test, seen[-3000:])


def _write(path: Path, text: str) -> None:
    """Writes a file with a time of its own, so that no compiled form of it is taken for another."""
    later = path.stat().st_mtime_ns + 10**9
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(later, later))


def _test(tree: Path, tests: Sequence[str], most: float | None) -> tuple[int | None, str]:
    """Runs tests in a tree; its own modules go before those that are installed."""
    places = os.pathsep.join((str(tree), str(tree / "proto")))
    with (
        tempfile.TemporaryFile() as said,  # a file: what a test leaves running holds no pipe open
        subprocess.Popen(  # our own interpreter and tests
            [sys.executable, *_PYTEST, *tests],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": places},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as running,
    ):
        try:
            code: int | None = running.wait(most)
        except subprocess.TimeoutExpired:
            code = _NO_END
        finally:
            with suppress(ProcessLookupError):  # with all that its tests have started
                os.killpg(running.pid, signal.SIGKILL)
        said.seek(0)
        return code, said.read().decode(errors="replace")
