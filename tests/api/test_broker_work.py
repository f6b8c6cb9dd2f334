# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Work over the wire, with the writer on its own thread: what is paid, and what nobody waits for."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from broker.clearing.path import cost
from broker.clearing.path.port import Judge, Outcome
from broker.clearing.path.received import Received
from broker.reports.paris import meta_answers
from broker.services.paris import meta_registry
from broker.store.sqlite_groups import SqliteGroupStore
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clearing.v1 import meta_registry_service_pb2_grpc
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind, to_proto
from itmo.reasons import Reason
from itmo.runtime.rpc.limiting import CallLimits
from tests.api.broker_kit import (
    SECONDS,
    SOON,
    SubmitBatchRequest,
    offer,
    one_unit,
    refusal,
    trading,
    until,
)
from tests.kit.clearing import sealed


async def test_validation_is_paid_by_its_cost(tmp_path: Path) -> None:
    """Twenty validations of a batch of 100 cost over a hundred tokens besides those of the calls."""
    limits = CallLimits(rate_per_second=0.001, burst=60)
    async with trading(database=tmp_path / "broker.sqlite", limits=limits) as running:
        line, other = await running.line("tha"), await running.line("che")
        batch = proposal_pb2.ProposalBatch(
            transactions=[one_unit(running, serial) for serial in range(1, 101)]
        )
        request = SubmitBatchRequest(
            envelope=to_proto(sealed(running.tha, PayloadKind.PROPOSAL_BATCH, batch)),
            validate_only=True,
        )
        calls = 0
        with contextlib.suppress(grpc.aio.AioRpcError):
            while calls < 20:
                await line.transactions.SubmitBatch(request, timeout=SECONDS)
                calls += 1
        assert calls <= 60 * cost.TOKEN // (100 * (cost.PROPOSAL + cost.BLOCK + cost.PIECE)) + 1
        refused = await refusal(line.transactions.SubmitBatch(request, timeout=SECONDS))
        assert refused.reason is Reason.RATE_LIMITED
        assert int(refused.metadata["retry_after_ms"]) > 1000
        await other.fetch()  # nobody else pays


async def test_deliveries_and_transactions_do_not_wait_for_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that lasts until it is let go holds up nothing that others ask."""
    begun, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    made = meta_answers.list_actions

    def long(connection: sqlite3.Connection, **asked: Any) -> pb.ListActionsResponse:  # noqa: ANN401  # as it is asked
        loop.call_soon_threadsafe(begun.set)
        go.wait(SECONDS)
        return made(connection, **asked)

    monkeypatch.setattr(meta_registry, "list_actions", long)
    async with trading(database=tmp_path / "broker.sqlite") as running:
        line, other = await running.line("tha"), await running.line("che")
        stub = meta_registry_service_pb2_grpc.MetaRegistryServiceStub(line.channel)
        asking = asyncio.ensure_future(
            stub.ListActions(pb.ListActionsRequest(party="THA", year=2023), timeout=SECONDS)
        )
        try:
            await begun.wait()
            await asyncio.wait_for(other.fetch(), SOON)
            await asyncio.wait_for(line.submit(offer(running, 1)), SOON)
            assert not asking.done()
        finally:
            go.set()
        assert len((await asking).actions) == 1


async def test_decisions_do_not_wait_for_a_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A validation that lasts until it is let go holds up no decision."""
    asked, judged = asyncio.Event(), asyncio.Event()
    async with trading(database=tmp_path / "broker.sqlite") as running:
        rehearse = SqliteGroupStore.rehearse

        async def endless(
            self: SqliteGroupStore, received: Received, judge: Judge, now: datetime
        ) -> Outcome:
            asked.set()
            await judged.wait()
            return await rehearse(self, received, judge, now)

        monkeypatch.setattr(SqliteGroupStore, "rehearse", endless)
        line = await running.line("tha")
        envelope = sealed(
            running.tha,
            PayloadKind.PROPOSAL,
            proposal_pb2.Proposal(transaction=one_unit(running, 1)),
        )
        validation = asyncio.create_task(line.submit(envelope, validate_only=True))
        await asyncio.wait_for(asked.wait(), SOON)
        for serial in range(10, 15):
            await line.submit(offer(running, serial))
        assert not validation.done()
        validation.cancel()
        await asyncio.gather(validation, return_exceptions=True)
        judged.set()
        await line.submit(offer(running, 20))


async def test_a_call_that_is_cancelled_leaves_no_message_behind(tmp_path: Path) -> None:
    async with trading(database=tmp_path / "broker.sqlite") as running:
        line = await running.line("tha")
        early = running.world.house.early_messages
        offer(running, 1)  # signed and never sent: the next one waits for it
        waiting = asyncio.create_task(line.submit(offer(running, 2)))
        await until(lambda: len(early) == 1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await until(lambda: len(early) == 0)
        assert early.payload_bytes == 0
