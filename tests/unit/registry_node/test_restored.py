# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node over an older copy of its store, and a node whose broker was restored from an older copy."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.passing import Passing
from registry_node.going_back import CommonGround, compare
from registry_node.proposals.policy import AcceptancePolicy, Mode
from registry_node.service import RegistryNode
from registry_node.store.rows import ItemStatus
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene

ACCEPTS = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}))


def database(scene: Scene, name: str) -> sqlite3.Connection:
    return scene.network.stores[name]._database._connection  # type: ignore[attr-defined,no-any-return]


def copied_from(scene: Scene, name: str) -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", factory=Passing)
    database(scene, name).backup(made)
    return made


async def restored(
    scene: Scene, name: str, stored: sqlite3.Connection, policy: AcceptancePolicy | None = None
) -> RegistryNode:
    """The node as it comes back over a copy of its store."""
    stored.backup(database(scene, name))
    stored.close()
    scene.network.clock.advance(timedelta(seconds=1))  # so that its ids are others
    return await scene.network.start(name, policy=policy)


async def codes(node: RegistryNode) -> list[str]:
    return [alarm.code for alarm in (await node.status()).alarms]


async def test_own_messages_come_back_and_the_books_with_them(scene: Scene) -> None:
    copied = copied_from(scene, "tha-registry")
    sold = await scene.offer(1, 100)
    await scene.network.settle()
    await scene.che.accept(sold)
    _, opened = await scene.tha.open_account(wishes.account())
    waiting = await scene.offer(200, 300)
    await scene.network.settle()
    before = [(h.account_id, h.first, h.last, h.reserved_by) for h in await scene.tha.holdings()]

    scene.tha = await restored(scene, "tha-registry", copied)
    sent = len(scene.broker.submitted)
    late = await scene.offer(400, 410)
    await scene.tha.pump_outbox()
    assert len(scene.broker.submitted) == sent, "sent before it knew what it had said"
    await scene.network.settle()

    assert (await scene.tha.story(sold)).transaction.state is State.COMPLETED
    assert (await scene.tha.story(waiting)).transaction.state is State.VALIDATED
    assert (await scene.tha.story(late)).transaction.state is State.VALIDATED
    assert opened.account_id in {row.account_id for row in await scene.tha.accounts()}
    after = {(h.account_id, h.first, h.last, h.reserved_by) for h in await scene.tha.holdings()}
    assert {row for row in after if row[3] != late} >= {row for row in before if row[3]}
    assert await scene.quantity(scene.tha, scene.tha_account) == 900
    assert await codes(scene.tha) == ["SEQUENCE_USED"]
    assert (await scene.tha.verify()).problems == ()


async def test_a_message_that_waited_in_the_copy_is_known_as_it_was_recorded(scene: Scene) -> None:
    name = await scene.offer()
    copied = copied_from(scene, "tha-registry")
    await scene.network.settle()
    said = len(scene.broker.said["tha-registry"])
    scene.tha = await restored(scene, "tha-registry", copied)
    await scene.network.settle()
    assert len(scene.broker.said["tha-registry"]) == said
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert (await scene.tha.verify()).problems == ()


async def test_an_answer_by_policy_gives_way_to_the_one_that_was_recorded(scene: Scene) -> None:
    scene.che = await scene.network.start("che-registry", policy=ACCEPTS)
    copied = copied_from(scene, "che-registry")
    name = await scene.offer()
    await scene.network.settle()
    assert (await scene.che.story(name)).transaction.state is State.COMPLETED
    sent = len(scene.broker.submitted)
    scene.che = await restored(scene, "che-registry", copied, policy=ACCEPTS)
    await scene.network.settle()
    assert len(scene.broker.submitted) == sent
    assert (await scene.che.story(name)).transaction.state is State.COMPLETED
    assert await scene.quantity(scene.che, scene.che_account) == 100
    assert (await scene.che.status()).outbox_depth == 0
    assert (await scene.che.verify()).problems == ()


