# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What processes on one database on a server tell each other beside the record: hints, any of which may be lost.

A hint is a notice of the server's (NOTIFY) in a transaction of its own that waits for no disk and no
standby. Notices in the transactions that decide would have all of them wait for one lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from itmo.runtime.db.connection import Connection

MOST_CHARACTERS: Final = 7_500
"""Of a hint; a server takes less than 8 000 bytes, and hints are ASCII."""
_LISTEN: Final = "LISTEN itmo"
_QUICKLY: Final = "SET synchronous_commit = off"
_TELL: Final = "SELECT pg_notify('itmo', ?)"
_LOOK: Final = "SELECT 1"


class Notice(Protocol):
    """A notice that came."""

    @property
    def payload(self) -> str:
        """What it says."""
        ...


class Driver(Protocol):
    """What the driver of a server does besides."""

    def add_notify_handler(self, heard: Callable[[Notice], None], /) -> None:
        """Has somebody told of notices."""
        ...


class OnServer(Connection, Protocol):
    """A connection to a server."""

    @property
    def raw(self) -> Driver:
        """The driver's own, another one after it was lost."""
        ...


class Hints:
    """Tells hints and hears those of others, on a connection that reads."""

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._listening: object = None

    def exchange(self, connection: Connection, told: Iterable[str]) -> list[str]:
        """Tells hints; returns those that came since, those of this process among them."""
        server: OnServer = connection  # type: ignore[assignment]  # shared databases are on one
        server.execute(_LOOK)  # brings what came, and the connection back where it was lost
        if self._listening is not server.raw:
            server.raw.add_notify_handler(self._hear)
            server.execute(_QUICKLY)
            server.execute(_LISTEN)
            self._listening = server.raw
        for each in told:
            server.execute(_TELL, (each,))
        heard, self._heard = self._heard, []
        return heard

    def _hear(self, notice: Notice) -> None:
        self._heard.append(notice.payload)
