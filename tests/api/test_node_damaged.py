# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever became of a node's file, a command says so in a sentence and with its exit status."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from itmo.runtime.cli.contract import Exit
from itmo.runtime.db.head import keep
from registry_node.settings import load
from registry_node.store.commit_head import commit_end, mark_commit
from registry_node.store.database import claim, open_for_writing
from tests.api.test_node_setup import admission_for, init, run
from tests.kit.many import many

DATABASE = "data/node.db"
COMMANDS = [
    "verify", "head", "head --accept-loss --yes", "check-config", "serve", "status", "backup {copy}",
]  # fmt: skip
FILES = [
    DATABASE, f"{DATABASE}.head", "node.toml", "keys/message.pem", "keys/tls.pem",
    "tls/ca.pem", "tls/node.pem",
]  # fmt: skip


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _pages(file: Path) -> None:
    stored, drawn = bytearray(file.read_bytes()), random.Random(7)
    for at in range(0, len(stored), 8192):
        stored[at : at + 4096] = drawn.randbytes(len(stored[at : at + 4096]))
    file.write_bytes(stored)


def _some_bytes(file: Path) -> None:
    stored, drawn = bytearray(file.read_bytes()), random.Random(3)
    for _ in range(80):  # some of them hit what no row and no index uses
        stored[drawn.randrange(len(stored))] = drawn.randrange(256)
    file.write_bytes(stored)


def _zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _text(file: Path) -> None:
    file.write_text("Dear operator, this is a letter.\n" * 400)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _other(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE photographs (id INTEGER)")
    other.close()


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def _device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def _dangling(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.parent / "nowhere" / "at all")


DAMAGES = [
    _cut, _pages, _some_bytes, _zeros, _text, _empty, _other, _folder, _pipe, _device, _dangling,
]  # fmt: skip


SOON = {"verify", "serve"}
"""Commands of the fast tests: what only reads, and what serves."""
DAMAGED_SOON = {"_cut", "_text", "_pipe"}
"""Damages of the fast tests: to content, and to the file itself."""


class Waits(BaseException):
    """A command that neither ends nor serves."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """A served node is stopped as by its manager; one that does not stop fails."""

    def fail(*_: object) -> None:
        raise Waits

    before = signal.signal(signal.SIGALRM, fail)
    stopped = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGALRM, before)


def _stop_what_serves() -> None:
    """Stop a node a moment after its start, or when it listens to the signal: this is its process."""
    patience = iter(range(200))

    def look(*_: object) -> None:
        if next(patience, None) is None:
            raise Waits
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.3, 0.1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "node"
    folder.mkdir()
    init(folder)
    joined = run(folder, "join", str(admission_for(folder, "127.0.0.1:9")))
    assert joined.exit_code == 0, joined.output
    settings = load(folder)
    (folder / DATABASE).parent.mkdir(mode=0o700, exist_ok=True)
    db = open_for_writing(folder / DATABASE)
    claim(db, settings.identity())
    keep(folder / DATABASE, commit_end(db)).close()
    db.close()
    return folder


@pytest.mark.parametrize("damage", many(DAMAGES, DAMAGED_SOON, lambda each: each.__name__))
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("command", many(COMMANDS, SOON))
def test_a_damaged_file_of_a_node(
    whole: Path, tmp_path: Path, file: str, command: str, damage: Callable[[Path], None]
) -> None:
    place = Path(shutil.copytree(whole, tmp_path / "node"))
    assert (place / file).exists(), sorted(place.rglob("*"))
    damage(place / file)
    if command == "serve":
        _stop_what_serves()
    (tmp_path / "copies").mkdir()
    ran = run(place, *command.format(copy=tmp_path / "copies" / "copy").split())
    assert "Traceback" not in ran.output, ran.output
    assert "fault of the program" not in ran.output
    assert ran.exit_code in set(Exit), (ran.exit_code, ran.exception)
    if command == "verify" and file == DATABASE:
        assert ran.exit_code != Exit.DONE
    made = [each.name for each in (tmp_path / "copies").iterdir()]
    backed_up = command.startswith("backup") and ran.exit_code == Exit.DONE
    assert made == (["copy"] if backed_up else []), ran.output


def test_a_copy_without_a_head_is_verified_and_says_what_cannot_be_told(
    whole: Path, tmp_path: Path
) -> None:
    """Before, no back-up of a node could be tried: `verify` failed wherever it was put."""
    place = Path(shutil.copytree(whole, tmp_path / "node"))
    (place / f"{DATABASE}.head").unlink()
    with closing(open_for_writing(place / DATABASE)) as db:
        mark_commit(db)
    ran = run(place, "verify")
    assert (ran.exit_code, "Everything holds." in ran.output) == (Exit.DONE, True), ran.output
    assert "There is no head beside the store" in ran.output
    assert run(place, "head").exit_code == Exit.REFUSED


def test_a_store_of_a_newer_version_is_told_by_every_command(whole: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(whole, tmp_path / "node"))
    with closing(sqlite3.connect(place / DATABASE, isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("verify", f"backup {tmp_path}/copy", "serve"):
        ran = run(place, *command.split())
        assert ran.exit_code in {Exit.REFUSED, Exit.USAGE}, ran.output
        assert "has schema version 9999, this program knows 0001" in " ".join(ran.output.split())
