# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of a file: each proposed once, whatever stops in between, and none before all were looked at."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import pytest

from itmo import limits
from itmo.core.v1 import proposal_pb2
from itmo.lifecycle import State
from itmo.reasons import ProtocolError
from registry_node.commands.accepting import accept_some
from registry_node.jobs import loading, results, running
from registry_node.jobs.loading import Fault, Row
from registry_node.jobs.results import Result, Standing
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene, block
from tests.unit.registry_node.test_restored import copied_from, database

DIGEST: Final = hashlib.sha256(b"file").digest()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of four, of which two wait."""
    monkeypatch.setattr(limits, "MAX_PROPOSALS_PER_BATCH", 4)
    monkeypatch.setattr(running, "AHEAD", 2)


def wish(scene: Scene, first: int, last: int, **changes: str) -> proposal_pb2.ProposedTransaction:
    made = wishes.transfer(scene.tha_account, scene.che_account, [block(first, last)])
    for name, value in changes.items():
        setattr(made, name, value)
    return made


async def loaded(scene: Scene, *wanted: proposal_pb2.ProposedTransaction) -> list[Fault]:
    rows = [Row(number, each) for number, each in enumerate(wanted, 2)]
    await scene.tha.work.run(lambda trip: loading.open_job(trip, DIGEST, "file.csv"))
    faults: list[Fault] = []
    for each in rows:
        faults += await scene.tha.work.run(partial(loading.load, digest=DIGEST, rows=[each]))
    return faults


async def started(scene: Scene, *, drop: bool = False) -> list[Fault]:
    return await scene.tha.work.run(lambda trip: loading.start(trip, DIGEST, drop=drop))


async def standing(scene: Scene) -> Standing:
    return await scene.tha.work.read(lambda trip: results.standing(trip, DIGEST))


async def told(scene: Scene) -> Sequence[Result]:
    return await scene.tha.work.read(lambda trip: results.results(trip, DIGEST, after=0, most=0))


async def settled(scene: Scene) -> None:
    await scene.network.settle()
    while await scene.tha.jobs.pump():
        await scene.network.settle()


async def test_rows_wait_until_there_is_room_and_go_in_batches(scene: Scene) -> None:
    assert await loaded(scene, *(wish(scene, n, n) for n in range(1, 21))) == []
    assert (await standing(scene)).queued == 0
    assert await scene.tha.jobs.pump() == 0, "not before it was started"
    assert await started(scene) == []
    assert await scene.tha.jobs.pump() == 8
    assert (await scene.tha.status()).outbox_depth == 2
    await settled(scene)
    found = await standing(scene)
    assert (found.rows, found.queued, found.judged, found.ended, found.failed) == (20, 20, 20, 0, 0)
    assert {each.state for each in await told(scene)} == {State.VALIDATED}


async def test_what_cannot_come_to_anything_is_told_before_anything_is_sent(scene: Scene) -> None:
    faults = await loaded(
        scene,
        wish(scene, 1, 10),
        wish(scene, 995, 1005),
        wish(scene, 20, 30, from_account=scene.che_account),
        wish(scene, 5, 6),
    )
    assert [(each.row, each.where) for each in faults] == [(3, ""), (4, "from_account")]
    twice = await started(scene, drop=True)
    assert [(each.row, each.where) for each in twice] == [(5, "blocks")]
    assert "row 2 has units THA01:5-6, too" in twice[0].found
    with pytest.raises(ProtocolError, match="no job of such a file"):
        await standing(scene)


async def test_units_in_two_rows_stop_the_job(scene: Scene) -> None:
    assert await loaded(scene, wish(scene, 1, 100), wish(scene, 3, 4), wish(scene, 50, 120)) == []
    assert [each.row for each in await started(scene)] == [3, 4]
    assert await scene.tha.jobs.pump() == 0


async def test_a_row_that_fails_meanwhile_holds_no_other_up(scene: Scene) -> None:
    await loaded(scene, *(wish(scene, n, n) for n in range(1, 11)))
    await started(scene)
    taken = await scene.offer(6, 6)
    await settled(scene)
    found = await told(scene)
    assert [each.row for each in found if each.refused] == [7]
    assert found[5].reason.startswith("INSUFFICIENT_HOLDINGS")
    assert found[5].remedy
    assert taken not in {each.transaction_id for each in found}
    assert (await standing(scene)).failed == 1


async def test_a_job_goes_on_in_another_process_and_sends_nothing_twice(scene: Scene) -> None:
    await loaded(scene, *(wish(scene, n, n) for n in range(1, 21)))
    await started(scene)
    await scene.tha.jobs.pump()
    scene.tha = await scene.network.start("tha-registry")
    await scene.network.settle()
    await settled(scene)
    assert (await standing(scene)).judged == 20
    assert len(await scene.tha.transactions()) == 1 + 20


@pytest.mark.parametrize("before", ["loaded", "started", "half sent"])
async def test_a_restored_copy_sends_nothing_twice(scene: Scene, before: str) -> None:
    await loaded(scene, *(wish(scene, n, n) for n in range(1, 21)))
    copied: sqlite3.Connection | None = copied_from(scene, "tha-registry")
    await started(scene)
    if before != "loaded":
        copied = copied_from(scene, "tha-registry")
    if before == "half sent":
        await scene.tha.jobs.pump()
        await scene.network.settle()
        copied = copied_from(scene, "tha-registry")
    await settled(scene)
    ids = {each.transaction_id for each in await told(scene)}
    sent = len(scene.broker.said["tha-registry"])
    assert copied is not None
    copied.backup(database(scene, "tha-registry"))
    copied.close()
    scene.network.clock.advance(timedelta(seconds=1))
    scene.tha = await scene.network.start("tha-registry")
    if before == "loaded":
        assert await started(scene) == []
    assert await scene.tha.jobs.pump() == 0, "not before it knows what it had said"
    await scene.network.settle()
    await settled(scene)
    assert len(scene.broker.said["tha-registry"]) == sent
    assert {each.transaction_id for each in await told(scene)} == ids
    assert (await standing(scene)).judged == 20


async def test_rows_come_in_their_order_and_no_more_than_at_once(scene: Scene) -> None:
    await loaded(scene, wish(scene, 1, 1))
    for rows in (
        [Row(2, wish(scene, 2, 2))],
        [Row(4, wish(scene, 2, 2)), Row(4, wish(scene, 3, 3))],
        [Row(n, wish(scene, n, n)) for n in range(3, loading.MAX_ROWS_AT_ONCE + 4)],
    ):
        with pytest.raises(ProtocolError):
            await scene.tha.work.run(lambda trip, rows=rows: loading.load(trip, DIGEST, rows))  # type: ignore[misc]  # bound now
    await started(scene)
    with pytest.raises(ProtocolError, match="has all its rows"):
        await scene.tha.work.run(
            lambda trip: loading.load(trip, DIGEST, [Row(9, wish(scene, 9, 9))])
        )


async def test_all_that_wait_from_a_registry_are_accepted(scene: Scene) -> None:
    for n in range(1, 6):
        await scene.offer(n, n)
    await scene.network.settle()
    work = scene.che.work
    counts, up_to = [], 0
    while True:
        accepted, up_to = await work.run(
            lambda trip, up_to=up_to: accept_some(trip, giver="THA01", up_to=up_to)  # type: ignore[misc]  # bound now
        )
        counts.append(accepted)
        if not accepted:
            break
    assert counts == [4, 1, 0]
    assert (await scene.che.status()).outbox_depth == 2
    assert (await work.run(lambda trip: accept_some(trip, giver="DEU01", up_to=0)))[0] == 0
    with pytest.raises(ProtocolError):
        await work.run(lambda trip: accept_some(trip, giver="", up_to=0))
    await scene.network.settle()
    assert await scene.quantity(scene.che, scene.che_account) == 5
    for name, account, held in (
        ("tha-registry", scene.tha_account, 995),
        ("che-registry", scene.che_account, 5),
    ):
        started_again = await scene.network.start(name)
        assert await scene.quantity(started_again, account) == held
