# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The first message of a call is waited for until it is late; who ends the wait otherwise is heard."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.handlers import Requests


class Call:
    """What gRPC tells of a call whose message comes when the test says so."""

    def __init__(self) -> None:
        self.message: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def read(self) -> bytes:
        return await self.message


async def test_a_message_that_has_come_is_never_late() -> None:
    call = Call()
    call.message.set_result(b"all")
    requests = Requests(cast("Any", call), None)
    await requests.await_first(60)
    assert requests.only() == b"all"


async def test_a_message_that_does_not_come_is_late_and_its_task_goes_on() -> None:
    requests = Requests(cast("Any", Call()), None)
    with pytest.raises(ProtocolError) as late:
        await requests.await_first(0)
    assert late.value.reason is Reason.MESSAGE_LATE
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


@pytest.mark.parametrize("seconds", [0, 60])
async def test_a_call_that_is_ended_is_not_late(seconds: float) -> None:
    """Also where it is so in the same moment."""
    requests = Requests(cast("Any", Call()), None)
    waiting = asyncio.create_task(requests.await_first(seconds))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
