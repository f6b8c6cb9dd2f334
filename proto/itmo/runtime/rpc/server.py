# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Servers: options that bound what a peer can make big, ports, health, and an orderly stop.

The figures follow design: reliability, sections 3.1 to 3.3. Those of keep-alive belong together
with the client's in `client.py`.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from itmo.runtime.rights import may_write_in
from itmo.runtime.rpc.connections import MAX_CONNECTIONS, MAX_LOCAL_CONNECTIONS
from itmo.runtime.rpc.door import server_with_door
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.lines import Lines
from itmo.runtime.rpc.ports import MAX_SOCKET_PATH, cannot_listen
from itmo.runtime.rpc.sizes import (
    MAX_LOCAL_SEND_BYTES,
    MAX_METADATA_BYTES,
    MAX_RECEIVE_BYTES,
    MAX_SEND_BYTES,
)
from itmo.runtime.rpc.tls import TlsFiles, server_credentials

# Calls at once on one connection, those included that were answered and are not let go of yet: 20 that a client
# starts together, its streams, and one to spare; more is bulk work that belongs in a batch.
MAX_STREAMS_PER_CONNECTION: Final = 24
# On a socket file there are no strangers: the guard tells its caller with a reason what is too much (200 calls and 8
# streams, registry_node.api.operator_service), and gRPC, which counts answered calls for a moment longer, takes twice that.
MAX_LOCAL_STREAMS_PER_CONNECTION: Final = 512
# Calls at once that gRPC takes in, as a last line. The guard refuses whoever has too many as soon as
# the headers are there, so this is reached only by more calls in one instant than it refuses in that
# time; it must lie far above what a crowd of connections can open (MAX_STREAMS_PER_CONNECTION each),
# since beyond it gRPC refuses the honest too, and without a reason of ours.
MAX_RPCS: Final = 16_384
# A handshake of TLS and HTTP/2 takes two round trips; whoever connects and says nothing is let go.
HANDSHAKE_MS: Final = 5_000
# A connection without calls is closed after 10 minutes; a node simply connects again.
IDLE_MS: Final = 600_000
# Renewed certificates take effect on every connection within the hour.
AGE_MS: Final = 3_600_000
# A call under way on a connection that has reached its age may take this long to finish.
AGE_GRACE_MS: Final = 30_000
# Dead peers behind firewalls are noticed within 140 seconds: gRPC looks once in this time whether
# anything came since it looked last, and pings the next time where nothing did.
KEEPALIVE_MS: Final = 60_000
KEEPALIVE_TIMEOUT_MS: Final = 20_000
# Clients ping every 30 s; more often than every 20 s is abuse and ends the connection.
MIN_PING_INTERVAL_MS: Final = 20_000

# Calls under way get this long to finish once no new ones are taken in.
STOP_GRACE_SECONDS: Final = 10.0
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportLimits:
    """What a server's transport takes in. The defaults are the constants above."""

    max_receive_bytes: int = MAX_RECEIVE_BYTES
    max_send_bytes: int = MAX_SEND_BYTES
    max_metadata_bytes: int = MAX_METADATA_BYTES
    streams_per_connection: int = MAX_STREAMS_PER_CONNECTION
    rpcs: int = MAX_RPCS
    connections: int = MAX_CONNECTIONS


LOCAL: Final = TransportLimits(
    max_send_bytes=MAX_LOCAL_SEND_BYTES,
    streams_per_connection=MAX_LOCAL_STREAMS_PER_CONNECTION,
    connections=MAX_LOCAL_CONNECTIONS,
)
"""What a socket file takes in."""


def server_options(limits: TransportLimits, *, shared_port: bool = False) -> list[tuple[str, Any]]:
    """Returns the options of gRPC for a server."""
    return [
        ("grpc.max_receive_message_length", limits.max_receive_bytes),
        ("grpc.max_send_message_length", limits.max_send_bytes),
        ("grpc.max_metadata_size", limits.max_metadata_bytes),
        ("grpc.absolute_max_metadata_size", limits.max_metadata_bytes),
        ("grpc.max_concurrent_streams", limits.streams_per_connection),
        ("grpc.max_allowed_incoming_connections", limits.connections),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS),
        ("grpc.max_connection_idle_ms", IDLE_MS),
        ("grpc.max_connection_age_ms", AGE_MS),
        ("grpc.max_connection_age_grace_ms", AGE_GRACE_MS),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", MIN_PING_INTERVAL_MS),
        # Two brokers on one port would each have half of the callers. Processes of one broker share one.
        ("grpc.so_reuseport", int(shared_port)),
    ]


def _of_a_caller_that_stayed(record: logging.LogRecord) -> bool:
    """False for what gRPC writes, with a traceback, when an answer meets a call that has just ended."""
    return not str(record.msg).startswith("ExecuteBatchError raised in core by servicer method")


