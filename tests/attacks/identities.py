# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes part: an honest pair of nodes, an honest pair that signs by hand, and who attacks.

Every one of them was made with `registry-node init` and `join`; whoever holds the folder holds the
keys, so the harness speaks for some of them without running their node.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from google.protobuf.message import Message

from broker.authority import load_authority
from itmo.chain import SenderChain
from itmo.clearing.v1 import transaction_service_pb2
from itmo.files import write_new_file
from itmo.identifiers import NetworkId, NodeId, RegistryId, make_account_id
from itmo.ids import RandomIds
from itmo.keys import FileSigner
from itmo.payloads import PayloadKind
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.tls_request import make_tls_request
from registry_node.cli.init import CA, CERTIFICATE, MESSAGE_KEY, TLS_KEY
from tests.conformance.speaking import Speaker

NETWORK: Final = NetworkId("attacked")
BROKER: Final = NodeId("broker")
HOLDING: Final = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """A registry's node: its name, its registry and the Party it signs for."""

    node: NodeId
    registry: RegistryId
    party: str

    @property
    def account(self) -> str:
        """Its first holding account."""
        return make_account_id(self.registry, HOLDING, 1)

    @property
    def second_account(self) -> str:
        """Where it moves units within its own registry."""
        return make_account_id(self.registry, HOLDING, 2)

    def tls(self, home: Path) -> TlsFiles:
        """What it proves itself with on the connection."""
        folder = home / self.node
        return TlsFiles(folder / CA, folder / CERTIFICATE, folder / TLS_KEY)

    def speaker(self, home: Path, address: str) -> Speaker:
        """Speaks for the node without running it."""
        chain = SenderChain(
            node=self.node,
            recipient=BROKER,
            network_id=NETWORK,
            signer=FileSigner.load(home / self.node / MESSAGE_KEY),
            ids=RandomIds(),
        )
        channel = secure_channel(address, self.tls(home), server_name="localhost")
        return Speaker(self.node, self.node, self.registry, self.account, chain, channel)


def _identity(node: str, registry: str) -> Identity:
    return Identity(NodeId(node), RegistryId(registry), registry[:3])


THAILAND: Final = _identity("tha", "THA01")
SWITZERLAND: Final = _identity("che", "CHE01")
GIVER: Final = _identity("gha", "GHA01")
TAKER: Final = _identity("jpn", "JPN01")
HOSTILE: Final = _identity("guy", "GUY01")
EVERYBODY: Final = (THAILAND, SWITZERLAND, GIVER, TAKER, HOSTILE)
SERVED: Final = (THAILAND, SWITZERLAND)
"""Nodes that run as programs; the others speak by hand."""

STRANGER: Final = "stranger"
REPLACED: Final = "replaced"


def certify(home: Path, folder: str, node: str) -> None:
    """Has the network's authority certify a key that the broker was never told of."""
    authority = load_authority(
        NETWORK, home / "broker/tls/ca.pem", home / "broker/authority/ca.key"
    )
    (home / folder / "keys").mkdir(parents=True)
    (home / folder / "tls").mkdir()
    key = generate_tls_key(home / folder / TLS_KEY)
    issued = authority.certify_node(NodeId(node), make_tls_request(key), datetime.now(UTC))
    write_new_file(home / folder / CERTIFICATE, issued.pem.encode())
    write_new_file(home / folder / CA, authority.pem.encode())


def tls_of(home: Path, folder: str) -> TlsFiles:
    """The files that `certify` wrote."""
    return TlsFiles(home / folder / CA, home / folder / CERTIFICATE, home / folder / TLS_KEY)


async def say(
    speaker: Speaker, kind: PayloadKind, payload: Message
) -> transaction_service_pb2.SubmitResponse:
    """Signs a message now and submits it."""
    return await speaker.submit(speaker.chain.sign(kind, payload, datetime.now(UTC)))
