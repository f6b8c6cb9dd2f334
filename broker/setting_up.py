# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Setting up a new broker: a directory with keys, certificates and a commented `broker.toml`."""

import ipaddress
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from broker.authority import Authority, IssuedCertificate, create_authority
from broker.settings import BrokerSettings
from broker.settings_file import FILE, FILE_NAME
from itmo.files import write_new_file
from itmo.identifiers import NetworkId, NodeId
from itmo.keys import generate_key_file
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.tls_keys import generate_tls_key

_OWNER_ONLY: Final = 0o700

_TEMPLATE: Final = """\
# Settings of the broker. Relative paths start at the directory of this file. Every setting can be
# replaced by an environment variable: ITMO_BROKER_SERVER__LISTEN is "listen" in the table "server".
# `broker check-config` reads this file and says what is wrong with it.

# The name under which the broker signs. It is part of every signed message: never change it.
node_id = {node_id}
# The network. Messages of one network are refused on every other one.
network_id = {network_id}
# A test network has a clock that the operator may set forward. Never true in production.
test_network = {test_network}

[server]
# Where to listen: host:port. 0.0.0.0 is every IPv4 interface, [::] every interface.
listen = {listen}
# Where nodes find the broker; written into admissions. The certificate must hold this host name.
public_address = {public_address}
# The operator's socket. Whoever can open it can act as the operator.
operator_socket = "operator.sock"
# Lets anybody with a certificate list services and messages; handy on test networks.
reflection = false
# Processes that hold the lines to nodes, besides the one that decides; 0: one process does it all.
workers = 0

[tls]
# Certificate of the network's TLS authority, and the broker's own certificate and key. A renewed
# certificate is picked up without a restart.
ca = "tls/ca.pem"
certificate = "tls/broker.pem"
key = "tls/broker.key"

[authority]
# Needed by `broker admit` only. Keep the key off this machine where you can, and bring it for the
# occasion; the broker serves without it.
certificate = "tls/ca.pem"
key = "authority/ca.key"

[signers]
# The key of verdicts and receipts, and the key of the operator's statements.
message = "file:keys/message.pem"
operator = "file:keys/operator.pem"

[database]
{database}

[limits]
# Calls per second and node on average, and at once after a pause. Bulk work belongs in batches.
rate_per_second = 50
burst = 200
# Calls under way: of all nodes, of one node; and open streams of one node.
calls = 400
calls_per_node = 100
streams_per_node = 8
# Messages waiting for a decision; past it the newest is turned away and sent again later.
queue = 5000
queue_per_node = 1000

[clerk]
# Most messages in one commit, and how long to wait for company while several callers are active (with workers
# nobody waits: what comes meanwhile is company enough).
max_group = 128
pacing_ms = 2.0

[transactions]
# How long a proposal waits for its acceptance and completion; at most 72.
lifetime_hours = 24
# The rulebooks by which the network judges; the operator says in which of them a registry takes part.
rulebooks = {rulebooks}

[log]
# auto: text on a terminal, else JSON lines. Level: debug, info, warning or error.
format = "auto"
level = "info"
"""


