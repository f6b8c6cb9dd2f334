# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who is told what: deliveries, acknowledgements, transactions as each side sees them, watching."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.watching import may_see
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind, kind_of
from itmo.reasons import ProtocolError, Reason
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    authorize,
    last_mail,
    mail,
    sealed,
    send,
    signed,
    transfer,
    use,
)
from tests.kit.world_again import trading_again
from tests.unit.broker.clearing.test_statements import NEW, key_statement


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


async def since(
    world: ClearingWorld, marks: dict[str, int]
) -> dict[str, list[tuple[str, list[str]]]]:
    found = {node: await mail(world, node, after) for node, after in marks.items()}
    return {node: entries for node, entries in found.items() if entries}


async def marks(world: ClearingWorld) -> dict[str, int]:
    return {node: await last_mail(world, node) for node in ("tha", "che", "bra")}


async def test_deliveries_of_each_decision(world: ClearingWorld) -> None:
    await world.admit("bra", "BRA01")
    tha, che = world.senders["tha"], world.senders["che"]
    at = await marks(world)

    wanted = transfer(world, 1, 10)
    wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    name = wanted.transaction_id
    await tha.propose(wanted)
    assert await since(world, at) == {
        "tha": [(name, ["verdict"])],
        "che": [(name, ["proposal", "verdict"])],
    }
    at = await marks(world)
    await che.accept(name)
    assert await since(world, at) == {
        "tha": [(name, ["acceptance", "receipt"])],
        "che": [(name, ["receipt"])],
    }
    at = await marks(world)
    await answer_to(tha, PayloadKind.COMPLETION, name)
    assert await since(world, at) == {
        "tha": [(name, ["receipt"])],
        "che": [(name, ["completion", "receipt"])],
    }
    at = await marks(world)
    await che.accept(name)  # takes no effect: only its sender is told
    assert await since(world, at) == {"che": [(name, ["receipt"])]}

    rejected = transfer(world, 11, 20)
    await tha.propose(rejected)
    at = await marks(world)
    await answer_to(che, PayloadKind.REJECTION, rejected.transaction_id)
    assert await since(world, at) == {
        "tha": [(rejected.transaction_id, ["rejection", "receipt"])],
        "che": [(rejected.transaction_id, ["receipt"])],
    }
    withdrawn = transfer(world, 11, 20)
    await tha.propose(withdrawn)
    at = await marks(world)
    await answer_to(tha, PayloadKind.WITHDRAWAL, withdrawn.transaction_id)
    assert await since(world, at) == {
        "tha": [(withdrawn.transaction_id, ["receipt"])],
        "che": [(withdrawn.transaction_id, ["withdrawal", "receipt"])],
    }
    late = transfer(world, 11, 20)
    await tha.propose(late)
    at = await marks(world)
    world.clock.advance(timedelta(hours=24))
    await world.house.expire_due()
    assert await since(world, at) == {
        "tha": [(late.transaction_id, ["receipt"])],
        "che": [(late.transaction_id, ["receipt"])],
    }
    at = await marks(world)
    bad = transfer(world, 1, 10)
    await tha.propose(bad)
    assert await since(world, at) == {"tha": [(bad.transaction_id, ["verdict"])]}
    at = await marks(world)
    own = use(world, 1, 10, 2022)
    await che.propose(own)
    assert await since(world, at) == {"che": [(own.transaction_id, ["verdict", "receipt"])]}
    at = await marks(world)
    await authorize(tha, version=2)
    assert await since(world, at) == {"tha": [("", ["receipt"])]}
    assert await mail(world, OPERATOR_NODE) == []


async def test_both_sides_on_one_node(world: ClearingWorld) -> None:
    both = await world.admit("intl", "BRA01", "PER01")
    await world.open_account(both, "BRA01", 100)
    await world.open_account(both, "PER01", 100)
    wanted = transfer(world, 1, 2, giver="BRA01", taker="PER01")
    await both.propose(wanted)
    entries = await mail(world, "intl")
    assert entries[-1] == (wanted.transaction_id, ["verdict"])


