# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Channels: how a program reaches a server, with which deadlines, and what is sent twice.

gRPC repeats reads only, and only when the server was not reached. Whatever changes something is
repeated by the outbox of the caller, with the same bytes, after asking what became of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc

from itmo.runtime.rpc.proxies import proxy_of
from itmo.runtime.rpc.sizes import (
    MAX_LOCAL_SEND_BYTES,
    MAX_METADATA_BYTES,
    MAX_RECEIVE_BYTES,
    MAX_SEND_BYTES,
)

if TYPE_CHECKING:
    from itmo.runtime.rpc.tls import TlsFiles

# Below the minute after which many middleboxes forget a silent connection, and above the interval
# below which the server takes pings for abuse (MIN_PING_INTERVAL_MS).
KEEPALIVE_MS: Final = 30_000
KEEPALIVE_TIMEOUT_MS: Final = 20_000
# After an outage of any length a node is back within half a minute.
MAX_RECONNECT_MS: Final = 30_000
FIRST_RECONNECT_MS: Final = 500

# Deadlines in seconds. Reads answer within milliseconds; this is patience with a bad line.
READ_DEADLINE: Final = 10.0
# A decision waits for its group commit and may stand in a queue before.
SUBMIT_DEADLINE: Final = 30.0
# AEFs of two hundred thousand rows take half a minute of one core, and may stand behind those of another node. The
# longest that a server allows leaves time for whoever asks through a node.
REPORT_DEADLINE: Final = 55.0
# The longest wait of a long poll (limits.MAX_LONG_POLL) and time for the answer to travel.
LONG_POLL_DEADLINE: Final = 45.0

# Calls under way on one connection, streams included: half of what a server takes
# (MAX_STREAMS_PER_CONNECTION). One that is answered keeps its place there until the server has let go
# of it, and answers leave a group at a time: each may be followed by the next call before that.
MAX_CALLS_UNDER_WAY: Final = 12

_READ_ATTEMPTS: Final = 4
_RETRY_FIRST: Final = "0.2s"
_RETRY_LONGEST: Final = "5s"
_RETRY_FACTOR: Final = 2


def client_options(
    *, reads: Collection[str] = (), proxy: bool = False, takes_in: int = MAX_SEND_BYTES
) -> list[tuple[str, Any]]:
    """Returns the options of gRPC for a channel.

    Args:
        takes_in: Bytes of the largest answer.
        reads: Methods that may be repeated, as `package.Service/Method`.
        proxy: Whether a proxy of the environment is heeded.
    """
    return [
        # What the server may send, we take in; what it takes in, we may send.
        ("grpc.max_receive_message_length", takes_in),
        ("grpc.max_send_message_length", MAX_RECEIVE_BYTES),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", FIRST_RECONNECT_MS),
        ("grpc.max_reconnect_backoff_ms", MAX_RECONNECT_MS),
        # A service configuration from DNS could switch on repetition behind our back.
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.service_config", _service_config(reads)),
        # Between two programs of one machine there is none, whatever the environment names.
        ("grpc.enable_http_proxy", int(proxy)),
    ]


def _service_config(reads: Collection[str]) -> str:
    names = [dict(zip(("service", "method"), each.split("/"), strict=True)) for each in reads]
    policy = {
        "maxAttempts": _READ_ATTEMPTS,
        "initialBackoff": _RETRY_FIRST,
        "maxBackoff": _RETRY_LONGEST,
        "backoffMultiplier": _RETRY_FACTOR,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": policy}] if names else []})


def secure_channel(
    address: str,
    tls: TlsFiles,
    *,
    server_name: str | None = None,
    reads: Collection[str] = (),
) -> grpc.aio.Channel:
    """Opens a channel with mutual TLS; it connects when it is first used.

    A renewed certificate of this side takes effect in the next channel.

    Args:
        address: `host:port`.
        tls: Own files.
        server_name: The name the server's certificate must hold, where it is not the host.
        reads: Methods that may be repeated, as `package.Service/Method`.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the file and what is wrong with it.
    """
    from itmo.runtime.rpc.tls import channel_credentials  # heavy; a local channel needs it not

    options = client_options(reads=reads, proxy=proxy_of(address, os.environ) is not None)
    if server_name is not None:
        options.append(("grpc.ssl_target_name_override", server_name))
    return grpc.aio.secure_channel(address, channel_credentials(tls), options=options)


def local_channel(socket_path: Path) -> grpc.aio.Channel:
    """Opens a channel to a server on a socket file of this machine."""
    credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
    options = client_options(takes_in=MAX_LOCAL_SEND_BYTES)
    # Else the path would be percent-encoded into a host name, of which servers take exception.
    options.append(("grpc.default_authority", "localhost"))
    return grpc.aio.secure_channel(f"unix:{socket_path}", credentials, options=options)
