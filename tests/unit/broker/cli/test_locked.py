# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A database that another program keeps locked is no damage, no full disk and no wrong setting."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from itmo.reasons import Again, Reason
from itmo.runtime.cli.contract import Exit
from itmo.runtime.db import sqlite as engine
from tests.unit.broker.cli.kit import broker, lived_in
from tests.unit.broker.cli.test_no_room import COMMANDS

pytestmark = pytest.mark.on_sqlite("the lock of a file; a server has locks of its own")


@contextmanager
def locked_by_a_shell(file: Path) -> Iterator[None]:
    """Keeps readers and writers out, as `PRAGMA locking_mode = EXCLUSIVE` in the shell of SQLite."""
    with closing(sqlite3.connect(file, isolation_level=None)) as shell:
        shell.execute("PRAGMA locking_mode = EXCLUSIVE")
        shell.execute("BEGIN EXCLUSIVE")
        yield
        shell.execute("ROLLBACK")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lived_in(tmp_path_factory.mktemp("whole") / "broker")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_lock_is_told_as_one(
    whole: Path, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, it was told as a damaged file with exit status 1, or as a disk that needs room."""
    monkeypatch.setattr(engine, "_EITHER", {**engine._EITHER, "busy_timeout": 1})
    place = Path(shutil.copytree(whole, tmp_path / "broker"))
    with locked_by_a_shell(place / "broker.sqlite"):
        ran = broker("--dir", place, "--json", *command.format(copy=tmp_path / "copy").split())
    assert ran.exit_code == Exit.UNREACHABLE, ran.stdout + ran.stderr
    told = ran.json["error"]
    assert told["reason"] == Reason.DATABASE_UNREACHABLE
    assert "locked by another program" in told["message"]
    assert "fuser" in told["remedy"]
    assert told["again"] == Again.LATER
