# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta

import pytest

from itmo.identifiers import AccountId, NodeId, RegistryId
from itmo.lifecycle import State
from itmo.node_kinds import NodeKind
from itmo.parties import PartyCode
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import Cursor
from scenarios.acting import Stage
from scenarios.invariants import broken_invariants
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork
from scenarios.play import play
from scenarios.world import set_up
from tests.unit.scenarios.worlds import VALID, changed, reading

START = datetime(2023, 8, 1, tzinfo=UTC)
THA = NodeSpec(
    name=NodeId("tha"),
    kind=NodeKind.NATIONAL,
    registries=(RegistryId("THA01"),),
    parties=(PartyCode("THA"),),
)


async def test_a_scenario_plays_the_same_way_every_time() -> None:
    assert await play(reading(VALID)) == await play(reading(VALID))


async def test_entities_that_no_authorization_names_are_authorized() -> None:
    named = changed("type: 100}\n  che", "type: 100, entity: Some Company}\n  che")
    assert (await play(reading(named))).ok
    excluded = named.replace("purposes: [NDC]", "purposes: [NDC], entities: [Other Company]")
    played = await play(reading(excluded))
    assert played.steps[1].findings == ("AUTH_ENTITY",)


async def played_through(text: str) -> tuple[PlayedNetwork, dict[str, AccountId]]:
    scenario = reading(text)
    network = PlayedNetwork(scenario.nodes, scenario.clock)
    problems, account_ids = await set_up(network, scenario)
    assert problems == []
    stage = Stage(network, scenario, account_ids)
    for step in scenario.steps:
        await stage.act(step)
    assert await broken_invariants(network, account_ids) == []
    return network, account_ids


async def test_a_node_that_lost_units_breaks_an_invariant() -> None:
    network, account_ids = await played_through(VALID)
    await network.members[NodeId("che")].store.run(lambda db: db.execute("DELETE FROM holding"))
    missing = "holding (THA01, 1): there is such a row only by the signed messages"
    assert await broken_invariants(network, account_ids) == [
        f"che: proof does not verify: LEDGER_AUDIT_FAILED: {missing}",
        "che: only the clearing-house has THA01:1-5 in che-holding",
    ]
    await network.close()


async def test_damaged_books_of_the_clearing_house_break_an_invariant() -> None:
    network, account_ids = await played_through(VALID)
    network.database.execute("UPDATE sender SET next_sequence = 99 WHERE node = 'tha'")
    broken = await broken_invariants(network, account_ids)
    assert len(broken) == 1
    assert broken[0].startswith("chains are gapless: ")
    await network.close()


async def test_a_proof_that_was_altered_breaks_an_invariant() -> None:
    network, account_ids = await played_through(VALID)
    store = network.members[NodeId("tha")].store
    # Whoever has the file can take the trigger away; the signatures still tell.
    await store.run(lambda db: db.execute("DROP TRIGGER IF EXISTS proof_no_update"))
    exchange = "UPDATE proof SET envelope = (SELECT envelope FROM proof LIMIT 1)"
    await store.run(lambda db: db.execute(exchange))
    assert "tha: proof does not verify" in (await broken_invariants(network, account_ids))[0]
    await network.close()


async def test_what_crashes_keeps_its_database() -> None:
    network = PlayedNetwork([THA], START)
    await network.start()
    await network.crash("tha")
    await network.crash("broker")
    assert not network.runs("tha")
    assert not network.house_runs
    with pytest.raises(RuntimeError):
        network.node("tha")
    with pytest.raises(RuntimeError):
        _ = network.house
    await network.restart("broker")
    await network.restart("tha")
    await network.settle()
    assert (await network.node("tha").status()).alarms == ()
    await network.close()


async def test_a_node_that_is_offline_reaches_nobody() -> None:
    network = PlayedNetwork([THA], START)
    await network.start()
    network.connect("tha", connected=False)
    with pytest.raises(ProtocolError) as caught:
        await network.members[NodeId("tha")].link.sender_standing()
    assert caught.value.reason is Reason.BROKER_UNREACHABLE
    network.connect("tha", connected=True)
    link = network.members[NodeId("tha")].link
    assert (await link.network()).time == START
    assert [delivery async for delivery in link.subscribe(Cursor(), 10)] == []
    await link.close()
    await network.close()


async def test_only_steps_move_the_clock() -> None:
    scenario = reading(VALID)
    network = PlayedNetwork(scenario.nodes, scenario.clock)
    await set_up(network, scenario)
    assert network.clock.now() == scenario.clock
    await network.move_to(scenario.clock + timedelta(hours=1))
    assert network.clock.now() == scenario.clock + timedelta(hours=1)
    await network.close()


async def test_a_proposal_that_was_never_sent_stands_where_its_node_says() -> None:
    text = changed("  - after: 2h", "  - offline: tha\n  - after: 2h").replace(
        "{state: VALIDATED}", "{state: PROPOSED}"
    )
    played = await play(reading(text))
    assert played.steps[3].state == State.PROPOSED
    assert played.steps[4].findings == ("TRANSACTION_UNKNOWN",)
