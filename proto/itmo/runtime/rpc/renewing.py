# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ANN401 - signatures of gRPC
"""A channel that shows a renewed certificate: a new connection takes the place of the old one.

gRPC reads a client's certificate once, when the channel is made. So the files are looked at before
each call, as a server looks at them before each handshake; when they have changed and fit together,
calls go out on a channel that is made anew, and the old one is closed when its calls have ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import grpc
import structlog

from itmo.reasons import ProtocolError
from itmo.runtime.rpc.client import LONG_POLL_DEADLINE
from itmo.runtime.rpc.tls import TlsFiles, stamp_of

_log: Final = structlog.get_logger()


class RenewingChannel(grpc.aio.Channel):
    """A channel over another one that is exchanged when its certificate was renewed.

    Args:
        files: The files that `make` reads.
        make: Opens a channel with what the files hold now.
        renewed: Told when calls go out on another channel; ends what has no end of its own.
    """

    def __init__(
        self,
        files: TlsFiles,
        make: Callable[[], grpc.aio.Channel],
        renewed: Callable[[], None] = lambda: None,
    ) -> None:
        self._files = files
        self._make = make
        self.renewed = renewed
        self._stamp = stamp_of(files)
        self._refused: object = None
        self._channel = make()
        self._closing: set[asyncio.Task[None]] = set()

    def renew(self) -> bool:
        """Takes up changed files now; False where nothing has changed.

        Raises:
            ProtocolError: CONFIGURATION_INVALID; they do not fit together, the old ones stay in use.
        """
        stamp = stamp_of(self._files)
        if stamp == self._stamp:
            return False
        made = self._make()
        self._stamp = stamp
        old, self._channel = self._channel, made
        # No call has a longer deadline; streams are ended by whoever is told.
        closing = asyncio.get_running_loop().create_task(old.close(LONG_POLL_DEADLINE))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        _log.info("tls_certificate_renewed")
        self.renewed()
        return True

    def current(self) -> grpc.aio.Channel:
        """Returns the channel to call on, with the certificate that is there now."""
        try:
            self.renew()
        except (OSError, ProtocolError) as error:
            found = stamp_of(self._files)
            if self._refused != found:
                self._refused = found
                _log.warning("tls_certificate_not_renewed", cause=str(error))
        return self._channel

    def unary_unary(self, *method: Any, **options: Any) -> Any:
        """Makes what calls a method."""
        return _Method(self, "unary_unary", method, options)

    def unary_stream(self, *method: Any, **options: Any) -> Any:
        """Makes what calls a method."""
        return _Method(self, "unary_stream", method, options)

    def stream_unary(self, *method: Any, **options: Any) -> Any:
        """Makes what calls a method."""
        return _Method(self, "stream_unary", method, options)

    def stream_stream(self, *method: Any, **options: Any) -> Any:
        """Makes what calls a method."""
        return _Method(self, "stream_stream", method, options)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Returns how the connection is."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Waits until the connection is otherwise."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Waits until the connection stands."""
        await self._channel.channel_ready()

    async def close(self, grace: float | None = None) -> None:
        """Closes the connection, and what is left of those before it."""
        for closing in tuple(self._closing):
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._channel.close(grace)

    async def __aenter__(self) -> RenewingChannel:
        """Returns itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes the connection."""
        await self.close()


class _Method:
    """One method of a service, called on whichever channel is current."""

    __slots__ = ("_channel", "_kind", "_made", "_method", "_of", "_options")

    def __init__(
        self, channel: RenewingChannel, kind: str, method: tuple[Any, ...], options: dict[str, Any]
    ) -> None:
        self._channel = channel
        self._kind = kind
        self._method = method
        self._options = options
        self._of: object = None
        self._made: Any = None

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        current = self._channel.current()
        if self._of is not current:
            self._made = getattr(current, self._kind)(*self._method, **self._options)
            self._of = current
        return self._made(*arguments, **options)
