# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Judging once what is alike changes not a byte of what is decided."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from broker.regime.paris import judgement
from broker.regime.seen import Kinds
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    authorize,
    issuance,
    stored,
    trading_world,
    transfer,
    use,
)
from tests.kit.many import many
from tests.kit.sharing import DAILY, TRANSACT, share
from tests.property import test_kyoto_histories
from tests.unit.broker.clearing.test_answers_together import answered

ROUNDS = 14
"""Groups of one history: enough for each thing that may happen between batches to happen."""
STEP = 40
"""Serials of one place."""


def _issued(world: ClearingWorld, rng: Random) -> proposal_pb2.ProposedTransaction:
    """An issuance of one block or two, mostly a plain one; often of serials that were issued before."""
    first = 200_000 + rng.randrange(60) * STEP
    wanted = issuance(world, "THA01", first, first + STEP - 1 + rng.choice((0, 0, 0, STEP)))
    if rng.random() < 0.3:  # of ten three
        wanted.blocks.add().CopyFrom(wanted.blocks[0])
        wanted.blocks[1].first += 10_000
        wanted.blocks[1].last += 10_000
    stated = wanted.blocks[0].attributes.paris
    stated.authorization.version = rng.choice((1, 1, 2, 3))
    stated.sector = rng.choice(("Transportation", "Energy industries", "of no list"))
    stated.vintage = rng.choice((2022, 2022, 2023, 1999))
    return wanted


def _wanted(world: ClearingWorld, rng: Random) -> proposal_pb2.ProposedTransaction:
    """A transfer, mostly a plain one; use of what went over; an issuance; or something odd."""
    if rng.random() < 0.15:  # some
        return _issued(world, rng)
    first = rng.randrange(40) * STEP + 1
    last = first + rng.choice((0, STEP - 1, STEP - 1, STEP - 1, 3 * STEP))
    if rng.random() < 0.2:  # a fifth
        return use(world, first, last, rng.choice((2025, 2025, 2040, 0)))
    wanted = transfer(world, first, last)
    odd = rng.randrange(12)
    if odd == 0:
        wanted.blocks[0].quantity = last - first + rng.choice((0, 1))
    elif odd == 1:
        wanted.deadline.FromDatetime(world.clock.now())
        wanted.deadline.seconds += rng.choice((0, 3_600))
    elif odd == 2:  # one of twelve
        wanted.blocks.add(registry="THA01", first=first + 5_000, last=first + 5_010)
    elif odd == 3:  # the same
        wanted.terms.paris.first_transfer = rng.random() < 0.5  # either
    elif odd == 4:  # the same
        wanted.to_account = wanted.to_account[:-1] + "9"
    return wanted


def _between(
    world: ClearingWorld, rng: Random, made: Counter[str]
) -> Coroutine[Any, Any, object] | None:
    """What may happen in the same group as a batch."""
    tha, che = world.senders["tha"], world.senders["che"]
    happens = rng.randrange(6)
    if happens == 0:
        # Lower and lower: the transfers after it are warned of, or stopped.
        made["letters"] += 1
        limit = rng.random() < 0.3  # rarely
        version, quantity = made["letters"] + 1, 99_990 + rng.randrange(20)
        return authorize(tha, version=version, quantity=quantity, quantity_is_limit=limit)
    if happens == 1:
        switched = {"ID_MO_EVIDENCE": "RECEIVER"} if rng.random() < 0.7 else {}  # mostly
        return share(che, "CHE01", TRANSACT, DAILY, **switched)
    if happens == 2:  # one of six
        made["accounts"] += 1
        return world.open_account(che, "CHE01", 100, number=made["accounts"] + 1)
    return None


async def _answered(
    world: ClearingWorld, rng: Random, offered: list[proposal_pb2.ProposedTransaction]
) -> None:
    """Most of what was offered is accepted together, some of it singly or rejected."""
    ids = [each.transaction_id for each in offered if rng.random() < 0.8]  # mostly
    if not ids:
        return
    written = proposal_pb2.AcceptanceBatch(proposals=answered(world, ids))
    che = world.senders["che"]
    if rng.random() < 0.2:  # a fifth
        rejected = proposal_pb2.RejectionBatch(proposals=written.proposals)
        await che.say(PayloadKind.REJECTION_BATCH, rejected)
        return
    await che.say(PayloadKind.ACCEPTANCE_BATCH, written)