async def test_acknowledgements(world: ClearingWorld) -> None:
    che = world.senders["che"]
    await world.senders["tha"].propose(transfer(world, 1, 10))
    end = await last_mail(world, "che")
    assert await world.house.acknowledge(che.node, end - 1) == end - 1
    assert await world.house.acknowledge(che.node, 1) == end - 1
    assert await world.house.acknowledge(che.node, end) == end
    for wrong in (end + 1, 2**62):
        with pytest.raises(ProtocolError) as refused:
            await world.house.acknowledge(che.node, wrong)
        assert refused.value.reason is Reason.CURSOR_INVALID
        with pytest.raises(ProtocolError) as beyond:
            await world.house.check_cursor(che.node, wrong, b"d" * 32)
        assert beyond.value.reason is Reason.RECORD_DIFFERS
    assert await world.house.deliveries(che.node, end, 10) == []
    assert len(await world.house.deliveries(che.node, 0, 2)) == 2
    # What was acknowledged is not taken away.
    assert (await world.house.deliveries(che.node, end - 1, 10))[0].sequence == end


async def test_mail_wakes_its_reader(world: ClearingWorld) -> None:
    event = world.house.mail_event(world.senders["che"].node)
    assert not event.is_set()
    await world.senders["tha"].propose(transfer(world, 1, 10))
    assert event.is_set()


async def test_what_each_side_sees(world: ClearingWorld) -> None:
    bra = await world.admit("bra", "BRA01")
    tha, che = world.senders["tha"], world.senders["che"]
    wanted, bad = transfer(world, 1, 10), transfer(world, 100_000, 100_001)
    await tha.propose(wanted)
    await tha.propose(bad)
    await che.accept(wanted.transaction_id)
    for node in (tha.node, che.node, OPERATOR_NODE):
        row, said = await world.house.transaction(node, wanted.transaction_id)
        assert row.state == "COMPLETED"
        assert [kind_of(each.payload_type).value for each in said] == [
            "proposal",
            "verdict",
            "acceptance",
            "receipt",
        ]
        assert all(each.signatures for each in said)
    for node, name in (
        (bra.node, wanted.transaction_id),
        (che.node, bad.transaction_id),
        (tha.node, world.transaction_id()),
    ):
        with pytest.raises(ProtocolError) as refused:
            await world.house.transaction(node, name)
        assert refused.value.reason is Reason.TRANSACTION_UNKNOWN
    row, _ = await world.house.transaction(tha.node, bad.transaction_id)
    assert not may_see(row, che.node)


async def test_watching(world: ClearingWorld) -> None:
    await world.admit("bra", "BRA01")
    tha, che = world.senders["tha"], world.senders["che"]
    seen: dict[str, list[tuple[str, str]]] = {"tha": [], "che": [], "bra": []}

    async def follow(name: str) -> None:
        with pytest.raises(ProtocolError) as ended:
            await collect(name)
        assert ended.value.reason is Reason.SHUTTING_DOWN

    async def collect(name: str) -> None:
        async for row in world.house.watch(world.senders[name].node):
            seen[name].append((row.transaction_id, row.state.value))

    tasks = [asyncio.create_task(follow(name)) for name in seen]
    await asyncio.sleep(0)
    good, bad = transfer(world, 1, 10), transfer(world, 1, 10)
    await tha.propose(good)
    await tha.propose(bad)
    await che.accept(good.transaction_id)
    await world.house.stop()
    await asyncio.gather(*tasks)
    assert seen == {
        "tha": [
            (good.transaction_id, "VALIDATED"),
            (bad.transaction_id, "INVALIDATED"),
            (good.transaction_id, "COMPLETED"),
        ],
        "che": [(good.transaction_id, "VALIDATED"), (good.transaction_id, "COMPLETED")],
        "bra": [],
    }


async def test_a_slow_watcher_is_ended(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    changes = world.house.watch(tha.node)
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    for _ in range(11):
        wanted = [transfer(world, 200_000, 200_000) for _ in range(100)]
        await send(
            tha,
            signed(
                tha, PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=wanted)
            ),
        )
    await first
    seen = []

    async def collect() -> None:
        async for row in changes:
            seen.append(row.transaction_id)  # noqa: PERF401  # what was seen before the end counts

    with pytest.raises(ProtocolError) as ended:
        await collect()
    assert ended.value.reason is Reason.OVERLOADED
    assert 900 <= len(seen) <= 1100


async def test_two_signatures_are_both_kept_and_forwarded(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    await tha.say(PayloadKind.KEY_STATEMENT, key_statement(world, "tha", NEW))
    envelope = sealed(
        tha,
        PayloadKind.PROPOSAL,
        proposal_pb2.Proposal(transaction=transfer(world, 1, 10)),
        None,
        tha.chain.signer,
        NEW,
    )
    answer = await send(tha, envelope)
    assert answer.answers
    (entry,) = (await world.house.deliveries(world.senders["che"].node, 0, 1000))[-1:]
    assert entry.envelopes[0] == envelope
    assert decision_pb2.Verdict.FromString(entry.envelopes[1].payload).results
