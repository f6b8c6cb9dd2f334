# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client that does what no gRPC library would: calls without a body, bodies byte by byte,
resets by the hundred, frames of its own making. For playing attacks against a real server."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.settings
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import ErrorInfo  # type: ignore[import-untyped]  # it marks no types
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # same

from itmo.runtime.rpc.tls import TlsFiles

_READ_BYTES = 65_536
_ENOUGH_WINDOW = 2**20
NO_STATUS = -1


@dataclass
class Ending:
    """How a call ended.

    Attributes:
        code: The number of the gRPC status; NO_STATUS when the server sent none.
        reason: The reason of the protocol's catalogue, or nothing.
        message: The text of the status.
        reset: The error code of a RST_STREAM, where the stream ended by one.
    """

    code: int = NO_STATUS
    reason: str = ""
    message: str = ""
    reset: int | None = None


@dataclass
class RawConnection:
    """One connection; everything the server says is read in the background."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h2.connection.H2Connection
    endings: dict[int, Ending] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    goaway: int | None = None
    goaway_text: bytes = b""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: dict[int, Ending] = field(default_factory=dict)

    # -- what is sent -------------------------------------------------------------------------

    async def call(
        self,
        method: str,
        *,
        deadline: str | None = "60S",
        extra: Sequence[tuple[str, str]] = (),
        end: bool = False,
    ) -> int:
        """Sends the headers of a call, and no body; returns the number of the stream."""
        stream = self.state.get_next_available_stream_id()
        headers = [
            (":method", "POST"),
            (":scheme", "https"),
            (":path", method),
            (":authority", "localhost"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            *((("grpc-timeout", deadline),) if deadline else ()),
            *extra,
        ]
        self.state.send_headers(stream, headers, end_stream=end)
        await self.flush()
        return stream

    async def message(self, stream: int, content: bytes = b"", *, end: bool = True) -> None:
        """Sends a whole message on a stream."""
        await self.part(stream, framed(content), end=end)

    async def part(self, stream: int, data: bytes, *, end: bool = False) -> None:
        """Sends bytes of a body as they are."""
        self.state.send_data(stream, data, end_stream=end)
        await self.flush()

    async def reset(self, stream: int, error: int = 8) -> None:
        """Cancels a call (8 is CANCEL)."""
        self.state.reset_stream(stream, error)
        await self.flush()

    async def ping(self) -> None:
        """Sends one ping."""
        self.state.ping(b"12345678")
        await self.flush()

    async def settings(self) -> None:
        """Sends settings, which the server has to acknowledge."""
        self.state.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 65_535})
        await self.flush()

    async def raw(self, data: bytes) -> None:
        """Sends bytes that no state machine has looked at."""
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    async def flush(self) -> None:
        """Sends what is ready."""
        await self.raw(self.state.data_to_send())

    # -- what comes back ----------------------------------------------------------------------

    async def ending(self, stream: int, seconds: float = 20.0) -> Ending:
        """How a call ended, once it has."""
        async with asyncio.timeout(seconds):
            while stream not in self.endings and not self.closed.is_set():
                self.changed.clear()
                await self.changed.wait()
        return self.endings.get(stream, Ending())

    async def read_on(self) -> None:
        """Reads until the connection is closed; `connected` runs it."""
        try:
            while data := await self.reader.read(_READ_BYTES):
                for event in self.state.receive_data(data):
                    self._take(event)
                await self.flush()
                self.changed.set()
        except (ConnectionError, ssl.SSLError, h2.exceptions.ProtocolError):
            pass  # a server that hangs up is an answer
        finally:
            self.closed.set()
            self.changed.set()

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.ResponseReceived() | h2.events.TrailersReceived():
                assert event.stream_id is not None
                self._read(self._seen.setdefault(event.stream_id, Ending()), event.headers or [])
            case h2.events.DataReceived():
                assert event.stream_id is not None
                had = self.bodies.get(event.stream_id, b"")
                self.bodies[event.stream_id] = had + (event.data or b"")
                self.state.acknowledge_received_data(
                    event.flow_controlled_length or 0, event.stream_id
                )
            case h2.events.StreamEnded():
                assert event.stream_id is not None
                self.endings[event.stream_id] = self._seen.setdefault(event.stream_id, Ending())
            case h2.events.StreamReset():
                assert event.stream_id is not None
                ending = self._seen.setdefault(event.stream_id, Ending())
                ending.reset = int(event.error_code or 0)
                self.endings.setdefault(event.stream_id, ending)
            case h2.events.ConnectionTerminated():
                self.goaway = int(event.error_code or 0)
                self.goaway_text = event.additional_data or b""
            case _:
                pass

    @staticmethod
    def _read(ending: Ending, headers: Sequence[tuple[bytes, bytes]]) -> None:
        for name, value in headers:
            match name:
                case b"grpc-status":
                    ending.code = int(value)
                case b"grpc-message":
                    ending.message = value.decode()
                case b"grpc-status-details-bin":
                    ending.reason = _reason(value)
                case _:
                    pass


def _reason(value: bytes) -> str:
    try:
        status = Status.FromString(base64.b64decode(value + b"=" * (-len(value) % 4)))
    except (ValueError, DecodeError):
        return ""
    for detail in status.details:
        info = ErrorInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return str(info.reason)
    return ""


def framed(content: bytes) -> bytes:
    """A message as gRPC frames it: not compressed, its length, its bytes."""
    return b"\0" + len(content).to_bytes(4, "big") + content


def tls_context(
    files: TlsFiles, *, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """What a node proves itself with, at one version of TLS."""
    context = ssl.create_default_context(cafile=str(files.ca))
    context.load_cert_chain(str(files.certificate), str(files.key))
    context.check_hostname = False  # certificates of this network name nodes, not hosts
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    return context


@asynccontextmanager
async def connected(
    port: int,
    files: TlsFiles | None = None,
    *,
    socket: str = "",
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[RawConnection]:
    """A connection to a server of this machine, with the preface sent; closed afterwards."""
    if socket:
        reader, writer = await asyncio.open_unix_connection(socket)
    else:
        if files is not None and context is None:
            context = tls_context(files)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    config = h2.config.H2Configuration(client_side=True, header_encoding=None)
    connection = RawConnection(reader, writer, h2.connection.H2Connection(config))
    connection.state.initiate_connection()
    connection.state.increment_flow_control_window(_ENOUGH_WINDOW)
    await connection.flush()
    reading = asyncio.create_task(connection.read_on())
    try:
        yield connection
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        writer.transport.abort()
