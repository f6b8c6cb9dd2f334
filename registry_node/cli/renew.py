# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Renews a node's certificate: a request to the clearing-house, and its answer taken up."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from cryptography import x509

from itmo.admission import Admission
from itmo.clock import SystemClock
from itmo.files import read_plain_file, write_whole
from itmo.joining import make_join_request, read_join_request
from itmo.keys import FileSigner, Signer, key_file, signer_from_uri
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import key_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.tls_request import make_tls_request
from itmo.validity import certificate_fingerprint, certificates_of
from registry_node.cli.join import admission_of
from registry_node.cli.session import Session, command
from registry_node.key_files import (
    next_of,
    next_signer,
    next_tls_key,
    not_pinned,
    pinned_text,
    take_signer,
    tls_key_in,
)
from registry_node.settings_file import FILE_NAME

if TYPE_CHECKING:
    from registry_node.settings import Settings

RENEW_REQUEST: Final = "renew-request.json"
_TAKE_UP_SECONDS: Final = 30.0


@click.command()
@click.argument(
    "admission", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--sha256", help="SHA-256 of the file, as the clearing-house told by another way.")
@click.option(
    "--new-signing-key",
    is_flag=True,
    help="Ask with another signing key; without it, renewal keeps the one in use.",
)
@click.option(
    "--without-old-key",
    is_flag=True,
    help="With --new-signing-key: the key in use is lost, so it does not sign the request.",
)
@command
def renew(
    session: Session,
    admission: Path | None,
    sha256: str | None,
    new_signing_key: bool,
    without_old_key: bool,
) -> None:
    """Renews the node's certificate: without ADMISSION, ask; with it, take up the answer.

    Send renew-request.json to the clearing-house, which answers with an admission as it did when the
    node joined. The node may run all the while: it takes the new certificate up without a restart,
    and until then the old one is good.
    """
    from registry_node.settings import load

    settings = load(session.folder)
    if without_old_key and not new_signing_key:
        raise click.UsageError("--without-old-key goes with --new-signing-key")
    if admission is None:
        _ask(session, settings, new_key=new_signing_key, endorse=not without_old_key)
    elif new_signing_key:
        raise click.UsageError("--new-signing-key is for the request; the admission answers it")
    else:
        _take_up(session, settings, admission, sha256)


def _ask(session: Session, settings: Settings, *, new_key: bool, endorse: bool) -> None:
    folder, node = session.folder.absolute(), settings.identity()
    present = signer_from_uri(settings.node.signer) if endorse or not new_key else None
    signer: Signer | None = next_signer(settings).signer if new_key else present
    if signer is None:  # one of the two was asked for
        raise ProtocolError(Reason.INTERNAL, "no key to ask with")
    text = make_join_request(
        node.network_id,
        node.node,
        node.kind,
        node.registries,
        (),  # designations stay as they are
        signer,
        make_tls_request(next_tls_key(settings.tls.key)),
        SystemClock().now(),
        node.programmes,
        endorser=present if new_key and present is not None else None,
    )
    write_whole(folder / RENEW_REQUEST, text)
    made = {
        "node": node.node,
        "request": str(folder / RENEW_REQUEST),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "keyid": signer.keyid,
        "new_signing_key": new_key,
    }

    def table(screen: Screen) -> None:
        screen.line(f"Send {made['request']} to the clearing-house and compare:")
        screen.line(f"  SHA-256  {made['sha256']}")
        screen.line(f"  key id   {signer.keyid}")
        screen.line(
            "Then take its answer up with `registry-node renew ADMISSION`; all goes on until then."
        )

    session.show(made, table)


def _take_up(session: Session, settings: Settings, admission: Path, sha256: str | None) -> None:
    folder = session.folder.absolute()
    admitted, digest = admission_of(admission, sha256)
    _check_ours(settings, admitted)
    certificate = certificates_of(admitted.certificate_pem.encode("ascii"), str(admission))[0]
    fresh = _is_for_next_key(settings, certificate)
    write_whole(settings.tls.ca, admitted.ca_pem)
    # While only one of the two is there, a node that runs goes on with what it has.
    if fresh:
        next_of(settings.tls.key).replace(settings.tls.key)
    write_whole(settings.tls.certificate, admitted.certificate_pem)
    pinned = not_pinned(admitted.broker_keys, settings)
    if pinned:
        toml = folder / FILE_NAME
        text = read_plain_file(toml).decode("utf-8").rstrip("\n")
        write_whole(toml, f"{text}\n{pinned_text(pinned)}")
    changed = _asked_with_next_key(folder, settings)
    if changed:
        take_signer(folder, settings, SystemClock().now())
    done = {
        "node": admitted.node,
        "sha256": digest,
        "certificate": certificate_fingerprint(certificate),
        "not_after": f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
        "broker_keys_added": len(pinned),
        "signing_key_changed": changed,
        **taken_up(session),
    }
    session.show(done, lambda screen: _table(screen, done, given=sha256 is not None))


def _table(screen: Screen, done: dict[str, Any], *, given: bool) -> None:
    screen.line(f"{done['node']} has a certificate until {done['not_after']}.", "green")
    if not given:
        screen.line(f"Compare its SHA-256 with the clearing-house: {done['sha256']}")
    if done["signing_key_changed"]:
        screen.line("It signs with its new key from now on; have the old one revoked.")
    screen.line(done["said"])


def taken_up(session: Session) -> dict[str, Any]:
    """Has a node that runs take up what is there now; says what came of it."""
    request = api.TakeUpKeysRequest()
    try:
        answer = session.call_keys(lambda stub: stub.TakeUpKeys(request, timeout=_TAKE_UP_SECONDS))
    except ProtocolError as error:
        if error.reason is not Reason.PROGRAM_NOT_RUNNING:
            raise
        return {
            "running": False,
            "connected": False,
            "said": "It takes effect with the next start.",
        }
    if answer.not_connected:
        said = f"The running node took it up, and could not connect: {answer.not_connected}"
    else:
        said = "The running node took it up and is connected."
    return {"running": True, "connected": not answer.not_connected, "said": said}


def _check_ours(settings: Settings, admitted: Admission) -> None:
    node = settings.identity()
    for what, found, expected in (
        ("node", admitted.node, node.node),
        ("network", admitted.network_id, node.network_id),
        ("clearing-house", admitted.broker_node, node.broker_node),
    ):
        if found != expected:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"The admission is for the {what} {found}; this is {expected}. Nothing was written.",
                setting=what,
                found=found,
                expected=expected,
            )


def _is_for_next_key(settings: Settings, certificate: x509.Certificate) -> bool:
    """Whether a certificate is for the key that waits; false where it is for the one in use.

    Raises:
        ProtocolError: KEY_REFUSED, where it is for neither.
    """
    waiting = next_of(settings.tls.key)
    certified = certificate.public_key()
    if waiting.exists() and tls_key_in(waiting).public_key() == certified:
        return True
    if tls_key_in(settings.tls.key).public_key() == certified:
        return False
    raise ProtocolError(
        Reason.KEY_REFUSED,
        f"The certificate in the admission is for another key than {waiting.name} or"
        f" {settings.tls.key.name}; nothing was written. Ask for the admission that answers"
        f" {RENEW_REQUEST}.",
        keyid="tls",
    )


def _asked_with_next_key(folder: Path, settings: Settings) -> bool:
    """Whether the request that was answered asked with the signing key that waits."""
    request, file = folder / RENEW_REQUEST, key_file(settings.node.signer)
    if file is None or not request.exists() or not next_of(file).exists():
        return False
    asked = read_join_request(read_plain_file(request)).keyid
    return asked == FileSigner.load(next_of(file)).keyid