async def _history(seed: int) -> dict[str, list[tuple[object, ...]]]:
    rng, world = Random(seed), await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    made = Counter[str]()
    for _ in range(ROUNDS):
        wanted = [_wanted(world, rng) for _ in range(rng.choice((1, 3, 20)))]
        giving = [each for each in wanted if each.to_registry != each.from_registry]
        issuing = [each for each in wanted if each.to_registry == "THA01"]
        using = [each for each in wanted if each.from_registry == "CHE01"]
        said: list[Coroutine[Any, Any, object]] = []
        for sender, each in ((tha, giving), (tha, issuing), (che, using)):
            if each:
                written = proposal_pb2.ProposalBatch(transactions=each)
                said.append(sender.say(PayloadKind.PROPOSAL_BATCH, written))
        between = _between(world, rng, made)
        if between is not None:
            said.insert(rng.randrange(len(said) + 1), between)
        await asyncio.gather(*said)
        await _answered(world, rng, giving)
        world.clock.advance(timedelta(seconds=rng.choice((1, 50_000))))
    await world.house.stop()
    issued = "SELECT count(*) FROM issued_block"
    assert world.connection.execute(issued).fetchone()[0] > 1, "something was issued on the way"
    return stored(world.connection)


_NARROW = (
    judgement._PROPOSED,
    judgement._WAITING,
    judgement._COUNTED,
    judgement._COUNTED_PROPOSED,
)
_BROAD = (judgement._BROADLY_PROPOSED.kinds, judgement._BROADLY_WAITING.kinds)


@pytest.mark.parametrize("kinds", [_NARROW, _BROAD])
@pytest.mark.parametrize("seed", many(range(3), {"0"}))
async def test_the_same_is_decided_without_it(
    seed: int, kinds: tuple[Kinds[Any], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[bool] = []
    get = Kinds.get

    def counted(self: Kinds[Any], key: Any) -> object:  # noqa: ANN401  # a key
        if self not in kinds or key is None:
            return None
        found = get(self, key)
        known.append(found is not None)
        return found

    monkeypatch.setattr(Kinds, "get", counted)
    # A history is short: what is found out when a second one comes is found out by the first.
    monkeypatch.setattr(Kinds, "comes_again", lambda _, key: key is not None)
    shortly = await _history(seed)
    assert known.count(True) > len(known) // 3, "odd ones are many here, and many are like others"
    monkeypatch.setattr(Kinds, "get", lambda *_: None)
    fully = await _history(seed)
    assert {name: rows for name, rows in shortly.items() if rows != fully[name]} == {}


@pytest.mark.parametrize("seed", many(range(2), {"0"}))
async def test_the_same_is_decided_under_kyoto(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds: list[ClearingWorld] = []
    parties = test_kyoto_histories.three_parties

    async def kept() -> ClearingWorld:
        worlds.append(await parties())
        return worlds[-1]

    monkeypatch.setattr(test_kyoto_histories, "three_parties", kept)
    known: list[bool] = []
    get = Kinds.get

    def counted(self: Kinds[Any], key: Any) -> object:  # noqa: ANN401  # a key
        found = get(self, key)
        known.append(found is not None)
        return found

    monkeypatch.setattr(Kinds, "get", counted)
    monkeypatch.setattr(Kinds, "comes_again", lambda _, key: key is not None)
    await test_kyoto_histories.played(seed, 60)
    assert known.count(True) > len(known) // 8, "kinds are many here"
    monkeypatch.setattr(Kinds, "get", lambda *_: None)
    await test_kyoto_histories.played(seed, 60)
    shortly, fully = (stored(world.connection) for world in worlds)
    assert {name: rows for name, rows in shortly.items() if rows != fully[name]} == {}
