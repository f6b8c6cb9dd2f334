# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Keys: rotation of the broker's, the operator's and nodes' keys by signed key statements."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from broker.cli.session import Session, session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.commands import Commands
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import MOMENT

if TYPE_CHECKING:
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2, statements_pb2
    from itmo.keys import KeyPurpose

_KEYID_LENGTH: Final = 64
_LIFETIME: Final = timedelta(days=730)


@click.group(
    commands=Commands(
        {"rotate": "broker.cli.key_rotate:rotate_key", "signed": "broker.cli.key_signed:signed_key"}
    )
)
def key() -> None:
    """Lists, adds and revokes keys.

    `rotate` exchanges the broker's or the operator's own key while the broker runs. A node exchanges
    its key itself (`registry-node key rotate`).
    """


@key.command("list")
@click.option("--node", help="Only keys of this node.")
def list_keys(node: str | None) -> None:
    """Lists every key ever registered."""
    from broker.reports import directory
    from itmo.forms import moment

    run = session()
    with run.reader() as connection:
        found = directory.keys(connection, node)

    def text(screen: Screen) -> None:
        screen.table(
            ("node", "purpose", "key id", "from", "until", "revoked"),
            [
                (
                    v.node,
                    v.purpose,
                    v.keyid,
                    moment(v.not_before),
                    moment(v.not_after),
                    moment(v.revoked_at) if v.revoked_at else None,
                )
                for v in found
            ],
            empty="no such key",
        )

    run.show({"keys": found}, text)


@key.command("add")
@click.argument("node")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The new private key, for the broker's and the operator's own; made where it is missing.",
)
@click.option("--public-key", metavar="HEX", help="The new public key, for a node's.")
@click.option("--proof", metavar="HEX", help="The node's proof that it holds the secret.")
@click.option("--from", "start", type=MOMENT, help="Start of validity; now where not given.")
@click.option("--until", type=MOMENT, help="End of validity; two years later where not given.")
def add_key(
    node: str,
    key_file: Path | None,
    public_key: str | None,
    proof: str | None,
    start: datetime | None,
    until: datetime | None,
) -> None:
    """Registers a further key of NODE: the broker's node id, `operator`, or a registry node."""
    run = session()
    settings = run.settings()
    if (key_file is None) == (public_key is None) or (public_key is None) != (proof is None):
        raise click.UsageError("give either --key-file, or --public-key with --proof")
    if key_file is not None:
        new, signature = own_key(settings, node, key_file)
    else:
        new, signature = _hex(public_key, "--public-key"), _hex(proof, "--proof")
    receipt = asyncio.run(register(settings, node, new, signature, start, until))
    own = key_file if node in (settings.node_id, "operator") else None
    _show(run, "added", node, new, receipt, _next(settings, node, own))


@key.command("revoke")
@click.argument("node")
@click.argument("keyid")
@click.option("--yes", is_flag=True, help="Revoke without asking.")
@click.option(
    "--lock-out",
    is_flag=True,
    help="Revoke it although the node signs with it, or has no other: it can say nothing then.",
)
def revoke_key(node: str, keyid: str, yes: bool, lock_out: bool) -> None:
    """Revokes the key KEYID of NODE for good, from this place in the log on.

    The key that a node signs with, or its last one, is not revoked without --lock-out.
    """
    from itmo.ed25519 import key_id

    run = session()
    settings = run.settings()
    raw = _registered(run, node, keyid)
    keyid = key_id(raw)  # it may have been shortened
    if not lock_out and node not in (settings.node_id, "operator"):
        _check_not_locked_out(run, node, keyid)
    run.ask(f"Revoke {keyid} of {node} for good?", yes=yes)
    receipt = asyncio.run(_revoke(settings, node, raw))
    _show(run, "revoked", node, raw, receipt, "")


def _check_not_locked_out(run: Session, node: str, keyid: str) -> None:
    """Checks that a node can go on without a key; the broker checks that of its own.

    Raises:
        ProtocolError: KEY_IN_USE; what is to be done first.
    """
    from broker.reports.signed_with import signs_lately
    from broker.store import nodes

    with run.reader() as connection:
        others = [
            key.keyid
            for key in nodes.keys(connection)
            if key.node == node and key.keyid != keyid and key.revoked_at is None
        ]
        in_use = signs_lately(connection, node, keyid)
    if others and not in_use:
        return
    found = "signs with it: its newest message does" if others else "has no other key"
    raise ProtocolError(
        Reason.KEY_IN_USE,
        f"{node} {found}. First have it change over (`registry-node key rotate`), or admit the request"
        " that it makes with another key (`broker admit`). Where the key was stolen and cannot wait,"
        f" say --lock-out: {node} can say nothing then until it is admitted with another key.",
        keyid=keyid,
    )


