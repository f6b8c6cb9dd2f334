# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Of what one group completes, whatever is alike is asked about once, and only that."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from broker.clearing.decision.declaring import waiting_case
from broker.clearing.decision.waiting_alike import waiting_key
from broker.clearing.decision.world import World
from broker.clearing.path.received import Received
from broker.known_regimes import REGIMES
from broker.regime.paris.postings import postings_like
from broker.regime.postings import Postings
from broker.rulebook.general.case import Case
from broker.rulebook.general.registries import OperationalStatus
from broker.store import loading, transaction_record
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope
from itmo.frozen import replace
from itmo.identifiers import TransactionId
from itmo.payloads import PayloadKind
from itmo.serials import SerialRange
from tests.kit.alike import BACKED, asked_about, backed_units, ended, nothing
from tests.kit.clearing import (
    START,
    ClearingWorld,
    batch,
    failed,
    paris_terms,
    receipt_of,
    send,
    trading_world,
    transfer,
)
from tests.kit.notices import programme
from tests.kit.reconciliation import reconcile, recorded
from tests.unit.broker.clearing.test_answers_together import accept

ONE = SerialRange(1, 1)
Seen = dict[Hashable, list[tuple[object, ...]]]


def wanted(world: ClearingWorld, other: str) -> list[proposal_pb2.ProposedTransaction]:
    """Transfers of two kinds, in turns and of different sizes, and of kinds of their own."""
    some = [transfer(world, at * 10 + 1, at * 10 + 1 + at) for at in range(8)]
    for each in some[::2]:
        each.to_account = other
    two = transfer(world, 1_001, 1_002)
    two.blocks.add(registry="THA01", first=1_011, last=1_012)
    by_proposer = transfer(world, 2_001, 2_002)
    by_proposer.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    within = transfer(world, 4_001, 4_002)
    within.terms.CopyFrom(paris_terms(first_transfer=True))
    backed = [transfer(world, BACKED + at, BACKED + at) for at in range(2)]
    return [*some, two, by_proposer, within, *backed]


def without_serials(case: Case, postings: Postings) -> tuple[object, ...]:
    """All that is known of a transaction, but for its id and its serials."""
    ((block,), proposed) = (case.blocks, case.proposed)
    (held,) = block.segments
    assert held.locked_by == proposed.transaction_id
    assert (held.range, proposed.quantity) == (proposed.blocks[0].range, held.range.quantity)
    return (
        replace(
            case,
            blocks=(),
            message=replace(case.message, creation_time=START),
            proposed=replace(proposed, transaction_id=TransactionId(""), blocks=()),
        ),
        replace(block, segments=(), proposed=replace(block.proposed, first=1, last=1)),
        replace(held, range=ONE, locked_by=None),
        postings_like(postings, "", ONE),
    )  # fmt: skip


async def test_what_has_one_key_differs_in_its_id_and_serials_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: Seen = defaultdict(list)
    load = loading.Loader.load

    def looked_at(self: loading.Loader, group: Sequence[Received], *args: Any) -> World:  # noqa: ANN401  # handed on
        world = load(self, group, *args)
        for received in group:
            for answered in received.answered:
                row = world.transactions[answered.transaction_id]
                postings = world.postings[row.transaction_id]
                key = waiting_key(world, row, postings)
                made = waiting_case(world, REGIMES, received, row, postings, clock.now())
                said = without_serials(made.case, postings) if key is not None else ()
                seen[key].append((made.needs, *said))
        return world

    world = await trading_world()
    clock = world.clock
    await programme(world)
    await backed_units(world)
    other = await world.open_account(world.senders["che"], "CHE01", 100, number=2)
    offered = wanted(world, other)
    verdict = await batch(world.senders["tha"], offered)
    assert [failed(each) for each in verdict.results] == [{}] * len(offered)
    monkeypatch.setattr(loading.Loader, "load", looked_at)
    await accept(world, [each.transaction_id for each in offered])
    await world.house.stop()
    assert len(seen.pop(None)) == 1, "that of two blocks is like no other"
    assert sorted(map(len, seen.values())) == [1, 2, 4, 5]
    for alike in seen.values():
        assert all(each == alike[0] for each in alike)


async def disputed(world: ClearingWorld, unit: int) -> None:
    """The books of the other side have a unit that it does not hold yet."""
    await reconcile(
        world.senders["che"],
        "CHE01",
        lambda: [each for each in recorded(world, "THA01") if each.first == unit],
    )


@pytest.mark.parametrize(
    ("happens", "code"),
    [(nothing, ""), (ended, "NOTIFY_HOST_OF_CANCEL"), (disputed, "ID_RECONCILED")],
)
async def test_a_kind_is_asked_about_once_and_serials_that_matter_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[ClearingWorld, int], Awaitable[None]],
    code: str,
) -> None:
    asked = asked_about(monkeypatch, "still_possible")
    world = await trading_world()
    await programme(world)
    await backed_units(world)
    offered = [transfer(world, BACKED + at, BACKED + at) for at in range(10)]
    await batch(world.senders["tha"], offered)
    await happens(world, BACKED + 8)
    names = [each.transaction_id for each in offered]
    receipts = await accept(world, names)
    await world.house.stop()
    refused = {each.transaction_id: each.refusal.code for each in receipts if not each.effective}
    assert refused == ({names[8]: code} if code else {})
    assert asked == (names if code else names[: len(asked)])
    assert code or len(asked) < len(names) // 2, "a kind is found out by the first few of it"


async def test_those_of_one_group_need_not_be_of_one_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = asked_about(monkeypatch, "still_possible")
    world = await trading_world()
    signed = await accepted_singly(world, 10)
    answers = await asyncio.gather(*(send(world.senders["che"], each) for each in signed))
    await world.house.stop()
    states = [receipt_of(each).state for each in answers]
    assert states == [decision_pb2.STATE_COMPLETED] * len(signed)
    assert len(asked) < len(signed) // 2


async def test_what_is_stated_between_two_messages_is_seen() -> None:
    world = await trading_world()
    che, signed = world.senders["che"], await accepted_singly(world, 10)
    suspended = world.operator.set_registry_status(
        "THA01", OperationalStatus.NON_OPERATIONAL, "fire"
    )
    sent = [send(che, each) for each in signed]
    answers: list[Any] = await asyncio.gather(*sent[:5], suspended, *sent[5:])
    await world.house.stop()
    codes = [receipt_of(each).refusal.code for each in (*answers[:5], *answers[6:])]
    assert codes == [""] * 5 + ["REG_OPERATIONAL"] * 5


async def accepted_singly(world: ClearingWorld, count: int) -> list[Envelope]:
    """Acceptances, a second apart, of what was proposed together."""
    offered = [transfer(world, at + 1, at + 1) for at in range(count)]
    await batch(world.senders["tha"], offered)
    proposed = transaction_record.transaction(world.connection, offered[0].transaction_id)
    assert proposed is not None
    signed = []
    for at, each in enumerate(offered):
        written = proposal_pb2.Acceptance(
            transaction_id=each.transaction_id, proposal_hash=proposed.proposal_hash
        )
        made = world.clock.now() + timedelta(seconds=at)
        signed.append(world.senders["che"].chain.sign(PayloadKind.ACCEPTANCE, written, made))
    return signed
