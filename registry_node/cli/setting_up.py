# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Make a node, join a network, check the settings."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from itmo.admission import Admission, read_admission
from itmo.clock import SystemClock, to_text
from itmo.files import read_plain_file, write_new_file, write_whole
from itmo.identifiers import (
    parse_network_id,
    parse_node_id,
    parse_party_code,
    parse_registry_id,
    registry_party,
)
from itmo.joining import NodeKind, make_join_request, make_tls_request
from itmo.keys import generate_key_file
from itmo.reasons import ProtocolError, Reason, shown
from itmo.runtime.cli.times import MOMENT
from itmo.runtime.rpc.tls import spiffe_uri
from itmo.runtime.rpc.tls_keys import generate_tls_key
from registry_node.cli.session import Session, command
from registry_node.key_files import pinned_text
from registry_node.settings_file import FILE, FILE_NAME

if TYPE_CHECKING:
    from registry_node.settings import Settings

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
    """Make a node: keys, node.toml, and a joining request for the clearing-house.

    Send join-request.json to the operator of the clearing-house and tell them its SHA-256 by
    another way. Keys are made here and never leave this folder.
    """
    folder = session.folder.absolute()
    names = [parse_registry_id(registry, "registry") for registry in registries]
    wanted = [parse_party_code(party, "party") for party in parties]
    wanted = wanted or list(dict.fromkeys(registry_party(name) for name in names))
    node_id, network_id = parse_node_id(node, "node"), parse_network_id(network, "network")
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
        kind.upper(),
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

    def table() -> None:
        session.console.print(f"Made node [bold]{node}[/bold] in {folder}.")
        session.console.print(f"Send {folder / JOIN_REQUEST} to the clearing-house and compare:")
        session.console.print(f"  SHA-256  {digest}")
        session.console.print(f"  key id   {signer.keyid}")

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


@click.command()
@click.argument("admission", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sha256", help="SHA-256 of the file, as the clearing-house told by another way.")
@click.option("--address", help="Where to connect, if not where the admission says (host:port).")
@click.option(
    "--clock",
    type=MOMENT,
    help="Where the clock of a node on a test network starts; that of the clearing-house.",
)
@command
def join(
    session: Session,
    admission: Path,
    sha256: str | None,
    address: str | None,
    clock: datetime | None,
) -> None:
    """Join the network with the admission file of the clearing-house."""
    folder = session.folder.absolute()
    content = read_plain_file(admission)
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256.lower() != digest:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{admission} has SHA-256 {digest}, not {sha256}; ask for the file again.",
            found=digest,
            expected=sha256,
        )
    admitted = read_admission(content)
    file = folder / FILE_NAME
    tree = FILE.tree(folder, {})
    _check_ours(tree, admitted, file)
    _check_certificate(folder, admitted)
    if clock is not None and not admitted.test_network:
        raise ProtocolError(
            Reason.NOT_A_TEST_NETWORK,
            f"{admitted.network_id} is no test network; its clocks are not set.",
            network=admitted.network_id,
        )
    text = read_plain_file(file).decode("utf-8")
    was, now = "test_network = false", f"test_network = {str(admitted.test_network).lower()}"
    joined = text.replace(was, now, 1) + _broker_sections(admitted, address)
    _write(folder, admitted, joined, clock)
    made = {
        "node": admitted.node,
        "network_id": admitted.network_id,
        "test_network": admitted.test_network,
        "broker_node": admitted.broker_node,
        "broker_address": address or admitted.broker_address,
        "sha256": digest,
    }

    def table() -> None:
        session.console.print(
            f"[green]{admitted.node}[/green] joined {admitted.network_id}, clearing-house"
            f" {admitted.broker_node} at {made['broker_address']}."
        )
        if sha256 is None:
            session.console.print(f"Compare its SHA-256 with the clearing-house: {digest}")
        session.console.print("Start it with `registry-node serve`.")

    session.show(made, table)


def _write(folder: Path, admitted: Admission, joined: str, clock: datetime | None) -> None:
    """Makes the node one that has joined, or leaves it one that has not.

    node.toml is written last and says which it is: what a join that was cut off left behind is
    written again.
    """
    from registry_node.app import DATABASE
    from registry_node.settings import settings_of

    settings = settings_of(joined, folder)
    for name, pem in ((CA, admitted.ca_pem), (CERTIFICATE, admitted.certificate_pem)):
        write_whole(folder / name, pem)
    database = settings.node.data_dir / DATABASE
    if clock is not None or database.exists():
        asyncio.run(_start_clock(settings, database, clock))
    write_whole(folder / FILE_NAME, joined)


