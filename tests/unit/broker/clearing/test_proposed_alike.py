# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Of what is proposed in one group, whatever is alike is asked about once, and only that."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from broker.clearing.decision.declaring import proposed_case
from broker.clearing.decision.proposed_alike import proposed_key
from broker.clearing.decision.world import World
from broker.clearing.path.received import Received
from broker.known_regimes import REGIMES
from broker.rulebook.general.case import Case
from broker.store import loading
from itmo.clock import from_ms
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.frozen import replace
from itmo.identifiers import TransactionId
from itmo.payloads import PayloadKind
from itmo.serials import SerialRange
from tests.kit.alike import BACKED, asked_about, backed_units, ended, nothing
from tests.kit.clearing import (
    START,
    ClearingWorld,
    authorize,
    batch,
    failed,
    findings_of,
    issuance,
    paris_terms,
    trading_world,
    transfer,
    verdict_of,
)
from tests.kit.notices import programme
from tests.kit.reconciliation import reconcile, recorded
from tests.unit.broker.clearing.test_answers_together import accept

ONE = SerialRange(1, 1)
_TIMES = 8
"""More of a kind than it takes to find it out."""


def wanted(world: ClearingWorld, other: str) -> list[proposal_pb2.ProposedTransaction]:
    """Transfers of several kinds, in turns and of different sizes, and of kinds of their own."""
    some = [transfer(world, at * 10 + 1, at * 10 + 1 + at) for at in range(_TIMES)]
    for each in some[::2]:
        each.to_account = other
    two = transfer(world, 1_001, 1_002)
    two.blocks.add(registry="THA01", first=1_011, last=1_012)
    two_rows = transfer(world, 2_000, 2_001)
    by_proposer = transfer(world, 3_001, 3_002)
    by_proposer.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    first = transfer(world, 4_001, 4_002)
    first.terms.CopyFrom(paris_terms(first_transfer=True))
    backed = [transfer(world, BACKED + at, BACKED + at) for at in range(2)]
    declared = transfer(world, 5_001, 5_002)
    declared.blocks[0].quantity = 2
    soon = transfer(world, 6_001, 6_002)
    soon.deadline.FromDatetime(START + timedelta(hours=30))
    gone = transfer(world, 800_001, 800_002)
    locked = transfer(world, 7_001, 7_001)
    return [
        *some, two, two_rows, by_proposer, first, *backed, declared, soon, gone, locked
    ]  # fmt: skip


def without_serials(case: Case) -> tuple[object, ...]:
    """All that is known of a transaction, but for its id and serials, and what else its kind leaves out."""
    ((block,), proposed) = (case.blocks, case.proposed)
    (held,) = block.segments
    assert held.range == block.proposed.range
    assert held.locked_by is None
    return (
        replace(
            case,
            blocks=(),
            message=replace(case.message, creation_time=START),
            proposed=replace(proposed, transaction_id=TransactionId(""), blocks=()),
        ),
        replace(block, segments=(), proposed=replace(block.proposed, first=1, last=1)),
        replace(held, range=ONE, moved_by=""),
    )


async def cut_apart(world: ClearingWorld) -> None:
    """Makes one range of two rows, and locks a unit."""
    verdict = await batch(world.senders["tha"], [transfer(world, 7_001, 7_001)])
    assert [failed(each) for each in verdict.results] == [{}]
    offered = transfer(world, 2_001, 2_001)
    await batch(world.senders["tha"], [offered])
    await accept(world, [offered.transaction_id])


