# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from itmo.reasons import Reason
from itmo.runtime.rpc.server import stop_gracefully
from tests.unit.itmo_runtime.echo_service import (
    SERVICE,
    Network,
    Running,
    count,
    read,
    refusal,
    running,
    say,
)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network.create(tmp_path / "net")


@pytest.fixture
async def service(network: Network) -> AsyncIterator[Running]:
    async with running(network.server()) as service:
        yield service


async def check_health(channel: grpc.aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
    return int(answer.status)


async def test_stopping_says_not_serving_refuses_calls_and_ends_streams(
    network: Network, service: Running
) -> None:
    serving, not_serving = 1, 2
    async with service.connect(network.node("che-node")) as channel:
        assert await check_health(channel, SERVICE) == serving
        stream = count(channel, 1)
        assert await read(stream) == "0"
        seen: list[object] = []

        async def drain() -> None:
            seen.append(await check_health(channel, ""))
            seen.append(await check_health(channel, SERVICE))
            seen.append((await refusal(say(channel, "a"))).reason)

        await stop_gracefully(
            service.server, guard=service.guard, health=service.health, drain=drain
        )
        assert seen == [not_serving, not_serving, Reason.SHUTTING_DOWN]
        error = await refusal(stream.read())
        assert (error.reason, error.metadata["retry_after_ms"]) == (Reason.SHUTTING_DOWN, "1000")


async def list_services(channel: grpc.aio.Channel) -> list[str]:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type]
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    answers = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]
    return [service.name for service in answers[0].list_services_response.service]


async def test_reflection_is_off_unless_asked_for(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await list_services(channel)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    async with (
        running(network.server("second"), reflect=True) as reflecting,
        reflecting.connect(network.node("tha-node")) as channel,
    ):
        assert "grpc.health.v1.Health" in await list_services(channel)
