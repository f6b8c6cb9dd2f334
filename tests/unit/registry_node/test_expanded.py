# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node on a store that the next version has extended, and the next version on it before anything is taken away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from itmo.runtime.db.migrations import version_of
from registry_node.store import database
from registry_node.store.migrate import SCHEMA
from registry_node.verifying.starting import start_faults
from tests.kit import later_schema
from tests.unit.registry_node.conftest import Scene


async def test_a_node_trades_and_verifies_on_an_extended_store(
    scene: Scene, tmp_path: Path
) -> None:
    for number, store in enumerate(scene.network.stores.values()):
        stored: sqlite3.Connection = store._database._connection  # type: ignore[attr-defined]
        later_schema.expanded(SCHEMA, tmp_path / str(number)).upgrade(stored)
        assert version_of(stored) == "0002"
        assert list(start_faults(stored)) == []
    sold = await scene.offer(1, 100)
    await scene.network.settle()
    await scene.che.accept(sold)
    await scene.network.settle()
    assert await scene.quantity(scene.che, scene.che_account) == 100
    assert (await scene.tha.verify()).problems == ()


def test_the_next_version_serves_before_anything_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its audit compares with the version that it found, not with the newest."""
    path = tmp_path / "node.db"
    database.open_for_writing(path).close()
    monkeypatch.setattr(database, "SCHEMA", later_schema.contracted(SCHEMA, tmp_path / "later"))
    with closing(database.open_for_writing(path)) as stored:
        assert version_of(stored) == "0002"
        assert list(start_faults(stored)) == []
    assert database.change_schema(path, contract=True) == ("0002", "0003")
    with closing(database.open_for_writing(path)) as stored:
        assert list(start_faults(stored)) == []
