# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How many methods a server has makes none of its calls dearer, and the health is not asked for in their queue."""

from __future__ import annotations

import asyncio
from typing import Any

from itmo.clearing.v1 import directory_service_pb2_grpc, transaction_service_pb2_grpc
from itmo.runtime.rpc.server import Health, make_server

SERVICES = (
    transaction_service_pb2_grpc.add_TransactionServiceServicer_to_server,
    directory_service_pb2_grpc.add_DirectoryServiceServicer_to_server,
)


class NeverCalled:
    """Has whatever method a service may have."""

    def __getattr__(self, name: str) -> object:
        return name


async def waiting(services: tuple[Any, ...], *, health: bool = False) -> int:
    """Tasks of a server that has begun to wait for calls."""
    server = make_server(interceptors=[])
    for add in services:
        add(NeverCalled(), server)
    if health:
        Health(server, [])
    before = asyncio.all_tasks()
    await server.start()
    try:
        return len(asyncio.all_tasks() - before)
    finally:
        await server.stop(None)


async def test_a_server_waits_for_the_next_call_once_however_many_methods_it_has() -> None:
    # One serves, and one waits for the next call.
    assert await waiting(()) == await waiting(SERVICES) == 2


async def test_calls_for_the_health_do_not_wait_behind_all_others() -> None:
    assert await waiting(SERVICES, health=True) == await waiting((), health=True) > 2