logging.getLogger("grpc._cython.cygrpc").addFilter(_of_a_caller_that_stayed)


def make_server(
    *,
    limits: TransportLimits | None = None,
    interceptors: Sequence[grpc.aio.ServerInterceptor],
    shared_port: bool = False,
    lines: Lines[Any] | None = None,
) -> grpc.aio.Server:
    """Makes a server without ports and services; `interceptors` are one `CallGuard` or more.

    With `shared_port` other processes of the same program listen on its port too. With `lines`, those of its
    guard, connections take turns.
    """
    limits = TransportLimits() if limits is None else limits
    make = grpc.aio.server if lines is None else partial(server_with_door, lines)
    server = make(
        interceptors=list(interceptors),
        options=server_options(limits, shared_port=shared_port),
        maximum_concurrent_rpcs=limits.rpcs,
    )
    server.add_registered_method_handlers = _found_by_name  # type: ignore[assignment,method-assign]  # as its docstring says
    return server


def _found_by_name(*_: object) -> None:
    """Leaves methods to be found by name: of those that are registered, gRPC looks through all at every call.

    It waits for the next call of each of them at once: with the broker's 32 methods that takes 50 microseconds
    of each call, where it takes 20 to wait for the next call of any (grpc #43461; decision record 0047).
    """


def add_tls_port(server: grpc.aio.Server, address: str, files: TlsFiles) -> int:
    """Listens on `host:port` with mutual TLS and returns the port; port 0 takes a free one.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, for a bad TLS file or an address that cannot be had.
    """
    credentials = server_credentials(files)
    try:
        return server.add_secure_port(address, credentials)
    except RuntimeError:  # another program was faster than the look at the port
        raise cannot_listen(address, "it is in use, or not an address of this machine") from None


def add_unix_port(server: grpc.aio.Server, path: Path) -> None:
    """Listens on a socket file that only its owner can open.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when the path is too long, its directory is missing or
            open for writing to others, or something else lies there.
    """
    if not path.is_absolute() or len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise cannot_listen(path, f"it must be absolute and have {MAX_SOCKET_PATH} bytes or fewer")
    if path.parent.is_dir() and not may_write_in(path.parent):
        raise cannot_listen(path, "this user may not write in its directory")
    if not path.parent.is_dir() or path.parent.stat().st_mode & stat.S_IWOTH:
        raise cannot_listen(path, "its directory is missing or open for writing to others")
    if path.exists() and not path.is_socket():
        raise cannot_listen(path, "a file lies there already")
    # The socket is made inside this call; the mask keeps others out from its first moment on.
    mask = os.umask(~_OWNER_ONLY & 0o777)
    try:
        server.add_secure_port(
            f"unix:{path}", grpc.local_server_credentials(grpc.LocalConnectionType.UDS)
        )
    except RuntimeError:
        raise cannot_listen(path, "the socket cannot be made there") from None
    finally:
        os.umask(mask)
    path.chmod(_OWNER_ONLY)


class Health:
    """The standard health service: overall and per service, NOT_SERVING first on a stop."""

    def __init__(self, server: grpc.aio.Server, services: Collection[str]) -> None:
        self._servicer = health.aio.HealthServicer()
        self._services = ("", *services)
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def serving(self, *, yes: bool) -> None:
        """Says whether the service does its work; of no effect once it is stopping."""
        answers = health_pb2.HealthCheckResponse
        status = answers.SERVING if yes else answers.NOT_SERVING
        for service in self._services:
            await self._servicer.set(service, status)

    async def stopping(self) -> None:
        """Says NOT_SERVING from now on."""
        await self._servicer.enter_graceful_shutdown()


def enable_reflection(server: grpc.aio.Server, services: Collection[str]) -> None:
    """Lets callers list services and messages; off unless the operator asks for it."""
    reflection.enable_server_reflection((*services, reflection.SERVICE_NAME), server)


async def stop_gracefully(
    server: grpc.aio.Server,
    *,
    guard: CallGuard,
    health: Health | None = None,
    drain: Callable[[], Awaitable[None]] | None = None,
    grace_seconds: float = STOP_GRACE_SECONDS,
) -> None:
    """Stops a server: not healthy, no new calls, streams end, queues drain, connections close.

    Args:
        server: The server.
        guard: Its guard; its event `stopping` tells streams to end.
        health: Its health service.
        drain: Waits for work that was taken in, and makes it durable.
        grace_seconds: How long calls may take after that, those that wait for their turn and are refused and
            those under way.
    """
    if health is not None:
        await health.stopping()
    guard.stopping.set()
    if drain is not None:
        await drain()
    loop = asyncio.get_running_loop()
    until = loop.time() + grace_seconds
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await guard.lines.all_taken()
    await server.stop(max(0.0, until - loop.time()))
    await asyncio.sleep(0)  # lets the tasks of ended calls finish before the loop closes