_IN_FILE: Final = """\
# One local disk, no network file system. A back-up is made with `broker backup`, not by copying.
path = "broker.sqlite\""""
_ON_SERVER: Final = """\
# On PostgreSQL 15 or later; several hosts are named with commas between. Keep a password in ~/.pgpass.
url = {url}
# true: several brokers decide on it, copies of this directory (availability.md); set it before the second starts.
shared = false"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSetUp:
    """What was made; fingerprints only, nothing here is secret.

    Attributes:
        directory: Where everything lies.
        network_id: The network.
        node_id: The broker's node id.
        message_keyid: Key id of the key that signs verdicts and receipts.
        operator_keyid: Key id of the operator's key.
        authority_fingerprint: SHA-256 of the authority's certificate, hexadecimal.
        tls_key_hash: SHA-256 of the SubjectPublicKeyInfo of the broker's TLS key, hexadecimal.
    """

    directory: Path
    network_id: NetworkId
    node_id: NodeId
    message_keyid: str
    operator_keyid: str
    authority_fingerprint: str
    tls_key_hash: str


def init_broker(
    directory: Path,
    *,
    network_id: NetworkId,
    test_network: bool,
    listen: str,
    now: datetime,
    node_id: NodeId = NodeId("broker"),  # noqa: B008 - a plain text
    public_address: str | None = None,
    rulebooks: Sequence[str] = ("paris",),
    database: str = "",
) -> BrokerSetUp:
    """Makes a directory from which a broker can be started.

    Args:
        directory: New, or empty.
        network_id: The network to found.
        test_network: Whether its clock may be set.
        listen: Where to listen, as `host:port`.
        now: The real time, for certificates.
        node_id: The name under which the broker signs.
        public_address: Where nodes find it; as `listen` where not given.
        rulebooks: By which the network judges.
        database: The URL of a database on a server; a file where not given.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, for a name or address that could not be used;
            ALREADY_EXISTS, as nothing is ever overwritten.
    """
    directory = directory.absolute()
    found_at = listen if public_address is None else public_address
    check_findable(found_at)
    text = settings_text(
        network_id,
        node_id,
        listen,
        found_at,
        test_network=test_network,
        rulebooks=rulebooks,
        database=database,
    )
    FILE.checked(BrokerSettings, tomllib.loads(text), directory)
    _claim(directory)
    for name in ("keys", "tls", "authority"):
        (directory / name).mkdir(mode=_OWNER_ONLY)
    message = generate_key_file(directory / "keys" / "message.pem")
    operator = generate_key_file(directory / "keys" / "operator.pem")
    hosts = [host_of(listen), host_of(found_at)]
    authority, issued = _certified(directory, network_id, node_id, hosts, now)
    # Last, so that a directory without it is one that was never finished.
    write_new_file(directory / FILE_NAME, text.encode("ascii"))
    return BrokerSetUp(
        directory=directory,
        network_id=network_id,
        node_id=node_id,
        message_keyid=message.keyid,
        operator_keyid=operator.keyid,
        authority_fingerprint=authority.fingerprint,
        tls_key_hash=issued.tls_key_hash.hex(),
    )


def _certified(
    directory: Path, network_id: NetworkId, node_id: NodeId, hosts: list[str], now: datetime
) -> tuple[Authority, IssuedCertificate]:
    """Makes the network's TLS authority, and the broker's own certificate."""
    authority = create_authority(
        network_id, directory / "tls" / "ca.pem", directory / "authority" / "ca.key", now
    )
    tls_key = generate_tls_key(directory / "tls" / "broker.key")
    issued = authority.certify_server(node_id, tls_key.public_key(), hosts, now)
    write_new_file(directory / "tls" / "broker.pem", issued.pem.encode("ascii"))
    return authority, issued


def settings_text(
    network_id: NetworkId,
    node_id: NodeId,
    listen: str,
    public_address: str,
    *,
    test_network: bool,
    rulebooks: Sequence[str] = ("paris",),
    database: str = "",
) -> str:
    """Returns a commented `broker.toml`."""
    # JSON text of ASCII is TOML text.
    return _TEMPLATE.format(
        node_id=json.dumps(node_id),
        network_id=json.dumps(network_id),
        test_network=json.dumps(test_network),
        listen=json.dumps(listen),
        public_address=json.dumps(public_address),
        rulebooks=json.dumps(rulebooks),
        database=_ON_SERVER.format(url=json.dumps(database)) if database else _IN_FILE,
    )


def host_of(address: str) -> str:
    """Returns the host of `host:port`, without the brackets of an IPv6 address."""
    return address.rpartition(":")[0].removeprefix("[").removesuffix("]")


def check_findable(address: str) -> None:
    """Checks that nodes can find a broker at an address.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, for one that means every address of a machine.
    """
    try:
        everywhere = ipaddress.ip_address(host_of(address)).is_unspecified
    except ValueError:
        return  # a name
    if everywhere:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"{address} is where the broker listens, not where nodes find it; say that with --public,"
            " such as --public broker.example.org:7443. The certificate is made for it.",
            setting="server.public_address",
            found=address,
        )


def _claim(directory: Path) -> None:
    directory.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"{directory} is not empty; choose a new directory, nothing is overwritten.",
            where="directory",
            found=str(directory),
        )
