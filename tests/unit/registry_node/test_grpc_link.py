# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a subscriber says ends with its stream, so that no task of gRPC is left waiting for it."""

from __future__ import annotations

import asyncio

import pytest

from registry_node.adapters.grpc_link import _Frames
from registry_node.broker_link import Cursor


async def test_requests_end_with_the_stream() -> None:
    frames = _Frames(Cursor(7), 10)
    requests = frames.requests()
    assert (await anext(requests)).cursor == 7
    waiting = asyncio.ensure_future(anext(requests))
    await asyncio.sleep(0)
    frames.end()
    with pytest.raises(StopAsyncIteration):
        await waiting
