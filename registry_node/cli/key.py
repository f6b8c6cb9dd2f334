# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Keys of a node: shown with their fingerprints, exchanged by one command, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from itmo.clock import SystemClock, to_text
from itmo.core.v1 import statements_pb2
from itmo.joining import proof_of_possession_text
from itmo.keys import Signer
from itmo.limits import CLOCK_TOLERANCE
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import key_service_pb2 as keys_api
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import MOMENT
from itmo.timestamps import moment, timestamp
from registry_node.cli import showing
from registry_node.cli.options import wait_option
from registry_node.cli.renew import taken_up
from registry_node.cli.sending import milliseconds
from registry_node.cli.session import Session, command, seconds_for
from registry_node.key_files import next_signer, take_signer

_LIFETIME: Final = timedelta(days=730)
"""As that of an admitted key: it is rotated within two years."""
_ASKED_SECONDS: Final = 15.0


@click.group()
def key() -> None:
    """Shows, exchanges and revokes the keys that this node signs with."""


@key.command("list")
@command
def list_keys(session: Session) -> None:
    """Shows the keys of this node and of the clearing-house, with the fingerprints to compare."""
    found = _listed(session)

    def table(screen: Screen) -> None:
        for title, listed in (("This node", found.own), ("The clearing-house", found.broker)):
            screen.line(f"{title}", "bold")
            for each in listed:
                screen.line(f"  {each.keyid}")
                screen.line(f"    {_words(each, found.signing_keyid)}")
        if found.not_asked:
            screen.line(f"As known here: {found.not_asked}", "yellow")

    session.show(found, table)


@key.command("rotate")
@wait_option
@command
def rotate(session: Session, wait: float) -> None:
    """Makes the next signing key, has it registered, and signs with it from then on.

    The key in use signs for the new one. The old one stays valid until it ends or is revoked; what was
    signed with it and is under way goes on. Run it again where the clearing-house could not be
    reached: it goes on with the key that it had begun with.
    """
    from registry_node.settings import load

    settings = load(session.folder)
    before = _listed(session)
    following = next_signer(settings).signer
    registered = any(
        each.keyid == following.keyid and not each.HasField("revoke_time") for each in before.own
    )
    if not registered:
        outcome = _register(session, settings.node.network_id, settings.node.id, following, wait)
        if not outcome.effective:
            session.show(outcome, lambda screen: showing.outcome(screen, outcome, "Key registered"))
            if not session.as_json and outcome.state == api.MESSAGE_STATE_PENDING:
                Screen().line("The key in use stays; run this again later.")
            showing.leave(outcome, max(wait, 1))
    named = take_signer(session.folder.absolute(), settings, SystemClock().now())
    done: dict[str, Any] = {
        "keyid": following.keyid,
        "key_file": str(named),
        "old_keyid": before.signing_keyid,
        **taken_up(session),
    }

    def table(screen: Screen) -> None:
        screen.line(f"Signs with {following.keyid} from now on.")
        screen.line(done["said"])
        screen.line(
            f"The key before stays valid. To revoke it: `registry-node key revoke"
            f" {before.signing_keyid}`"
        )

    session.show(done, table)


@key.command("revoke")
@click.argument("keyid")
@click.option("--yes", is_flag=True, help="Revoke without asking.")
@wait_option
@command
def revoke(session: Session, keyid: str, yes: bool, wait: float) -> None:
    """Revokes the key KEYID of this node for good, by a statement signed with the key in use."""
    from registry_node.settings import load

    found = _listed(session)
    if keyid == found.signing_keyid:
        raise ProtocolError(
            Reason.KEY_IN_USE,
            f"{keyid} is the key that this node signs with; change over first:"
            " `registry-node key rotate`.",
            keyid=keyid,
        )
    if not any(each.keyid == keyid for each in found.own):
        raise ProtocolError(
            Reason.KEY_UNKNOWN,
            f"this node has no key {keyid[:64]!a}; `registry-node key list` shows all of them.",
            keyid=keyid[:64],
        )
    session.ask(f"Revoke {keyid} for good?", yes=yes)
    raw = next(each.public_key for each in found.own if each.keyid == keyid)
    statement = statements_pb2.KeyStatement(
        node=load(session.folder).node.id,
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=raw,
        revoked=True,
    )
    outcome = _say(session, statement, wait)
    session.show(outcome, lambda screen: showing.outcome(screen, outcome, f"Revoked {keyid}"))
    showing.leave(outcome, wait)


@key.command("signed")
@click.argument("keyid")
@click.option(
    "--since",
    type=MOMENT,
    help="The last moment at which the key was surely safe, such as 2026-11-27T12:00:00Z.",
)
@command
def signed(session: Session, keyid: str, since: datetime | None) -> None:
    """Lists every message that this node signed with the key KEYID; the node need not run.

    A stolen key may have signed messages that this node never saw: ask the clearing-house for its list
    (`broker key signed`) and compare.
    """
    from registry_node.app import signed_messages
    from registry_node.settings import load

    found = signed_messages(load(session.folder), keyid, since)
    listed = [
        {
            "message_id": each.message_id,
            "kind": each.kind,
            "signed_at": to_text(each.signed_at),
            "sequence": each.sequence,
            "status": each.status,
            "transaction_id": each.transaction_id,
        }
        for each in found
    ]

    def table(screen: Screen) -> None:
        for each in listed:
            words = f"{each['signed_at']}  {each['kind']}  {each['status']}  {each['message_id']}"
            screen.line(words)
        if not listed:
            screen.line("Nothing was signed with it here.")

    session.show({"signed": listed}, table)


def _listed(session: Session) -> keys_api.ListKeysResponse:
    request = keys_api.ListKeysRequest()
    return session.call_keys(lambda stub: stub.ListKeys(request, timeout=_ASKED_SECONDS))


def _register(
    session: Session, network: str, node: str, signer: Signer, wait: float
) -> api.Outcome:
    now = _network_time(session)
    text = proof_of_possession_text(network, node, signer.public_key)
    statement = statements_pb2.KeyStatement(
        node=node,
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=signer.public_key,
        # Good at once also where the clearing-house's clock is a little behind.
        not_before=timestamp(now - CLOCK_TOLERANCE),
        not_after=timestamp(now + _LIFETIME),
        proof_of_possession=signer.sign(text.encode()),
    )
    return _say(session, statement, wait)


def _say(session: Session, statement: statements_pb2.KeyStatement, wait: float) -> api.Outcome:
    request = api.ChangeKeyRequest(statement=statement, wait_ms=milliseconds(wait))
    return session.call(lambda stub: stub.ChangeKey(request, timeout=seconds_for(wait))).outcome


def _network_time(session: Session) -> datetime:
    """The node's time: on a test network another one than the machine's."""
    request = api.GetStatusRequest()
    found = session.call(lambda stub: stub.GetStatus(request, timeout=_ASKED_SECONDS))
    return moment(found.time, "time") if found.HasField("time") else datetime.now(UTC)


def _words(each: keys_api.NodeKey, signing: str) -> str:
    first, last = (f"{moment(end, 'key'):%Y-%m-%d}" for end in (each.not_before, each.not_after))
    words = [f"from {first} until {last}"]
    if each.HasField("revoke_time"):
        words.append(f"revoked {moment(each.revoke_time, 'key'):%Y-%m-%d}")
    if each.keyid == signing:
        words.append("in use")
    if each.told:
        words.append("told by a statement that a pinned key vouched for")
    return ", ".join(words)
