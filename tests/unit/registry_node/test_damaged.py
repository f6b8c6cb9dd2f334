# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A damaged store is a sentence, never a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from itmo.reasons import CATALOGUE, ProtocolError, Reason
from itmo.runtime.db import sqlite as engine
from itmo.runtime.db.in_use import Locked
from registry_node.recovering import accept_loss
from registry_node.store.commit_head import commit_shortfall, unreadable
from registry_node.store.database import Store
from registry_node.store.explaining import explain
from tests.unit.broker.cli.test_locked import locked_by_a_shell
from tests.unit.itmo.test_files import full_at
from tests.unit.registry_node.broker_double import NOW


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def _zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _pages(file: Path) -> None:
    stored = file.read_bytes()
    file.write_bytes(stored[:4096] + b"\xff" * (len(stored) - 4096))


def _text(file: Path) -> None:
    file.write_text("Dear operator, this is a letter.\n" * 400)


def _other(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE photographs (id INTEGER)")
    other.close()


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("damage", [_cut, _zeros, _pages, _text, _other, _folder])
async def test_a_damaged_store(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "node.db"
    store = await Store.open(path)
    await store.run(lambda db: db.execute("UPDATE commit_mark SET commits = commits"))
    await store.close()
    damage(path)
    with pytest.raises(ProtocolError) as caught:
        await Store.open(path)
    assert str(path) in caught.value.message
    for look in (commit_shortfall, lambda path: accept_loss(path, NOW)):
        with suppress(ProtocolError):  # a refusal is a sentence too; an error of the engine is not
            look(path)


async def test_a_store_without_room_beside_it_is_not_called_damaged(tmp_path: Path) -> None:
    """Before, `verify` of the node found damage, and a start ended as after a wrong setting."""
    path = tmp_path / "node.db"
    await (await Store.open(path)).close()
    with full_at(1_000):
        for look in (commit_shortfall, unreadable, lambda path: accept_loss(path, NOW)):
            with pytest.raises(OSError, match="No space left"):
                look(path)
        with pytest.raises(OSError, match="No space left"):
            await Store.open(path)
    assert not unreadable(path)


async def test_a_full_disk_under_a_command_asks_for_room_and_not_for_patience(
    tmp_path: Path,
) -> None:
    """Before, it was told as too much work, whose remedy is to wait."""
    store = await Store.open(tmp_path / "node.db")
    letters = "CREATE TABLE letters (text TEXT)"
    with full_at(4_096), pytest.raises(sqlite3.Error) as caught:
        await store.run(lambda db: db.execute(letters))
    await store.close()
    told = explain(caught.value)
    assert told is not None
    assert told.reason is Reason.DISK_REFUSED
    assert told.retryable
    assert "room" in CATALOGUE[told.reason].remedy


async def test_a_locked_store_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, `verify` of the node found damage where the shell of SQLite had a transaction open."""
    monkeypatch.setattr(engine, "_EITHER", {**engine._EITHER, "busy_timeout": 1})
    path = tmp_path / "node.db"
    await (await Store.open(path)).close()
    with locked_by_a_shell(path):
        for look in (commit_shortfall, unreadable, lambda path: accept_loss(path, NOW)):
            with pytest.raises(Locked, match="locked by another program"):
                look(path)
        with pytest.raises(Locked, match="locked by another program"):
            await Store.open(path)
    assert not unreadable(path)


async def test_a_lock_under_a_command_asks_for_no_room(tmp_path: Path) -> None:
    """Before, the operator was told to make room on the disk."""
    store = await Store.open(tmp_path / "node.db")
    with closing(sqlite3.connect(tmp_path / "node.db", isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            await store.run(lambda db: db.execute("UPDATE commit_mark SET commits = commits"))
    await store.close()
    told = explain(caught.value)
    assert told is not None
    assert told.reason is Reason.DATABASE_UNREACHABLE
    assert "locked by another program" in told.message
