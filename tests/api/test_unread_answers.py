# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node that asks and does not read what it asked for keeps little of it in the broker's memory."""

from __future__ import annotations

import asyncio

import h2.settings
import pytest

from itmo.clearing.v1 import delivery_service_pb2 as mail
from itmo.runtime.rpc import interceptors, limiting
from tests.api.broker_kit import SOON, UNHURRIED, offer, trading, until
from tests.kit.raw_http2 import connected

FETCH = "/itmo.clearing.v1.DeliveryService/Fetch"
CALLS = 20


async def test_answers_that_nobody_takes_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interceptors, "LARGE_ANSWER_BYTES", 500)
    async with trading(limits=UNHURRIED) as running:
        line = await running.line("tha")
        for at in range(1, 4):
            await line.submit(offer(running, at))
        await until(lambda: running.servers.guard.calls.held() == {})
        ask = mail.FetchRequest(max_deliveries=3)
        size = len((await line.deliveries.Fetch(ask, timeout=SOON)).SerializeToString())
        monkeypatch.setattr(limiting, "MAX_UNSENT_BYTES", 3 * size)
        guard = running.servers.guard
        async with connected(running.port, running.world.tls["tha"]) as silent:
            # Room for a refusal, which has no content, and for a few bytes of an answer; nothing is taken.
            narrow: dict[h2.settings.SettingCodes | int, int] = {
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 16
            }
            silent.state.update_settings(narrow)
            monkeypatch.setattr(silent.state, "acknowledge_received_data", lambda *_: None)
            await silent.flush()
            for _ in range(CALLS):
                await silent.message(await silent.call(FETCH), ask.SerializeToString())
            await until(lambda: len(silent.endings) == CALLS - 3)
            assert {each.reason for each in silent.endings.values()} == {"OVERLOADED"}
            assert guard.calls.held() == {"tha": 3}, "they keep their places, too"
            # Whoever reads what it asked for is served all the while.
            assert (
                await (await running.line("che")).deliveries.Fetch(ask, timeout=SOON)
            ).deliveries
        await until(lambda: guard.calls.held() == {})
        async with asyncio.timeout(SOON):
            assert len((await line.deliveries.Fetch(ask, timeout=SOON)).deliveries) == 3
