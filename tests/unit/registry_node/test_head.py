# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node said that it had does not go back in silence."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.head import head_path
from registry_node.recovering import accept_loss
from registry_node.store.commit_head import commit_shortfall
from registry_node.store.database import Store
from tests.kit import wishes
from tests.kit.many import many
from tests.unit.registry_node.broker_double import NOW, DoubleLink, Network

NAME = "node.db"
FILES = (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}.head")


@pytest.fixture
async def crashed(tmp_path: Path) -> Path:
    """The files of a node that was killed: its last commits stand in the log file alone."""
    lived, kept = tmp_path / "lived", tmp_path / "kept"
    lived.mkdir()
    kept.mkdir()
    network = Network()
    network.broker.admit("che-registry", "CHE01")
    await (await Store.open(lived / NAME)).close()
    shutil.copy(lived / NAME, kept / "older.db")
    store = await Store.open(lived / NAME)
    network.links["che-registry"] = DoubleLink(network.broker, "che-registry")
    network.stores["che-registry"] = store
    node = await network.start("che-registry")
    for _ in range(3):
        await node.open_account(wishes.account())
        await network.settle()
    for name in FILES:
        shutil.copy(lived / name, kept / name)
    await store.close()
    return kept


def _deleted(place: Path, _: random.Random) -> None:
    (place / f"{NAME}-wal").unlink()


def _cut(place: Path, drawn: random.Random) -> None:
    log = place / f"{NAME}-wal"
    log.write_bytes(log.read_bytes()[: drawn.randrange(log.stat().st_size - 4120)])


def _changed(place: Path, drawn: random.Random) -> None:
    log = place / f"{NAME}-wal"
    stored = bytearray(log.read_bytes())
    stored[drawn.randrange(32, len(stored))] ^= 1
    log.write_bytes(stored)


def _older(place: Path, _: random.Random) -> None:
    (place / f"{NAME}-wal").unlink()
    shutil.copy(place / "older.db", place / NAME)


def _gone(place: Path, _: random.Random) -> None:
    (place / f"{NAME}-wal").unlink()
    (place / NAME).unlink()


@pytest.mark.parametrize("damage", [_deleted, _cut, _changed, _older, _gone])
@pytest.mark.parametrize("seed", many(range(4), {"0"}))
async def test_a_store_that_lost_commits_is_not_served(
    crashed: Path, damage: Callable[[Path, random.Random], None], seed: int
) -> None:
    (crashed / f"{NAME}-shm").unlink()
    damage(crashed, random.Random(seed))
    with pytest.raises(ProtocolError) as caught:
        await Store.open(crashed / NAME)
    assert caught.value.reason is Reason.LEDGER_AUDIT_FAILED
    assert "acknowledged commits are missing" in caught.value.message
    assert "registry-node head --accept-loss" in caught.value.message


async def test_it_says_what_is_missing(crashed: Path) -> None:
    (crashed / f"{NAME}-wal").unlink()
    (crashed / f"{NAME}-shm").unlink()
    missing = commit_shortfall(crashed / NAME)
    assert "deliveries 0 instead of 3" in missing
    assert "recorded messages 0 instead of 3" in missing
    assert "outbox items 0 instead of 3" in missing


async def test_what_a_kill_leaves_is_whole(crashed: Path) -> None:
    (crashed / f"{NAME}-shm").unlink()
    assert commit_shortfall(crashed / NAME) == ""
    await (await Store.open(crashed / NAME)).close()
    await (await Store.open(crashed / NAME)).close()


async def test_a_head_one_commit_behind_is_brought_forward(crashed: Path) -> None:
    older = head_path(crashed / NAME).read_bytes()
    store = await Store.open(crashed / NAME)
    await store.run(lambda db: db.execute("UPDATE node_state SET clock_offset_ms = 1"))
    await store.close()
    head_path(crashed / NAME).write_bytes(older)
    await (await Store.open(crashed / NAME)).close()
    assert head_path(crashed / NAME).read_bytes() != older


async def test_reading_and_commands_that_change_nothing_do_not_count(crashed: Path) -> None:
    store = await Store.open(crashed / NAME)
    before = head_path(crashed / NAME).read_bytes()
    await store.read(lambda db: db.execute("SELECT 1"))
    await store.run(lambda db: db.execute("SELECT 1"))
    await store.close()
    assert head_path(crashed / NAME).read_bytes() == before


async def test_a_copy_is_taken_by_a_command_and_the_loss_recorded(crashed: Path) -> None:
    (crashed / f"{NAME}-wal").unlink()
    assert "missing" in accept_loss(crashed / NAME, NOW)
    assert accept_loss(crashed / NAME, NOW) == ""
    await (await Store.open(crashed / NAME)).close()
    with closing(sqlite3.connect(crashed / NAME)) as db:
        assert "the loss was accepted" in db.execute("SELECT found FROM alarm").fetchone()[0]


async def test_a_second_history_of_the_same_store_is_not_taken(
    crashed: Path, tmp_path: Path
) -> None:
    twin = Path(shutil.copytree(crashed, tmp_path / "twin"))
    for place, offset in ((crashed, 1), (twin, 2)):
        store = await Store.open(place / NAME)
        await store.run(
            lambda db, offset=offset: db.execute(  # type: ignore[misc]
                "UPDATE node_state SET clock_offset_ms = 0, cursor = cursor + ?", (offset,)
            )
        )
        await store.close()
    shutil.copy(twin / NAME, crashed / NAME)
    with pytest.raises(ProtocolError, match="another history"):
        await Store.open(crashed / NAME)
