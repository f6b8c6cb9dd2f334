# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""As much HTTP/2 (RFC 9113) as it takes to misuse it: frames by hand over mutual TLS."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from itmo.runtime.rpc.tls import TlsFiles

DATA: Final = 0x0
HEADERS: Final = 0x1
RST_STREAM: Final = 0x3
SETTINGS: Final = 0x4
PING: Final = 0x6
GOAWAY: Final = 0x7
_ACK: Final = 0x1
_END_HEADERS: Final = 0x4
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD_BYTES: Final = 9
_CANCEL: Final = (8).to_bytes(4)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame as it goes over the wire."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _literal(name: str, value: str) -> bytes:
    """A header field never indexed and not compressed (RFC 7541, section 6.2.2)."""
    coded = b"\x00"
    for text in (name.encode(), value.encode()):
        if len(text) >= 127:  # one byte holds the length of everything that is sent here
            raise ValueError(f"{name} is too long")
        coded += bytes((len(text),)) + text
    return coded


def request_headers(path: str) -> bytes:
    """The header block of a gRPC call."""
    fields = {
        ":method": "POST", ":scheme": "https", ":path": path, ":authority": "localhost",
        "te": "trailers", "content-type": "application/grpc", "grpc-timeout": "30S",
    }  # fmt: skip
    return b"".join(_literal(name, value) for name, value in fields.items())


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """A client's context for mutual TLS that speaks HTTP/2."""
    context = ssl.create_default_context(cafile=str(files.ca))
    context.load_cert_chain(files.certificate, files.key)
    context.set_alpn_protocols(["h2"])
    return context


@dataclass
class Connection:
    """A connection whose frames are made by hand; it answers pings and settings, and counts.

    Attributes:
        closed: Set when the other side has hung up.
        reset: How many streams the other side has reset.
        answered: How many header blocks came.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    reset: int = 0
    answered: int = 0
    next_stream: int = 1
    _task: asyncio.Task[None] = field(init=False)

    @classmethod
    async def open(cls, address: str, context: ssl.SSLContext) -> Connection:
        """Connects and says hello."""
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(
            host, int(port), ssl=context, server_hostname="localhost"
        )
        connection = cls(reader, writer)
        writer.write(_PREFACE + frame(SETTINGS, 0, 0, b""))
        await writer.drain()
        connection._task = asyncio.create_task(connection._read())
        return connection

    async def call(self, path: str) -> int:
        """Opens a stream with headers only; returns its number."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.writer.write(frame(HEADERS, _END_HEADERS, stream, request_headers(path)))
        await self.writer.drain()
        return stream

    async def data(self, stream: int, part: bytes) -> None:
        """Sends a part of a body."""
        self.writer.write(frame(DATA, 0, stream, part))
        await self.writer.drain()

    async def cancel(self, stream: int) -> None:
        """Resets a stream."""
        self.writer.write(frame(RST_STREAM, 0, stream, _CANCEL))
        await self.writer.drain()

    async def _read(self) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await self.reader.readexactly(_HEAD_BYTES)
                payload = await self.reader.readexactly(int.from_bytes(head[:3]))
                kind, flags = head[3], head[4]
                if kind in {SETTINGS, PING} and not flags & _ACK:
                    said = payload if kind == PING else b""
                    self.writer.write(frame(kind, _ACK, 0, said))
                elif kind == RST_STREAM:
                    self.reset += 1
                elif kind == HEADERS:
                    self.answered += 1
        self.closed.set()

    async def close(self) -> None:
        """Hangs up without a word."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self.writer.transport.abort()
