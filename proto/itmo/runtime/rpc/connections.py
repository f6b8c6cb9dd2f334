# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How many connections a process takes, and whose are closed when they become too many.

gRPC bounds connections in all, and handshakes in time. It cannot tell whose a connection is, and it
lets one without calls live for minutes. So twice a second those are closed that a node has beyond its
share and, while the house is crowded, those on which no admitted node has made a call; few at a time,
for whoever is closed connects again, and a new connection costs more than one that is held.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import structlog
from structlog.typing import FilteringBoundLogger

from itmo.reasons import ProtocolError, Reason

# Connections of one port: a hundred nodes with their share each, and room for those that come.
MAX_CONNECTIONS: Final = 1_024
# The connection of a node, its successor while they change over, and tools of its operator.
CONNECTIONS_PER_NODE: Final = 8
# An operator's socket: commands that a person or a script gives.
MAX_LOCAL_CONNECTIONS: Final = 32
# From this part of all connections on, those that nobody needs are closed.
CROWDED: Final = 0.5
# A node that connects has something to say: three round trips of half a second, the slowest lines.
FIRST_CALL_SECONDS: Final = 1.5
# Kept from connections: database, signer, operator's socket and log must always get theirs.
RESERVED_DESCRIPTORS: Final = 128
# Below it a server would take in fewer connections than a small network has.
MIN_DESCRIPTORS: Final = 256
# Looking through all descriptors costs milliseconds, so several are hung up in one go: soon, for what is
# on its way on such a connection costs too, but looking takes no more than a tenth of the time.
_HANG_UP_SECONDS: Final = 0.01
_LOOK_SHARE: Final = 0.1
# A look costs milliseconds at the most connections there can be.
_SWEEP_SECONDS: Final = 0.5
_DESCRIPTORS: Final = Path("/dev/fd")

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open files and connections of this process, and the most it may have."""

    used: int
    limit: int

    @property
    def short(self) -> bool:
        """Whether what is kept from connections is being used up."""
        return self.used > self.limit - RESERVED_DESCRIPTORS // 2


def descriptors() -> Descriptors:
    """Returns how many descriptors this process has and may have."""
    return Descriptors(
        sum(1 for _ in _DESCRIPTORS.iterdir()), resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    )


def raise_descriptor_limit() -> int:
    """Takes as many descriptors as the system lets this process have; returns how many.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, below MIN_DESCRIPTORS.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = MAX_CONNECTIONS + MAX_LOCAL_CONNECTIONS + RESERVED_DESCRIPTORS
    wanted = enough if hard == resource.RLIM_INFINITY else min(hard, enough)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        return enough
    if soft < MIN_DESCRIPTORS:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"This process may open {soft} files and connections; it needs {MIN_DESCRIPTORS}, and"
            f" {enough} are right. Raise the limit (LimitNOFILE= of systemd, ulimit -n of a shell).",
            setting="RLIMIT_NOFILE",
            found=soft,
            expected=f"{MIN_DESCRIPTORS} or more",
        )
    return soft


def connections_within(limit: int) -> int:
    """Returns how many connections a port may take of so many descriptors."""
    return min(MAX_CONNECTIONS, limit - RESERVED_DESCRIPTORS)