async def _start_clock(settings: Settings, database: Path, start: datetime | None) -> None:
    """Let the clock of a new node on a test network begin anywhere; later it goes forward only.

    Without a start it is the machine's, also where a join that was cut off had set another one.
    """
    from itmo.runtime.observe import set_up
    from registry_node.store.database import Store, start_clock

    set_up(log_format=settings.node.log_format, node=settings.node.id)  # standard output is ours
    settings.node.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    offset = None if start is None else (start - SystemClock().now()) // timedelta(milliseconds=1)
    store = await Store.open(database)
    try:
        await store.run(lambda db: start_clock(db, settings.identity(), offset))
    finally:
        await store.close()


def _check_ours(tree: dict[str, Any], admitted: Admission, file: Path) -> None:
    section = tree.get("node")
    own = section if isinstance(section, dict) else {}
    if "broker" in tree:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"{file} names a clearing-house already; an admission that renews is taken up with"
            " `registry-node renew ADMISSION`.",
        )
    for key, expected in (("id", admitted.node), ("network_id", admitted.network_id)):
        if own.get(key) != expected:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"{file}: node.{key} is {own.get(key)!a}, the admission is for {expected}.",
                setting=f"node.{key}",
                expected=expected,
            )


def _check_certificate(folder: Path, admitted: Admission) -> None:
    """Compares the certificate with this node's own TLS key before anything is written."""
    try:
        own = serialization.load_pem_private_key(read_plain_file(folder / TLS_KEY), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"{folder / TLS_KEY} holds no unencrypted private key; make the node anew with"
            " `registry-node init`.",
            setting="tls.key",
        ) from None
    certificate = x509.load_pem_x509_certificate(admitted.certificate_pem.encode("ascii"))
    names = [spiffe_uri(admitted.network_id, admitted.node)]
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        named = found.value.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        named = []
    if own.public_key() != certificate.public_key():
        fault = f"is for another key than {folder / TLS_KEY}"
    elif named != names:
        fault = f"names {shown(', '.join(named))}, not {names[0]}"
    else:
        return
    raise ProtocolError(
        Reason.KEY_REFUSED,
        f"The certificate in the admission {fault}; nothing was written. Send join-request.json of"
        " this folder to the clearing-house and ask for the admission that answers it.",
        keyid="tls",
    )


def _broker_sections(admitted: Admission, address: str | None) -> str:
    return f"""
[tls]
ca = "{CA}"
certificate = "{CERTIFICATE}"
key = "{TLS_KEY}"

[broker]
node = "{admitted.broker_node}"
address = "{address or admitted.broker_address}"
delivery = "stream"          # stream, or poll where streams cannot pass
{pinned_text(admitted.broker_keys)}"""


@click.command("check-config")
@command
def check_config(session: Session) -> None:
    """Check node.toml, the keys and the certificates, without starting anything."""
    from itmo.files import database_files, open_to_others, seen_by_others
    from itmo.keys import key_file, signer_from_uri
    from itmo.runtime.rpc.tls import channel_credentials
    from itmo.runtime.rpc.tls_checks import check_certificate
    from itmo.runtime.standing import said
    from registry_node.app import DATABASE, check_keys, tls_files
    from registry_node.expiries import REMEDIES
    from registry_node.settings import load

    settings = load(session.folder)
    secrets = [each for each in (key_file(settings.node.signer), settings.tls.key) if each]
    if opened := seen_by_others(secrets):
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"Others can open {', '.join(opened)}: a key is its owner's alone; set mode 0600.",
            setting="node.signer",
        )
    private = (*database_files(settings.node.data_dir / DATABASE), settings.node.operator_socket)
    trusted = (session.folder.absolute() / FILE_NAME, settings.tls.ca, settings.tls.certificate)
    opened_to = open_to_others((*secrets, *private), trusted)
    signer = signer_from_uri(settings.node.signer)
    files = tls_files(settings)
    channel_credentials(files)
    node, network = settings.identity().node, settings.identity().network_id
    end = check_certificate(files, network, node, SystemClock().now())
    settings.policy()
    near = " ".join(filter(None, (said(each, REMEDIES) for each in check_keys(settings))))
    found = {
        "node": settings.node.id,
        "network_id": settings.node.network_id,
        "broker_address": settings.broker.address,
        "keyid": signer.keyid,
        "certificate": f"names {node}, until {to_text(end)}",
        "ends": near or "nothing within 60 days",
        "acceptance": settings.acceptance.mode.value,
        "private_files": opened_to or "their owner's alone",
    }

    def table() -> None:
        for name, value in found.items():
            session.console.print(f"{name:<16}{value}")
        session.console.print("[green]The settings are in order.[/green]")

    session.show(found, table)


COMMANDS: Final = (init, join, check_config)
