# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`init`: a node is made."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import click

from itmo.clock import SystemClock
from itmo.files import write_new_file
from itmo.identifiers import (
    parse_network_id,
    parse_node_id,
    parse_party_code,
    parse_registry_id,
    registry_party,
)
from itmo.joining import make_join_request
from itmo.keys import generate_key_file
from itmo.node_kinds import NodeKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.tls_request import make_tls_request
from registry_node.cli.session import Session, command
from registry_node.settings_file import FILE_NAME

MESSAGE_KEY: Final = "keys/message.pem"


TLS_KEY: Final = "keys/tls.pem"


CA: Final = "tls/ca.pem"


CERTIFICATE: Final = "tls/node.pem"


JOIN_REQUEST: Final = "join-request.json"


@click.command()
@click.option("--node", required=True, help="Name of the node, such as che-registry.")
@click.option(
    "--kind",
    required=True,
    type=click.Choice([each.value.lower() for each in NodeKind], case_sensitive=False),
    help="What the node is.",
)
@click.option("--registry", "registries", multiple=True, help="A registry it speaks for.")
@click.option(
    "--programme",
    "programmes",
    multiple=True,
    help="A crediting programme it speaks for, such as GS; for the kind programme.",
)
@click.option(
    "--party",
    "parties",
    multiple=True,
    help="A Party whose authorizations and inventories it signs; default: those of its registries.",
)
@click.option("--network", required=True, help="The network to join, such as itmo-test.")
@command
def init(
    session: Session,
    node: str,
    kind: str,
    registries: tuple[str, ...],
    programmes: tuple[str, ...],
    parties: tuple[str, ...],
    network: str,
) -> None:
    """Makes a node: keys, node.toml, and a joining request for the clearing-house.

    Send join-request.json to the operator of the clearing-house and tell them its SHA-256 by
    another way. Keys are made here and never leave this folder.
    """
    folder = session.folder.absolute()
    names = [parse_registry_id(registry, "--registry") for registry in registries]
    wanted = [parse_party_code(party, "--party") for party in parties]
    wanted = wanted or list(dict.fromkeys(registry_party(name) for name in names))
    node_id, network_id = parse_node_id(node, "--node"), parse_network_id(network, "--network")
    if (folder / FILE_NAME).exists():
        raise ProtocolError(
            Reason.ALREADY_EXISTS, f"{folder / FILE_NAME} exists; choose an empty folder."
        )
    for name in ("keys", "tls", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    signer = generate_key_file(folder / MESSAGE_KEY)
    tls_key = generate_tls_key(folder / TLS_KEY)
    request = make_join_request(
        network_id,
        node_id,
        NodeKind(kind.upper()),
        names,
        wanted,
        signer,
        make_tls_request(tls_key),
        SystemClock().now(),
        programmes,
    )
    write_new_file(folder / JOIN_REQUEST, request.encode())
    text = _node_section(node, kind, names, programmes, network, f"file://{folder / MESSAGE_KEY}")
    write_new_file(folder / FILE_NAME, text.encode())
    digest = hashlib.sha256(request.encode()).hexdigest()
    made = {
        "node": node,
        "settings": str(folder / FILE_NAME),
        "join_request": str(folder / JOIN_REQUEST),
        "sha256": digest,
        "keyid": signer.keyid,
    }

    def table(screen: Screen) -> None:
        screen.line(f"Made node {node} in {folder}.", "bold")
        screen.line(f"Send {folder / JOIN_REQUEST} to the clearing-house and compare:")
        screen.line(f"  SHA-256  {digest}")
        screen.line(f"  key id   {signer.keyid}")

    session.show(made, table)


def _node_section(
    node: str,
    kind: str,
    registries: list[Any],
    programmes: tuple[str, ...],
    network: str,
    signer: str,
) -> str:
    listed = ", ".join(f'"{registry}"' for registry in registries)
    named = ", ".join(f'"{programme}"' for programme in programmes)
    of_programme = f"programmes = [{named}]\n" if named else ""
    return f"""\
# Settings of a registry node. Made by `registry-node init`; `join` adds broker and tls.
[node]
id = "{node}"
kind = "{kind.lower()}"
registries = [{listed}]
{of_programme}network_id = "{network}"
test_network = false
signer = "{signer}"
data_dir = "data"
operator_socket = "node.sock"
log_format = "auto"          # auto, json or text

[acceptance]                 # what is accepted without a person
mode = "manual"              # manual or automatic
trusted_registries = []      # for automatic: registries whose transfers may be accepted
# maximum_quantity = 10000   # and up to how many units
"""
