# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A case is put together once for a message, and anew where its group changed what it is made of."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from broker.clearing.decision import declaring
from broker.clearing.decision.case import case_of
from broker.clearing.path.house import Answer
from broker.rulebook.general.case import Case
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.envelope import Envelope
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, Sender, failed, transfer, verdict_of
from tests.kit.world_again import trading_again

Sent = tuple[Sender, Envelope]
Before = Callable[[ClearingWorld, proposal_pb2.ProposedTransaction], list[Sent]]


def _signed(sender: Sender, kind: PayloadKind, payload: Any) -> Sent:  # noqa: ANN401  # any payload
    return sender, sender.chain.sign(kind, payload, sender.world.clock.now())


def _proposed(sender: Sender, transaction: proposal_pb2.ProposedTransaction) -> Sent:
    return _signed(sender, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transaction))


def _other_units(world: ClearingWorld, _: proposal_pb2.ProposedTransaction) -> list[Sent]:
    """They lie in the same row, which is split."""
    return [_proposed(world.senders["tha"], transfer(world, 50_001, 50_010))]


def _same_units(world: ClearingWorld, _: proposal_pb2.ProposedTransaction) -> list[Sent]:
    return [_proposed(world.senders["tha"], transfer(world, 5, 14))]


def _same_units_otherwise(world: ClearingWorld, _: proposal_pb2.ProposedTransaction) -> list[Sent]:
    """By a transfer that is not like the one after it, so that each is put together before."""
    before = transfer(world, 5, 14)
    before.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    return [_proposed(world.senders["tha"], before)]


def _same_name(world: ClearingWorld, later: proposal_pb2.ProposedTransaction) -> list[Sent]:
    before = transfer(world, 400_001, 400_010)  # nobody has them: no unit is changed
    before.transaction_id = later.transaction_id
    return [_proposed(world.senders["tha"], before)]


def _closed(world: ClearingWorld, later: proposal_pb2.ProposedTransaction) -> list[Sent]:
    closed = statements_pb2.AccountStatement(
        account_id=later.to_account, registry="CHE01", account_type=100, closed=True
    )
    return [_signed(world.senders["che"], PayloadKind.ACCOUNT_STATEMENT, closed)]


async def _told(
    before: Before | None, *, together: bool
) -> tuple[list[bytes], decision_pb2.TransactionVerdict]:
    """Every signed answer, and the verdict on what was proposed last."""
    world = await trading_again()
    later = transfer(world, 1, 10)
    sent = before(world, later) if before is not None else []
    sent.append(_proposed(world.senders["tha"], later))
    calls: list[Awaitable[Answer]] = [world.house.submit(who.node, each) for who, each in sent]
    answers = await asyncio.gather(*calls) if together else [await call for call in calls]
    await world.house.stop()
    payloads = [each.payload for answer in answers for each in answer.answers]
    return payloads, verdict_of(answers[-1]).results[0]


@pytest.mark.parametrize(
    "before", [_other_units, _same_units, _same_units_otherwise, _same_name, _closed]
)
async def test_what_a_group_changed_is_seen_by_the_next_of_it(before: Before) -> None:
    """The bytes of the verdict are those of messages that came one after the other."""
    together, verdict = await _told(before, together=True)
    assert together == (await _told(before, together=False))[0]
    valid = before is _other_units
    assert (verdict.state == decision_pb2.STATE_VALIDATED) is valid, failed(verdict)


async def test_a_case_is_put_together_once_and_again_where_its_units_were_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[str] = []

    def noted(*args: Any) -> Case:  # noqa: ANN401  # handed on
        built.append(args[4].transaction_id)
        return case_of(*args)

    monkeypatch.setattr(declaring, "case_of", noted)
    for before, times in (
        (None, [1]),
        (_other_units, [1, 1]),
        (_same_units, [1, 1]),  # alike, so the second is put together where it turns out not to be
        (_same_units_otherwise, [1, 2]),
    ):
        built.clear()
        await _told(before, together=True)
        # Of what is set up before, each was proposed alone.
        counted = sorted(Counter(built).values())
        assert counted == sorted([*([1] * (len(counted) - len(times))), *times])