def own_key(settings: BrokerSettings, node: str, file: Path) -> tuple[bytes, bytes]:
    """Returns the public key in a file, made where it is missing, and its proof of possession."""
    from itmo.joining import proof_of_possession_text
    from itmo.keys import FileSigner, generate_key_file

    signer = FileSigner.load(file) if file.exists() else generate_key_file(file)
    text = proof_of_possession_text(settings.network_id, node, signer.public_key)
    return signer.public_key, signer.sign(text.encode())


def _hex(text: str | None, option: str) -> bytes:
    try:
        return bytes.fromhex(text or "")
    except ValueError:
        raise click.BadParameter(
            f"{text!a} is not hexadecimal; write digits 0 to 9 and a to f only", param_hint=option
        ) from None


def _registered(run: Session, node: str, keyid: str) -> bytes:
    from broker.store import nodes
    from itmo.short_ids import shortened, the_one

    with run.reader() as connection:
        own = {each.keyid: each.raw for each in nodes.keys(connection) if each.node == node}
    part = shortened(keyid, _KEYID_LENGTH)
    meant = the_one(keyid, [each for each in own if part and each.startswith(part)])
    if meant in own:
        return own[meant]
    raise ProtocolError(
        Reason.KEY_UNKNOWN,
        f"{node[:40]!a} has no key {keyid[:80]!a}; `broker key list` names all of them.",
        keyid=keyid[:80],
    )


def _purpose(settings: BrokerSettings, node: str) -> KeyPurpose:
    from broker.clearing.path.gate import OPERATOR_NODE
    from itmo.keys import KeyPurpose

    own = {settings.node_id: KeyPurpose.SIGN_RECEIPT, OPERATOR_NODE: KeyPurpose.OPERATE}
    return own.get(node, KeyPurpose.SIGN_MESSAGE)


def _statement(settings: BrokerSettings, node: str, raw: bytes) -> statements_pb2.KeyStatement:
    from itmo.core.v1 import statements_pb2

    purpose = statements_pb2.KeyPurpose.Value(f"KEY_PURPOSE_{_purpose(settings, node)}")
    return statements_pb2.KeyStatement(node=node, purpose=purpose, public_key=raw)


async def register(
    settings: BrokerSettings,
    node: str,
    raw: bytes,
    proof: bytes,
    start: datetime | None = None,
    until: datetime | None = None,
) -> decision_pb2.Receipt:
    """Registers a further key of a node; valid from now on for two years where nothing else is said.

    Raises:
        ProtocolError: it was refused, or took no effect.
    """
    from broker.cli.access import operator_of
    from itmo.payloads import PayloadKind
    from itmo.timestamps import timestamp

    statement = _statement(settings, node, raw)
    async with operator_of(settings) as operator:
        first = start or operator.clock.now()
        statement.not_before.CopyFrom(timestamp(first))
        statement.not_after.CopyFrom(timestamp(until or first + _LIFETIME))
        statement.proof_of_possession = proof
        return await operator.state(PayloadKind.KEY_STATEMENT, statement)


async def _revoke(settings: BrokerSettings, node: str, raw: bytes) -> decision_pb2.Receipt:
    from broker.cli.access import operator_of
    from itmo.payloads import PayloadKind

    statement = _statement(settings, node, raw)
    statement.revoked = True
    async with operator_of(settings) as operator:
        return await operator.state(PayloadKind.KEY_STATEMENT, statement)


def _next(settings: BrokerSettings, node: str, file: Path | None) -> str:
    if file is None:
        return ""
    name = "message" if node == settings.node_id else "operator"
    return (
        f'Next: set signers.{name} = "{file.absolute().as_uri()}" in broker.toml, restart the'
        " broker, then revoke the old key."
    )


def _show(
    run: Session, done: str, node: str, raw: bytes, receipt: decision_pb2.Receipt, hint: str
) -> None:
    from itmo.ed25519 import key_id

    keyid = key_id(raw)
    facts = {
        "node": node,
        "keyid": keyid,
        "public_key": raw,
        "done": done,
        "log_index": receipt.log_index,
    }

    def text(screen: Screen) -> None:
        screen.line(f"Key {keyid} of {node} is {done}, decision {receipt.log_index} of the log.")
        if hint:
            screen.line(hint)

    run.show(facts, text)