class Connections:
    """The connections of a port; `start` and `stop` frame the watch over them.

    Attributes:
        most: How many there may be.
        open: How many there were at the last look.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.open = 0
        self._monotonic = monotonic
        self._port = 0
        self._calls: dict[str, tuple[str, float]] = {}
        self._since: dict[Address, float] = {}
        self._unwelcome: set[str] = set()
        self._last_look = 0.0
        self._watch: asyncio.Task[None] | None = None
        self._log: FilteringBoundLogger = structlog.get_logger()

    def note_call(self, peer: str, node: str) -> None:
        """Notes that an admitted node makes a call on a connection, as gRPC names it."""
        if _named(peer):
            self._calls[peer] = (node, self._monotonic())

    def hang_up_soon(self, peer: str) -> None:
        """Closes a connection, as gRPC names it, with all the calls on it."""
        if not _named(peer):
            return
        if not self._unwelcome:
            pause = max(_HANG_UP_SECONDS, self._last_look / _LOOK_SHARE)
            asyncio.get_running_loop().call_later(pause, self.hang_up)
        self._unwelcome.add(peer)

    def hang_up(self) -> int:
        """Closes the connections that were named to be closed; returns how many."""
        began = time.perf_counter()
        unwelcome = {_address_of(peer) for peer in self._unwelcome}
        self._unwelcome.clear()
        closing = [(number, found) for found, number in self._accepted() if found in unwelcome]
        for number, address in closing:
            _shut_down(number, address)
        self._last_look = time.perf_counter() - began
        self._log.warning("connections_hung_up", closed=len(closing))
        return len(closing)

    def by_node(self) -> dict[str, int]:
        """Returns the connections of each node, as far as it has made a call on them."""
        return dict(Counter(node for node, _ in self._calls.values()))

    def start(self, port: int) -> None:
        """Begins to watch the connections of a port."""
        self._port = port
        self._watch = asyncio.create_task(self._keep_watch(), name="connections")

    async def stop(self) -> None:
        """Ends the watch."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    async def _keep_watch(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                self.sweep()
            except Exception as error:  # noqa: BLE001  # whatever one look met, the next may not
                self._log.warning("connections_not_seen", cause=str(error))

    def sweep(self) -> int:
        """Looks at all connections and closes those that nobody needs; returns how many."""
        now = self._monotonic()
        found = dict(self._accepted())
        self.open = len(found)
        self._since = {address: self._since.get(address, now) for address in found}
        places = {peer: _address_of(peer) for peer in self._calls}
        self._calls = {peer: call for peer, call in self._calls.items() if places[peer] in found}
        self._warn_of_descriptors()
        crowded = self.open > self.most * CROWDED
        closing = self._beyond_share(places, crowded=crowded)
        if crowded:
            closing += self._unneeded(now, places)
        for address in closing:
            _shut_down(found[address], address)
        if crowded or closing:
            self._log.warning(
                "connections_crowded", open=self.open, most=self.most, closed=len(closing)
            )
        return len(closing)

    def _warn_of_descriptors(self) -> None:
        now = descriptors()
        if now.short:
            self._log.warning("descriptors_short", used=now.used, most=now.limit)

    def _beyond_share(self, places: dict[str, Address], *, crowded: bool) -> list[Address]:
        """Of each node the one that it has not used for longest; while it is crowded, all of them."""
        of_node: dict[str, list[tuple[float, Address]]] = defaultdict(list)
        for peer, (node, at) in self._calls.items():
            of_node[node].append((at, places[peer]))
        beyond = [sorted(calls)[:-CONNECTIONS_PER_NODE] for calls in of_node.values()]
        return [address for calls in beyond for _, address in (calls if crowded else calls[:1])]

    def _unneeded(self, now: float, places: dict[str, Address]) -> list[Address]:
        used = set(places.values())
        return [
            address
            for address, since in self._since.items()
            if address not in used and now - since >= FIRST_CALL_SECONDS
        ]

    def _accepted(self) -> Iterator[tuple[Address, int]]:
        for number in [int(each.name) for each in _DESCRIPTORS.iterdir()]:
            with _socket_of(number) as connection:
                if connection is None or connection.getsockname()[1:2] != (self._port,):
                    continue
                address = _peer(connection)
                if address is not None:
                    yield address, number


@contextmanager
def _socket_of(descriptor: int) -> Iterator[socket.socket | None]:
    """A look at a connection of this process; None where the descriptor is something else.

    It is no copy: to close one of a database's file would drop the locks that SQLite holds on it.
    """
    try:
        seen = socket.socket(fileno=descriptor)
    except OSError:  # closed meanwhile, or no socket
        yield None
        return
    try:
        yield seen if seen.family in (socket.AF_INET, socket.AF_INET6) else None
    finally:
        seen.detach()


def _shut_down(descriptor: int, address: Address) -> None:
    with _socket_of(descriptor) as connection:
        # What was looked at may be closed by now and its number given to another.
        if connection is not None and _peer(connection) == address:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _peer(connection: socket.socket) -> Address | None:
    try:
        name = connection.getpeername()
    except OSError:
        return None  # it listens, or the other end has gone
    return _plain(name[0]), name[1]


def _named(peer: str) -> bool:
    """False where gRPC no longer knows the connection, because the call was reset or it has gone."""
    return peer.startswith(("ipv4:", "ipv6:"))


def _address_of(peer: str) -> Address:
    """Reads gRPC's name of a connection, such as `ipv4:192.0.2.1:4711` or `ipv6:%5B::1%5D:4711`."""
    host, _, port = unquote(peer.partition(":")[2]).rpartition(":")
    return _plain(host.strip("[]")), int(port)


def _plain(host: str) -> str:
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
