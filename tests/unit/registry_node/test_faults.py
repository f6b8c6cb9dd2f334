# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full or broken is a sentence at the node, not a fault of the program."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from itmo.runtime.cli.contract import Exit, Program
from itmo.runtime.db.passing import Passing


def really_full(folder: Path) -> None:
    database = sqlite3.connect(folder / "node.sqlite", factory=Passing)
    database.execute("PRAGMA max_page_count = 2")
    database.execute("CREATE TABLE t (x)")
    database.execute("INSERT INTO t VALUES (zeroblob(100000))")


def no_room_for_a_file(folder: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(folder / "export.xlsx"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (really_full, ("database", "no room left")),
        (no_room_for_a_file, ("export.xlsx", "No space left")),
    ],
)
def test_a_full_disk_is_a_sentence_that_names_what_is_full(
    tmp_path: Path, fault: object, words: tuple[str, ...]
) -> None:
    program = Program("registry-node")
    program.add_command(click.Command("act", callback=lambda: fault(tmp_path)))  # type: ignore[operator]  # one of the two above
    result = CliRunner().invoke(program, ["act"])
    assert result.exit_code == Exit.UNREACHABLE
    for word in words:
        assert word in result.output
    assert "Traceback" not in result.output
    assert "fault of the program" not in result.output
