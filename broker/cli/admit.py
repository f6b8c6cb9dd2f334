# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Admission of a node."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from broker.cli.admit_again import Standing, check_same_node, show_changes, standing_of
from broker.cli.session import Session, session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.authority import IssuedCertificate
    from broker.settings import BrokerSettings
    from itmo.admission import BrokerKey
    from itmo.core.v1 import decision_pb2
    from itmo.joining import JoinRequestRead

_OVERLAP: Final = timedelta(days=14)
"""A renewed admission travels by hand; until it arrives, the node connects with the key it has."""


@click.command()
@click.argument("request", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The admission file to write; NODE.admission.json where not given.",
)
@click.option("--yes", is_flag=True, help="Admit without asking.")
@click.option(
    "--replace-key",
    is_flag=True,
    help="Admit a known node with another signing key that its old one did not sign for.",
)
@click.option(
    "--at-once",
    is_flag=True,
    help="Of a known node, take the TLS key before no longer; else for two weeks more.",
)
def admit(request: Path, out: Path | None, yes: bool, replace_key: bool, at_once: bool) -> None:
    """Admits the node that made the joining REQUEST, and writes the admission file for it.

    Compare the key fingerprint with the node's operator over another channel before you say yes.
    A node that is admitted already gets a renewed certificate (`registry-node renew` makes the
    request): what would change is shown, and another signing key needs the old one's signature or
    --replace-key. The old signing key stays valid until you revoke it.
    """
    from broker.authority import load_authority
    from itmo.clock import SystemClock
    from itmo.files import write_new_file
    from itmo.identifiers import NetworkId

    run = session()
    settings = run.settings()
    asked = _read(request, settings)
    target = out if out is not None else Path(f"{asked.node}.admission.json")
    if target.exists():
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"{target} exists; choose another file with --out, nothing is overwritten.",
            where="--out",
            found=str(target),
        )
    authority = load_authority(
        NetworkId(settings.network_id), settings.authority.certificate, settings.authority.key
    )
    standing = standing_of(settings, asked.node)
    if standing is not None:
        check_same_node(standing, asked, replace_key=replace_key)
    _confirm(run, asked, standing, yes=yes)
    issued = authority.certify_node(asked.node, asked.tls_request, SystemClock().now())
    overlap = _OVERLAP if standing is not None and not at_once else timedelta(0)
    text, receipt = asyncio.run(_admit(settings, asked, issued, overlap))
    write_new_file(target, text.encode())
    facts = {
        "node": asked.node,
        "file": str(target.absolute()),
        "sha256": _sha256(target),
        "keyid": asked.keyid,
        "certificate_not_after": issued.not_after,
        "log_index": receipt.log_index,
        "renewed": standing is not None,
    }

    def told(screen: Screen) -> None:
        screen.line(f"{asked.node} is admitted{' again' if standing else ''}.", "green")
        screen.facts(facts.items())
        screen.line(
            "Send the file to the node's operator, who compares its SHA-256 with you over another"
            f" channel and then runs `registry-node {'renew' if standing else 'join'}`."
        )
        if overlap:
            screen.line(
                f"Until it is taken up, {overlap.days} days at most, the old TLS key is good."
            )

    run.show(facts, told)


def _read(request: Path, settings: BrokerSettings) -> JoinRequestRead:
    from itmo.files import read_plain_file
    from itmo.joining import read_join_request

    content = read_plain_file(request)
    if b'"certificate_pem"' in content:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{request} is an admission, the answer of the clearing-house; the node takes it up with"
            " `registry-node join`, or `registry-node renew`.",
            where="request",
        )
    asked = read_join_request(content)
    if asked.network_id != settings.network_id:
        raise ProtocolError(
            Reason.NETWORK_MISMATCH,
            f"The request is for the network {asked.network_id}; this is {settings.network_id}.",
            found=asked.network_id,
            expected=settings.network_id,
        )
    return asked


def _confirm(run: Session, asked: JoinRequestRead, standing: Standing | None, *, yes: bool) -> None:
    if not run.as_json and standing is not None:
        show_changes(Screen(), standing, asked)
    elif not run.as_json:
        screen = Screen()
        screen.line("The request asks to admit", "bold")
        screen.facts(
            [
                ("node", asked.node),
                ("kind", asked.kind),
                ("registries", " ".join(asked.registries)),
                ("designated by", " ".join(asked.designated_parties) or "no Party"),
                ("key fingerprint", asked.keyid),
                ("TLS key", asked.tls_key_hash.hex()),
                ("made", asked.creation_time),
            ]
        )
    run.ask("Admit it?", yes=yes, needs="say --yes once you have compared the fingerprint")


async def _admit(
    settings: BrokerSettings,
    asked: JoinRequestRead,
    issued: IssuedCertificate,
    overlap: timedelta,
) -> tuple[str, decision_pb2.Receipt]:
    """Admits a node; returns the text of the admission file, which is known to be good before."""
    from broker.cli.access import operator_of

    async with operator_of(settings) as operator:
        text = _admission(settings, asked, issued)
        admitted = await operator.admit(asked.envelope, issued.tls_key_hash, overlap=overlap)
        return text, admitted


def _admission(
    settings: BrokerSettings,
    asked: JoinRequestRead,
    issued: IssuedCertificate,
) -> str:
    from itmo.admission import Admission, write_admission
    from itmo.files import read_plain_file
    from itmo.identifiers import NetworkId, NodeId

    return write_admission(
        Admission(
            network_id=NetworkId(settings.network_id),
            test_network=settings.test_network,
            node=asked.node,
            broker_node=NodeId(settings.node_id),
            broker_address=settings.server.public_address,
            # All that this broker trusts: around a change of the authority, the old and the new one.
            ca_pem=read_plain_file(settings.tls.ca).decode("ascii"),
            certificate_pem=issued.pem,
            broker_keys=_broker_keys(settings),
        )
    )


def _broker_keys(settings: BrokerSettings) -> tuple[BrokerKey, ...]:
    """The keys with which the broker signs, or will sign after a rotation that is under way."""
    from broker.store import nodes
    from itmo.admission import BrokerKey
    from itmo.keys import KeyPurpose

    with closing(settings.database.books.open_reader()) as connection:
        return tuple(
            BrokerKey(key.purpose, key.raw, key.not_before, key.not_after)
            for key in nodes.keys(connection)
            if key.node == settings.node_id
            and key.purpose is KeyPurpose.SIGN_RECEIPT
            and key.revoked_at is None
        )


def _sha256(file: Path) -> str:
    import hashlib

    from itmo.files import read_plain_file

    return hashlib.sha256(read_plain_file(file)).hexdigest()
