# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The port or socket file to listen on: whether it can be had is found before gRPC tries, which would write lines of its own."""

from __future__ import annotations

import errno
import socket
from typing import Final

from itmo.reasons import ProtocolError, Reason

# sun_path holds 108 bytes on Linux and 104 elsewhere, the terminating zero included.
MAX_SOCKET_PATH: Final = 103
_FAULTS: Final = {
    errno.EADDRINUSE: "it is in use by another program",
    errno.EADDRNOTAVAIL: "it is no address of this machine",
    errno.EACCES: "this user may not listen there; ports below 1024 need a right of their own",
}


def must_be_free(address: str) -> None:
    """Looks whether this process can listen on `host:port`.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, which says why it cannot.
    """
    _free(address)


def reserve(address: str) -> socket.socket:
    """Takes `host:port` for processes that share it; port 0 takes a free one.

    The socket is bound and does not listen, so no connection comes to it. While it is there the workers
    may come and go, and nobody else has the port.

    Raises:
        ProtocolError: As `must_be_free`.
    """
    family, where = _free(address)
    try:
        return _shared(family, where)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise cannot_listen(address, _fault(error)) from error
    # Nobody listens there: what is left are connections of a process that has just ended.
    try:
        return _shared(family, where, socket.SO_REUSEADDR)
    except OSError as error:
        raise cannot_listen(address, _fault(error)) from error


def _shared(
    family: socket.AddressFamily, where: tuple[object, ...], *options: int
) -> socket.socket:
    reserved = socket.socket(family, socket.SOCK_STREAM)
    try:
        for option in (socket.SO_REUSEPORT, *options):
            reserved.setsockopt(socket.SOL_SOCKET, option, 1)
        reserved.bind(where)
    except OSError:
        reserved.close()
        raise
    return reserved


def cannot_listen(where: object, fault: str) -> ProtocolError:
    """The error for an address or a socket file that cannot be had."""
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"Cannot listen on {where}: {fault}.",
        setting="listen",
        found=str(where),
        expected="a free address of this machine",
    )


def _free(address: str) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, where = found[0]
        # Sharing is for processes that ask for it: whether another program has the port shows without.
        with socket.socket(family, socket.SOCK_STREAM) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(where)
            return family, alone.getsockname()
    except OSError as error:
        raise cannot_listen(address, _fault(error)) from error


def _fault(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "no address is known for that name"
    return _FAULTS.get(error.errno or 0, error.strerror or str(error))