async def test_own_messages_of_somebody_else_are_not_taken_in(scene: Scene) -> None:
    copied = copied_from(scene, "tha-registry")
    await scene.offer()
    await scene.network.settle()
    theirs = scene.broker.said["che-registry"][0]
    scene.broker.said["tha-registry"][-1] = theirs
    scene.unsound = True
    scene.tha = await restored(scene, "tha-registry", copied)
    with pytest.raises(ProtocolError) as refused:
        await scene.tha.pump_inbox()
    assert refused.value.reason is Reason.RECORD_DIFFERS
    assert "RECORD_DIFFERS" in await codes(scene.tha)


async def test_a_broker_that_went_back_is_noticed_by_a_node_that_listens(scene: Scene) -> None:
    """The stream ends, the broker comes back with less, and its mailbox has grown since."""
    scene.unsound = True
    box = scene.broker.mailboxes["che-registry"]
    older = copy.copy(box)
    await scene.offer(1, 10)
    await scene.network.settle()
    taken = (await scene.che.status()).cursor
    told = asyncio.Event()
    store = scene.network.stores["che-registry"]
    store.listen(told.set)
    await scene.che.start()
    scene.network.links["che-registry"].reachable = False
    box[:] = older
    for _ in range(5):  # other deliveries under the same numbers, and more of them
        scene.broker.deliver("che-registry", "", scene.broker.receipt(None, "", b""))
    scene.network.links["che-registry"].reachable = True
    while "RECORD_DIFFERS" not in await codes(scene.che):
        await asyncio.wait_for(told.wait(), 10)
        told.clear()
    await scene.che.stop()
    assert (await scene.che.status()).cursor == taken
    problems = (await scene.che.verify()).problems
    assert "RECORD_DIFFERS" in {problem.code for problem in problems}


@pytest.mark.parametrize("kept", range(4))
async def test_the_last_place_that_both_have_is_found(scene: Scene, kept: int) -> None:
    scene.unsound = True
    box = scene.broker.mailboxes["tha-registry"]
    for first in (1, 100, 200):
        await scene.offer(first, first + 9)
    await scene.network.settle()
    taken = len(box)
    box[kept:] = [replace(each, digest=b"x" * 32) for each in box[kept:]]
    work = scene.tha.work
    link = scene.network.links["tha-registry"]
    found = await compare(work._trip(database(scene, "tha-registry"), work.clock.now()), link)
    assert found.known == CommonGround(taken, 5)
    assert found.common == CommonGround(kept, 5)
    assert found.differs


async def test_a_message_in_doubt_is_no_sign_of_a_copy(scene: Scene) -> None:
    name = await scene.offer()
    scene.network.links["tha-registry"].after.append(
        ProtocolError(Reason.BROKER_UNREACHABLE, "cut", grpc_code="UNAVAILABLE")
    )
    await scene.tha.pump_outbox()
    item = (await scene.tha.outcome((await scene.tha.story(name)).unsent[0].message_id)).item
    assert item.status is ItemStatus.SIGNED
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert await codes(scene.tha) == []


@pytest.mark.parametrize("kept", range(4))
async def test_the_last_own_message_that_both_have_is_found(scene: Scene, kept: int) -> None:
    scene.unsound = True
    await scene.offer(1, 9)
    await scene.network.settle()
    said = scene.broker.said["tha-registry"]
    assert len(said) == 3
    del said[kept:]
    scene.broker.chains["tha-registry"] = (
        kept + 1, hashlib.sha256(said[-1].payload).digest() if said else b""
    )  # fmt: skip
    work, link = scene.tha.work, scene.network.links["tha-registry"]
    found = await compare(work._trip(database(scene, "tha-registry"), work.clock.now()), link)
    assert (found.known.messages, found.common.messages) == (3, kept)
    assert found.known.deliveries == found.common.deliveries
    if kept:  # and where the broker has taken others in their place since
        said.extend(scene.broker.said["che-registry"][:1] * 3)
        scene.broker.chains["tha-registry"] = (len(said) + 1, b"another")
        found = await compare(work._trip(database(scene, "tha-registry"), work.clock.now()), link)
        assert found.common.messages <= kept
