# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A file that is stopped half-way, and what else comes in between: of each row it is known what became of it."""

from __future__ import annotations

from collections import Counter

import pytest

from itmo import limits
from itmo.core.v1 import statements_pb2
from itmo.joining import proof_of_possession_text
from itmo.keys import KeyPurpose
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import timestamp
from registry_node.jobs import results, running, stopping
from registry_node.jobs.results import Standing
from registry_node.store.rows import JobState
from scenarios.network import NETWORK_ID
from tests.unit.registry_node.broker_double import public_key
from tests.unit.registry_node.conftest import Scene
from tests.unit.registry_node.test_broker_keys import NEXT, YEAR
from tests.unit.registry_node.test_jobs import (
    DIGEST,
    loaded,
    settled,
    standing,
    started,
    told,
    wish,
)

ROWS, SENT = 20, 8


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of four, of which two wait."""
    monkeypatch.setattr(limits, "MAX_PROPOSALS_PER_BATCH", 4)
    monkeypatch.setattr(running, "AHEAD", 2)


async def half_sent(scene: Scene) -> None:
    assert await loaded(scene, *(wish(scene, n, n) for n in range(1, ROWS + 1))) == []
    await started(scene)
    assert await scene.tha.jobs.pump() == SENT


async def stopped(scene: Scene) -> tuple[Standing, bool]:
    return await scene.tha.work.run(lambda trip: stopping.stop(trip, DIGEST))


async def resumed(scene: Scene) -> Standing:
    return await scene.tha.work.run(lambda trip: stopping.resume(trip, DIGEST))


async def states(scene: Scene) -> Counter[State | None]:
    return Counter(each.state for each in await told(scene))


async def test_of_a_stopped_file_no_more_is_sent_until_it_is_resumed(scene: Scene) -> None:
    await half_sent(scene)
    for _ in range(2):
        found, dropped = await stopped(scene)
        assert (found.job.state, found.unsent, dropped) == (JobState.STOPPED, ROWS - SENT, False)
    await settled(scene)
    assert await states(scene) == {State.VALIDATED: SENT, None: ROWS - SENT}
    scene.tha = await scene.network.start("tha-registry")
    await scene.network.settle()
    await settled(scene)
    assert await started(scene) == []
    assert await scene.tha.jobs.pump() == 0, "a stopped file stays stopped"
    (listed,) = await scene.tha.work.read(lambda trip: results.listed(trip, most=0))
    assert (listed.job.state, listed.rows, listed.unsent) == (
        JobState.STOPPED,
        ROWS,
        ROWS - SENT,
    )
    assert (await resumed(scene)).unsent == ROWS - SENT
    await settled(scene)
    assert await states(scene) == {State.VALIDATED: ROWS}
    assert len(await scene.tha.transactions()) == 1 + ROWS


async def test_rows_refused_together_wait_where_their_file_is_stopped(scene: Scene) -> None:
    await half_sent(scene)
    await stopped(scene)
    scene.broker.refusal = Reason.BATCH_TOO_LARGE
    await scene.network.settle()
    scene.broker.refusal = None
    await settled(scene)
    assert (await standing(scene)).unsent == ROWS
    await resumed(scene)
    await settled(scene)
    assert await states(scene) == {State.VALIDATED: ROWS}


async def test_a_file_that_is_not_read_to_its_end_is_dropped(scene: Scene) -> None:
    await loaded(scene, wish(scene, 1, 1))
    with pytest.raises(ProtocolError, match="was not read to its end"):
        await resumed(scene)
    found, dropped = await stopped(scene)
    assert (found.rows, dropped) == (1, True)
    with pytest.raises(ProtocolError, match="no job of such a file"):
        await stopped(scene)
    assert await loaded(scene, wish(scene, 1, 1)) == [], "it can be given again"


async def test_a_file_goes_on_under_the_next_key(scene: Scene) -> None:
    await half_sent(scene)
    now = scene.network.clock.now()
    text = proof_of_possession_text(NETWORK_ID, "tha-registry", NEXT.public_key)
    key = statements_pb2.KeyStatement(
        node="tha-registry",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=NEXT.public_key,
        not_before=timestamp(now),
        not_after=timestamp(now + YEAR),
        proof_of_possession=NEXT.sign(text.encode()),
    )
    await scene.tha.change_key(key)
    await scene.network.settle()
    scene.broker.keys["tha-registry"].append(
        public_key("tha-registry", NEXT, KeyPurpose.SIGN_MESSAGE)
    )
    await scene.tha.sign_with(NEXT)
    await settled(scene)
    assert await states(scene) == {State.VALIDATED: ROWS}
    assert len(await scene.tha.transactions()) == 1 + ROWS


async def test_rows_whose_receiver_is_held_out_say_so(scene: Scene) -> None:
    await half_sent(scene)
    await scene.network.settle()
    scene.broker.invalid = "REG_OPERATIONAL"
    await settled(scene)
    assert await states(scene) == {State.VALIDATED: SENT, State.INVALIDATED: ROWS - SENT}
    late = [each for each in await told(scene) if each.state is State.INVALIDATED]
    assert all(each.reason.startswith("REG_OPERATIONAL: ") and each.remedy for each in late)
    assert (await standing(scene)).failed == ROWS - SENT
