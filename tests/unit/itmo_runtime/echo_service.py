# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A small service and a network of certificates, for tests of the plumbing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from broker.authority import Authority, create_authority
from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import current_peer, identify_by_certificate
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.errors import from_rpc_error
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.server import Health, add_tls_port, enable_reflection, make_server
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.tls_request import make_tls_request

NETWORK = NetworkId("test-net")
SERVICE = "test.Echo"
Context = grpc.aio.ServicerContext[Any, Any]


class Echo:
    """Answers, refuses, fails, streams."""

    def __init__(self, guard: CallGuard) -> None:
        self._guard = guard
        self.go = asyncio.Event()
        self.closed = asyncio.Event()

    async def say(self, request: StringValue, _: Context) -> StringValue:
        match request.value:
            case "who":
                return StringValue(value=current_peer().node)
            case "refuse":
                raise ProtocolError(Reason.SEQUENCE_GAP, "gap — é", found=3, expected=2)
            case "gone":
                raise grpc.aio.InternalError(
                    "a batch failed"
                )  # of which what a write raises is one
            case "fail":
                raise RuntimeError("secret detail of the database")
            case "wait":
                await self.go.wait()
            case "large":
                return StringValue(value="x" * (3 * 1024 * 1024))
            case _:
                pass
        return StringValue(value=request.value)

    async def count(self, request: StringValue, _: Context) -> AsyncIterator[StringValue]:
        try:
            for number in range(int(request.value)):
                yield StringValue(value=str(number))
            await self._guard.stopping.wait()
            raise ProtocolError(Reason.SHUTTING_DOWN, "The service is stopping.")
        finally:
            self.closed.set()

    async def chat(
        self, requests: AsyncIterator[StringValue], context: Context
    ) -> AsyncIterator[StringValue]:
        async for request in requests:
            yield StringValue(value=f"{current_peer().node}:{request.value}")

    def handlers(self) -> grpc.GenericRpcHandler:
        """The service as gRPC wants it."""
        coding: dict[str, Any] = {
            "request_deserializer": StringValue.FromString,
            "response_serializer": StringValue.SerializeToString,
        }
        methods: dict[str, Any] = {
            "Say": grpc.unary_unary_rpc_method_handler(self.say, **coding),
            "Count": grpc.unary_stream_rpc_method_handler(self.count, **coding),
            "Chat": grpc.stream_stream_rpc_method_handler(self.chat, **coding),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)


@dataclass(frozen=True)
class Network:
    """An authority and the files of its nodes."""

    directory: Path
    authority: Authority

    @classmethod
    def create(cls, directory: Path, network: NetworkId = NETWORK) -> "Network":
        directory.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC)
        authority = create_authority(network, directory / "ca.pem", directory / "ca.key", now)
        return cls(directory, authority)

    def server(self, name: str = "broker") -> TlsFiles:
        key = generate_tls_key(self.directory / f"{name}.key")
        issued = self.authority.certify_server(
            NodeId("broker"), key.public_key(), ["localhost"], datetime.now(UTC)
        )
        return self._files(name, issued.pem)

    def node(self, name: str) -> TlsFiles:
        key = generate_tls_key(self.directory / f"{name}.key")
        issued = self.authority.certify_node(NodeId(name), make_tls_request(key), datetime.now(UTC))
        return self._files(name, issued.pem)

    def _files(self, name: str, pem: str) -> TlsFiles:
        path = self.directory / f"{name}.pem"
        path.write_text(pem)
        return TlsFiles(self.directory / "ca.pem", path, self.directory / f"{name}.key")


@dataclass(frozen=True)
class Running:
    """A server that is running."""

    server: grpc.aio.Server
    guard: CallGuard
    echo: Echo
    health: Health
    port: int

    @asynccontextmanager
    async def connect(self, files: TlsFiles) -> AsyncIterator[grpc.aio.Channel]:
        channel = secure_channel(f"127.0.0.1:{self.port}", files, server_name="localhost")
        try:
            yield channel
        finally:
            await channel.close()


@asynccontextmanager
async def running(
    files: TlsFiles, *, limits: CallLimits | None = None, reflect: bool = False
) -> AsyncIterator[Running]:
    guard = CallGuard(identify=identify_by_certificate(NETWORK), limits=limits)
    server = make_server(interceptors=[guard])
    echo = Echo(guard)
    server.add_generic_rpc_handlers([echo.handlers()])
    health = Health(server, [SERVICE])
    if reflect:
        enable_reflection(server, ["grpc.health.v1.Health"])
    port = add_tls_port(server, "127.0.0.1:0", files)
    await server.start()
    await health.serving(yes=True)
    try:
        yield Running(server, guard, echo, health, port)
    finally:
        await server.stop(None)


async def say(
    channel: grpc.aio.Channel,
    text: str,
    *,
    seconds: float | None = 5.0,
    compression: grpc.Compression | None = None,
) -> str:
    call: Any = channel.unary_unary(
        f"/{SERVICE}/Say", StringValue.SerializeToString, StringValue.FromString
    )
    answer: StringValue = await call(
        StringValue(value=text), timeout=seconds, compression=compression
    )
    return answer.value


async def read(call: Any) -> str:  # noqa: ANN401 - a call that streams
    message = await call.read()
    assert isinstance(message, StringValue)
    return message.value


async def refusal(awaitable: Awaitable[object]) -> ProtocolError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await awaitable
    return from_rpc_error(caught.value)


def count(channel: grpc.aio.Channel, number: int) -> grpc.aio.UnaryStreamCall[Any, Any]:
    method: grpc.aio.UnaryStreamMultiCallable[Any, Any] = channel.unary_stream(
        f"/{SERVICE}/Count", StringValue.SerializeToString, StringValue.FromString
    )
    return method(StringValue(value=str(number)))
