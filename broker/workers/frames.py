# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Frames between the processes of one broker: a length, a kind, and plain values.

Both ends are the same program of the same installation, so nothing here is part of the protocol. It is
no pickle all the same: what comes out is numbers, texts, bytes and tuples of them, and nothing runs.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, cast

from itmo.reasons import ProtocolError, Reason

MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""A batch of the largest kind and all its verdicts fit; a longer frame is no frame."""
MAX_UNSENT_BYTES: Final = 256 * 1024 * 1024
"""What waits for a process that does not read; beyond it that process is given up."""
_HEAD: Final = struct.Struct(">IB")
_LENGTH: Final = struct.Struct(">I")
_NUMBER: Final = struct.Struct(">q")


class Kind(IntEnum):
    """What a frame says; the values that follow are listed beside it."""

    # From a worker.
    SUBMIT = 1  # call, caller, hash of its TLS key, label, payload, (key id, signature)..., verified, error
    GONE = 2  # call
    ACKNOWLEDGE = 3  # call, node, sequence
    REFUSED_AT_GATE = 4  # caller, error, hash of the payload
    SIGNATURES = 5  # (statement id, key id, signature)...
    SUBSCRIBED = 6  # node
    UNSUBSCRIBED = 7  # node
    KNOWN = 8  # number of the change
    STANDING = 9  # DoorStatus, (node, what, fingerprint, not before, not after)...
    READY = 10
    TAKEN_UP = 11  # error
    HELLO = 12
    # From the process that decides.
    WELCOME = 20  # port, name of the database, limits of calls (JSON)
    ANSWERED = 21  # call, statements, replayed, error
    RAISED = 22  # call, error
    REACHED = 23  # call, sequence
    CHANGED = 24  # number, directory, mailboxes, transactions
    SUPERSEDED = 25  # node
    SERVING = 26  # yes
    CLOCK = 27  # offset in milliseconds, accepted
    TAKE_UP = 28
    STOP = 29
    # From both.
    SPENT = 40  # (node, thousandths of a token)...
    HELD = 41  # process, (node, calls, streams)...; all that it has


class FrameError(Exception):
    """Bytes that are no frame."""


def packed(kind: Kind, values: tuple[Any, ...]) -> bytes:
    """A frame."""
    parts: list[bytes] = []
    for value in values:
        _pack(value, parts)
    body = b"".join(parts)
    return _HEAD.pack(len(body), kind) + body


def _pack(value: object, parts: list[bytes]) -> None:
    if isinstance(value, bytes):
        parts += (b"b", _LENGTH.pack(len(value)), value)
    elif isinstance(value, str):
        text = value.encode()
        parts += (b"s", _LENGTH.pack(len(text)), text)
    elif value is None:
        parts.append(b"n")
    elif value is True:
        parts.append(b"t")
    elif value is False:
        parts.append(b"f")
    elif isinstance(value, int):
        parts += (b"i", _NUMBER.pack(value))
    elif isinstance(value, tuple):
        parts += (b"(", _LENGTH.pack(len(value)))
        for each in value:
            _pack(each, parts)
    else:
        raise TypeError(f"no frame takes a {type(value).__name__}")


def unpacked(body: bytes) -> tuple[Any, ...]:
    """The values of a frame.

    Raises:
        FrameError: the bytes are no values.
    """
    values = []
    at = 0
    try:
        while at < len(body):
            value, at = _unpack(body, at)
            values.append(value)
    except (struct.error, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from error
    return tuple(values)


def _unpack(body: bytes, at: int) -> tuple[Any, int]:
    tag = body[at : at + 1]
    at += 1
    if tag == b"i":
        return _NUMBER.unpack_from(body, at)[0], at + 8
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    (length,) = _LENGTH.unpack_from(body, at)
    at += 4
    if tag == b"(":
        values = []
        for _ in range(length):
            value, at = _unpack(body, at)
            values.append(value)
        return tuple(values), at
    if at + length > len(body) or tag not in (b"b", b"s"):
        raise FrameError("a value goes beyond its frame")
    found = body[at : at + length]
    return (found if tag == b"b" else found.decode()), at + length


_CONSTANTS: Final = {b"n": None, b"t": True, b"f": False}


class Line(asyncio.Protocol):
    """A connection that frames go over, in both directions.

    Args:
        taken: Told of each frame that comes.
        lost: Told once that nothing comes any more.
    """

    def __init__(
        self, taken: Callable[[Kind, tuple[Any, ...]], None], lost: Callable[[], None]
    ) -> None:
        self._taken = taken
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self._transport = cast(
            "asyncio.Transport", transport
        )  # that of uvloop only behaves like one

    def data_received(self, data: bytes) -> None:
        """Takes what came; a frame that is not whole waits for the rest."""
        self._unread += data
        at = 0
        try:
            while len(self._unread) - at >= _HEAD.size:
                length, kind = _HEAD.unpack_from(self._unread, at)
                if length > MAX_FRAME_BYTES:
                    raise FrameError(f"a frame of {length} bytes")
                end = at + _HEAD.size + length
                if len(self._unread) < end:
                    break
                body = bytes(self._unread[at + _HEAD.size : end])
                at = end
                self._taken(Kind(kind), unpacked(body))
        except (FrameError, ValueError):
            self.close()
            raise
        finally:
            del self._unread[:at]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """Ends."""
        self._transport = None
        self._lost()

    @property
    def open(self) -> bool:
        """Whether anything can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, kind: Kind, *values: object) -> None:
        """Sends a frame; nothing where the other end has gone, or does not read what it was sent."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()
            return
        self._transport.write(packed(kind, values))

    def abort(self) -> None:
        """Closes the connection at once; what was sent may be lost."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Closes the connection after what was sent."""
        if self._transport is not None:
            self._transport.close()


Told = tuple[str, str, tuple[tuple[str, str], ...]]
"""A refusal in a frame: its reason, what is said, its details."""


def told(error: ProtocolError | None) -> Told | None:
    """A refusal as values."""
    if error is None:
        return None
    return error.reason.value, error.message, tuple(error.metadata.items())


def refusal(told: Told | None) -> ProtocolError | None:
    """A refusal out of values."""
    if told is None:
        return None
    reason, message, details = told
    return ProtocolError(Reason(reason), message, **dict(details))
