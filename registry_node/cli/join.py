# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`join`: the network that admitted the node is joined."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from itmo.admission import Admission, read_admission
from itmo.clock import SystemClock
from itmo.files import read_plain_file, write_whole
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason, shown
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import MOMENT
from itmo.runtime.rpc.tls import spiffe_uri
from registry_node.cli.init import CA, CERTIFICATE, TLS_KEY
from registry_node.cli.session import Session, command
from registry_node.key_files import pinned_text
from registry_node.settings_file import FILE, FILE_NAME

if TYPE_CHECKING:
    from registry_node.settings import Settings


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
    """Joins the network with the admission file of the clearing-house."""
    folder = session.folder.absolute()
    admitted, digest = admission_of(admission, sha256)
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

    def table(screen: Screen) -> None:
        screen.line(
            f"{admitted.node} joined {admitted.network_id}, clearing-house"
            f" {admitted.broker_node} at {made['broker_address']}.",
            "green",
        )
        if sha256 is None:
            screen.line(f"Compare its SHA-256 with the clearing-house: {digest}")
        screen.line("Start it with `registry-node serve`.")

    session.show(made, table)


def admission_of(file: Path, sha256: str | None) -> tuple[Admission, str]:
    """Reads the clearing-house's answer; with its SHA-256.

    Raises:
        ProtocolError: PAYLOAD_INVALID, where it is the request, or has another SHA-256 than was told;
            as `read_admission`, where it is none.
    """
    content = read_plain_file(file)
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and sha256.lower() != digest:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{file} has SHA-256 {digest}, not {sha256}; ask for the file again.",
            found=digest,
            expected=sha256,
        )
    if PayloadKind.JOIN_REQUEST.label.encode("ascii") in content:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{file} is the joining request; send it to the clearing-house, which answers with the"
            " admission that is taken up here.",
            where="admission",
        )
    return read_admission(content), digest


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
    """Lets the clock of a new node on a test network begin anywhere; later it goes forward only.

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
