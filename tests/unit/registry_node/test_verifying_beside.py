# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A verification of minutes holds nobody up, is of one moment, and ends when nobody waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from itmo.clock import FakeClock
from itmo.ids import SeededIds
from itmo.keys import Keyring
from registry_node.app import DATABASE, is_of_another_version
from registry_node.commands.trip import Trip
from registry_node.inbox.opening import Opener
from registry_node.paris.rules import PARIS
from registry_node.store.database import Store, claim, node_state
from registry_node.store.tables import HOLDINGS
from registry_node.verifying import beside
from registry_node.verifying.beside import Verification
from registry_node.verifying.books import Audit
from registry_node.verifying.proofs import Told
from registry_node.work import Work
from tests.unit.registry_node.test_store import ME, UNITS

SOON = 10.0
QUIET = 0.15
"""How long a test listens for what must not come."""
OPENER = Opener(ME, Keyring(()))


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[Work]:
    store = await Store.open(tmp_path / "node.db")
    await store.run(lambda db: claim(db, ME))
    yield Work(store, FakeClock(datetime(2024, 1, 1, tzinfo=UTC)), SeededIds(1), ME, PARIS)
    await store.close()


async def test_the_node_goes_on_meanwhile_and_what_it_does_is_not_seen(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def reads(trip: Trip, opener: Opener, told: Told) -> Audit:
        before = HOLDINGS.select().all(trip.db)
        reading.set()
        assert go_on.wait(SOON)
        return Audit(len(before), len(HOLDINGS.select().all(trip.db)), ())

    monkeypatch.setattr(beside, "verify_store", reads)
    verifying = asyncio.create_task(Verification(work).run(OPENER))
    assert await asyncio.to_thread(reading.wait, SOON)
    async with asyncio.timeout(SOON):
        await work.run(lambda trip: HOLDINGS.insert(trip.db, UNITS))
        assert await work.read(lambda trip: node_state(trip.db).node) == ME.node
    go_on.set()
    assert await verifying == Audit(0, 0, ())


async def test_two_who_ask_are_answered_one_after_the_other(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, again, go_on = threading.Event(), threading.Event(), threading.Event()

    def reads(trip: Trip, opener: Opener, told: Told) -> Audit:
        (again if reading.is_set() else reading).set()
        assert go_on.wait(SOON)
        return Audit(0, 0, ())

    monkeypatch.setattr(beside, "verify_store", reads)
    verification = Verification(work)
    both = asyncio.gather(*(verification.run(OPENER) for _ in range(2)))
    assert await asyncio.to_thread(reading.wait, SOON)
    assert not await asyncio.to_thread(again.wait, QUIET)
    go_on.set()
    await both
    assert again.is_set()


async def test_it_ends_soon_after_its_caller_has_gone(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, ended, over = threading.Event(), threading.Event(), threading.Event()

    def reads(trip: Trip, opener: Opener, told: Told) -> Audit:
        reading.set()
        try:
            while not over.is_set():
                told("", 0, None)
        except BaseException:
            ended.set()
            raise
        return Audit(0, 0, ())

    monkeypatch.setattr(beside, "verify_store", reads)
    verifying = asyncio.create_task(Verification(work).run(OPENER))
    assert await asyncio.to_thread(reading.wait, SOON)
    verifying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await verifying
    try:
        assert await asyncio.to_thread(ended.wait, SOON)
    finally:
        over.set()


async def test_what_is_found_is_what_the_store_holds(work: Work) -> None:
    await work.run(lambda trip: HOLDINGS.insert(trip.db, replace(UNITS, first=2)))
    found = await Verification(work).run(OPENER)
    assert any("holding" in each.found for each in found.problems)


@pytest.mark.parametrize(("version", "other"), [("0000", True), ("9999", True), ("", False)])
async def test_a_store_of_another_version_is_known_as_one(
    tmp_path: Path, version: str, other: bool
) -> None:
    store = await Store.open(tmp_path / DATABASE)
    await store.run(lambda db: claim(db, ME))
    if version:
        await store.run(
            lambda db: db.execute("UPDATE alembic_version SET version_num = ?", (version,))
        )
    await store.close()
    settings: Any = SimpleNamespace(node=SimpleNamespace(data_dir=tmp_path))
    assert is_of_another_version(settings) is other
    (tmp_path / DATABASE).write_bytes(b"")
    assert not is_of_another_version(settings)
