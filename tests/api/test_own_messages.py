# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""TransactionService.ListOwnMessages: a sender gets what it said back; bounded, paid, and its alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from broker.store import messages
from broker.store.questions import Report
from itmo.clearing.v1 import transaction_service_pb2
from itmo.envelope import Envelope
from itmo.payloads import from_proto
from itmo.reasons import Reason
from tests.api.broker_kit import SECONDS, Line, Served, offer, refusal, trading


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    async with trading() as running:
        yield running


async def own(line: Line, after: int = 0, most: int = 0) -> list[Envelope]:
    request = transaction_service_pb2.ListOwnMessagesRequest(
        after_sequence=after, max_messages=most
    )
    told = await line.transactions.ListOwnMessages(request, timeout=SECONDS)
    return [from_proto(each) for each in told.messages]


async def test_a_sender_gets_its_own_messages_back_and_nobody_else_does(broker: Served) -> None:
    tha, che = await broker.line("tha"), await broker.line("che")
    before = len(await own(tha))
    sent = [offer(broker, 1), offer(broker, 2)]
    for each in sent:
        await tha.submit(each)
    assert (await own(tha))[before:] == sent
    assert await own(tha, before + 1) == sent[1:]
    assert await own(tha, before, most=1) == sent[:1]
    assert await own(tha, before + 2) == []
    assert not {each.payload for each in await own(che)} & {each.payload for each in sent}


async def test_own_messages_come_in_answers_of_bounded_size(
    broker: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    tha = await broker.line("tha")
    await tha.submit(offer(broker, 1))
    monkeypatch.setattr(messages, "MAX_OWN_BYTES", 1)
    everything: list[Envelope] = []
    while found := await own(tha, len(everything)):
        assert len(found) == 1
        everything += found
    assert len(everything) > 2


@pytest.mark.parametrize(("after", "most"), [(0, 257), (2**64 - 1, 1)])
async def test_a_question_for_own_messages_out_of_bounds_is_refused(
    broker: Served, after: int, most: int
) -> None:
    error = await refusal(own(await broker.line("tha"), after, most))
    assert error.reason is Reason.PAYLOAD_INVALID


async def test_a_question_for_own_messages_is_paid_like_every_question(
    broker: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = broker.world.house.questions.ask

    async def noted(node: str, report: Report[object]) -> object:
        asked.append(node)
        return await ask(node, report)

    monkeypatch.setattr(broker.world.house.questions, "ask", noted)
    await own(await broker.line("tha"))
    assert asked == ["tha"]