async def test_what_has_one_key_differs_in_its_id_and_serials_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[Hashable, list[tuple[object, ...]]] = defaultdict(list)
    load = loading.Loader.load

    def looked_at(
        self: loading.Loader,
        group: Sequence[Received],
        broker: str,
        now_ms: int,
        *more: Any,  # noqa: ANN401  # handed on
    ) -> World:
        world = load(self, group, broker, now_ms, *more)
        for received in group:
            for ordinal, proposed in enumerate(received.proposed):
                key = proposed_key(world, REGIMES, received, proposed)
                made = proposed_case(world, REGIMES, received, ordinal, from_ms(now_ms))
                said = without_serials(made.case) if key is not None else ()
                seen[key].append((made.needs, *said))
        return world

    world = await trading_world()
    await programme(world)
    await backed_units(world)
    other = await world.open_account(world.senders["che"], "CHE01", 100, number=2)
    await cut_apart(world)
    offered = wanted(world, other)
    again = transfer(world, 9_001, 9_001)
    offered.append(again)
    later = [transfer(world, 9_011, 9_012), transfer(world, 9_021, 9_021)]
    later.append(transfer(world, 9_031, 9_031))
    later[2].transaction_id = again.transaction_id
    monkeypatch.setattr(loading.Loader, "load", looked_at)
    tha = world.senders["tha"]
    written = proposal_pb2.ProposalBatch(transactions=offered)
    first = tha.chain.sign(PayloadKind.PROPOSAL_BATCH, written, world.clock.now())
    written = proposal_pb2.ProposalBatch(transactions=later)
    second = tha.chain.sign(
        PayloadKind.PROPOSAL_BATCH, written, world.clock.now() + timedelta(seconds=1)
    )
    submitted = (world.house.submit(tha.node, each) for each in (first, second))
    _, answer = await asyncio.gather(*submitted)
    await world.house.stop()
    results = verdict_of(answer).results
    states = [each.state for each in results]
    valid = decision_pb2.STATE_VALIDATED
    assert states == [valid, valid, decision_pb2.STATE_INVALIDATED], "an id is used once"
    assert list(failed(results[2])) == ["STATE_LEGAL"]
    none = len(seen.pop(None))
    kinds = sorted(map(len, seen.values()))
    assert none == 4, "of two blocks, two rows, none, a locked unit"
    assert kinds == [1, 1, 1, 1, 2, 4, 8]
    for alike in seen.values():
        assert all(each == alike[0] for each in alike)


async def disputed(world: ClearingWorld, unit: int) -> None:
    """The books of the other side have a unit that it does not hold."""
    (held,) = [each for each in recorded(world, "THA01") if each.first == BACKED]
    one = dataclasses.replace(held, first=unit, last=unit)
    await reconcile(world.senders["che"], "CHE01", lambda: [one])


@pytest.mark.parametrize(
    ("happens", "code"),
    [(nothing, ""), (ended, "NOTIFY_HOST_OF_CANCEL"), (disputed, "ID_RECONCILED")],
)
async def test_a_kind_is_asked_about_once_and_serials_that_matter_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[ClearingWorld, int], Awaitable[None]],
    code: str,
) -> None:
    asked = asked_about(monkeypatch, "judge")
    world = await trading_world()
    await programme(world)
    await backed_units(world)
    await happens(world, BACKED + 8)
    offered = [transfer(world, BACKED + at, BACKED + at) for at in range(10)]
    asked.clear()
    verdict = await batch(world.senders["tha"], offered)
    await world.house.stop()
    names = [each.transaction_id for each in offered]
    failures = {each.transaction_id: failed(each) for each in verdict.results if failed(each)}
    assert {name: list(codes) for name, codes in failures.items()} == (
        {names[8]: [code]} if code else {}
    )
    assert asked == (names if code else names[: len(asked)])
    assert code or len(asked) < len(names) // 2, "a kind is found out by the first few of it"


async def test_those_of_one_group_need_not_be_of_one_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = asked_about(monkeypatch, "judge")
    world = await trading_world()
    tha, now = world.senders["tha"], world.clock.now()
    asked.clear()
    signed = []
    for at in range(_TIMES):
        written = proposal_pb2.Proposal(transaction=transfer(world, at + 1, at + 1))
        made = now + timedelta(seconds=at)
        signed.append(tha.chain.sign(PayloadKind.PROPOSAL, written, made))
    answers = await asyncio.gather(*(world.house.submit(tha.node, each) for each in signed))
    await world.house.stop()
    states = [verdict_of(each).results[0].state for each in answers]
    assert states == [decision_pb2.STATE_VALIDATED] * _TIMES
    assert len(asked) < _TIMES // 2


async def test_what_is_issued_meanwhile_is_counted() -> None:
    world = await trading_world()
    tha = world.senders["tha"]
    assert (await authorize(tha, version=2, quantity=100_005)).effective
    offered = [transfer(world, at + 1, at + 1) for at in range(2 * _TIMES)]
    more = issuance(world, "THA01", 900_001, 900_010)
    more.blocks[0].attributes.paris.authorization.version = 2
    before, issued, after = await asyncio.gather(
        batch(tha, offered[:_TIMES]),
        tha.propose(more),
        batch(tha, offered[_TIMES:]),
    )
    await world.house.stop()
    assert issued.state == decision_pb2.STATE_COMPLETED, failed(issued)
    assert [failed(each) for each in before.results] == [{}] * _TIMES
    for place in range(_TIMES):
        warned = findings_of(after, place)["AUTH_QUANTITY_CAP"]
        assert warned.outcome == decision_pb2.OUTCOME_FAILED
