# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which proxy of the environment gRPC would go through, so that it can be named, or kept out.

gRPC heeds `grpc_proxy`, `https_proxy` and `http_proxy`, the first that is set, in small letters only,
and goes past it to hosts that end like an entry of `no_grpc_proxy` or else `no_proxy`.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_PROXIES: Final = ("grpc_proxy", "https_proxy", "http_proxy")
_EXCEPTIONS: Final = ("no_grpc_proxy", "no_proxy")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that stands between this program and a server.

    Attributes:
        variable: Which variable of the environment names it.
        where: Its host and port; never a password.
        host: The host that is reached through it.
    """

    variable: str
    where: str
    host: str

    def __str__(self) -> str:
        return (
            f"through the proxy {self.where} that the environment names in {self.variable}; to go past"
            f" it, put {self.host} into no_proxy"
        )


def proxy_of(address: str, environment: Mapping[str, str]) -> Proxy | None:
    """Returns the proxy between here and `host:port`; None for the loopback, which never has one."""
    variable = next((each for each in _PROXIES if environment.get(each)), None)
    if variable is None:
        return None
    host = _host(address)
    excepted = next((environment[each] for each in _EXCEPTIONS if environment.get(each)), "")
    entries = (each.strip() for each in excepted.split(","))
    if any(entry and host.endswith(entry) for entry in entries) or is_loopback(host):
        return None
    parts = urlsplit(environment[variable])
    return Proxy(variable, parts.netloc.rpartition("@")[2] or "(unreadable)", host)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself: by its name, its address, or all that its name means."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False  # a name that only the proxy knows
    return all(ipaddress.ip_address(str(each[4][0])).is_loopback for each in found)


def _host(address: str) -> str:
    host = address.rpartition(":")[0] or address
    return host.removeprefix("[").removesuffix("]").lower()
