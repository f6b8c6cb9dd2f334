# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A worker never outlives the process that decides, not even one whose event loop is stuck."""

from __future__ import annotations

import os
import select
import socket
import threading
from typing import Final

from itmo.runtime.stopping import StopWatchdog

LOST_SECONDS: Final = 3.0
"""Once the process that decides has ended, calls are told so and the worker ends within this."""


def end_when_orphaned(connection: socket.socket, seconds: float = LOST_SECONDS) -> StopWatchdog:
    """Has the process ended some seconds after the other end of a connection has gone, unless disarmed.

    It would hold the port otherwise, and the system would lead connections to it.

    Args:
        connection: To the process that decides; a thread of its own looks at it.
        seconds: How long the event loop has to end the process in order.
    """
    watchdog = StopWatchdog(seconds)
    watchdog.stage("the process that decides has ended, and this worker has not")
    seen = os.dup(connection.fileno())

    def watch() -> None:
        look = select.poll()
        look.register(seen, 0)  # only that it was hung up
        look.poll()
        os.close(seen)
        watchdog.arm()

    threading.Thread(target=watch, name="orphan-watch", daemon=True).start()
    return watchdog
