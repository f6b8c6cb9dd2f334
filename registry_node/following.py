# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Follows the mailbox for good: polls, then listens to a stream, and begins anew when that ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from itmo.reasons import ProtocolError
from registry_node.health import Backoff, Health, asks_to_wait
from registry_node.inbox.receiver import LONG_POLL_MS, Receiver
from registry_node.inbox.record_watch import RecordWatch

_log: Final = structlog.get_logger(__name__)
# Calls get through and streams end at once: a proxy in between does not let them pass.
_SHORT_STREAMS: Final = 5
_SHORT_STREAM_SECONDS: Final = 2.0


async def follow_mailbox(
    receiver: Receiver,
    record_watch: RecordWatch,
    health: Health,
    backoff: Backoff,
    answered: Callable[[bool], Awaitable[None]],
    *,
    streams: bool,
) -> None:
    """Polls once, then follows the stream; polls for good where streams do not pass.

    Args:
        receiver: Takes deliveries.
        record_watch: Told when the contact is lost.
        health: Told how calls went.
        backoff: Pauses between attempts.
        answered: Called when the broker has answered; with True, when it had not before.
        streams: Whether to try streams at all.
    """
    short_streams = 0
    retried = False
    while True:
        streaming = streams and short_streams < _SHORT_STREAMS
        began = asyncio.get_running_loop().time()
        following = False
        try:
            await receiver.poll(0 if streaming else LONG_POLL_MS)
            await answered(health.succeeded())
            if not retried:
                await receiver.retry_quarantined()
                retried = True
            if streaming:
                following = True
                await receiver.follow()
                record_watch.lost()
            backoff.reset()
            pause = backoff.next_seconds() if streaming else 0.0
        except ProtocolError as error:
            health.failed(error)
            pause = backoff.next_seconds(error)
            if asks_to_wait(error):
                following = False  # which says nothing of whether streams last
            else:
                record_watch.lost()
                retried = False  # the broker may come back with the right key
        if following:
            lived = asyncio.get_running_loop().time() - began
            short_streams = short_streams + 1 if lived < _SHORT_STREAM_SECONDS else 0
            if short_streams == _SHORT_STREAMS:
                _log.warning("streams_do_not_last_polling")
        await asyncio.sleep(pause)
