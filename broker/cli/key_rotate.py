# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Exchanging the broker's or the operator's key on a network that runs, in one command."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from broker.cli.key import own_key, register
from broker.cli.session import Session, session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.settings import BrokerSettings
    from itmo.keys import PublicKey

_WAIT: Final = 10
"""Seconds. A node that is connected takes a delivery within one; those that are away may take weeks."""
_LOOK_SECONDS: Final = 0.2
_DAY: Final = "[0-9]" * 4 + "-[0-9][0-9]" * 2
"""Files of keys that this command made bear their day."""


@dataclass(frozen=True, slots=True)
class _Next:
    """A key that is to follow the one in use."""

    file: Path
    keyid: str
    public_key: bytes
    registered: PublicKey | None


@click.command("rotate")
@click.argument("which", type=click.Choice(["message", "operator"]))
@click.option(
    "--wait",
    type=click.IntRange(0, 3600),
    default=_WAIT,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for nodes to take the new key of the broker.",
)
@click.option("--now", is_flag=True, help="Change over although nodes have not taken it yet.")
def rotate_key(which: str, wait: int, now: bool) -> None:
    """Makes and registers the next key, and changes over to it; `message` signs statements.

    Every node learns of a new message key from a statement that the old one vouches for. The broker
    changes over, without a restart, when all of them have taken it: run this again when one was away.
    What a node has not fetched it takes in order when it comes back, so --now loses nothing either.
    The old key stays valid; the command that revokes it is shown.
    """
    from broker.clearing.path.gate import OPERATOR_NODE

    run = session()
    settings = run.settings()
    node = settings.node_id if which == "message" else OPERATOR_NODE
    setting = f"signers.{which}"
    old, file = _in_use(run, settings, which)
    following = _next(settings, node, old, file)
    if following.registered is None:
        signed = own_key(settings, node, following.file)
        asyncio.run(register(settings, node, *signed))
    behind = [] if which == "operator" else _behind_after(settings, following.keyid, wait)
    changed = now or not behind
    if changed:
        _name(run, settings, setting, following.file)
    facts = {
        "setting": setting,
        "keyid": following.keyid,
        "key_file": str(following.file),
        "old_keyid": old.keyid,
        "changed_over": changed,
        "not_taken_by": behind,
    }
    run.show(facts, lambda screen: _told(screen, node, old, following, behind, changed=changed))


def _told(
    screen: Screen,
    node: str,
    old: PublicKey,
    following: _Next,
    behind: list[str],
    *,
    changed: bool,
) -> None:
    from itmo.forms import moment

    screen.line(f"The next key of {node} is {following.keyid}, in {following.file}.")
    screen.line("Let administrators of nodes compare it with what `registry-node key list` shows.")
    if behind:
        screen.line(f"Not taken yet by {', '.join(behind)}.", "yellow")
    if not changed:
        screen.line(
            "The key before goes on signing. Run this again when they have been connected, or with"
            " --now: they take it in order when they come back."
        )
        return
    screen.line(f"{node} signs with it from now on.", "green")
    screen.line(
        f"The key before stays valid until {moment(old.not_after)}. To revoke it:"
        f" `broker key revoke {node} {old.keyid}`"
    )


def _in_use(run: Session, settings: BrokerSettings, which: str) -> tuple[PublicKey, Path]:
    """The key in use as it is registered, and its file.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where it lies in no file or is named by a variable;
            KEY_UNKNOWN, where it is not registered.
    """
    import os

    from broker.settings_file import ENVIRONMENT_PREFIX
    from broker.store import nodes
    from itmo.keys import key_file, signer_from_uri

    uri = getattr(settings.signers, which)
    file = key_file(uri)
    variable = f"{ENVIRONMENT_PREFIX}SIGNERS__{which.upper()}"
    if file is None or any(name.upper() == variable for name in os.environ):
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"signers.{which} names no file, or is set by {variable}; register the next key with"
            " `broker key add`, name it there, and start the broker again.",
            setting=f"signers.{which}",
        )
    keyid = signer_from_uri(uri).keyid
    with run.reader() as connection:
        for key in nodes.keys(connection):
            if key.keyid == keyid:
                return key, file
    raise ProtocolError(
        Reason.KEY_UNKNOWN,
        f"signers.{which} names key {keyid}, which is not registered; `broker check-config` says more.",
        keyid=keyid,
    )


def _next(settings: BrokerSettings, node: str, old: PublicKey, file: Path) -> _Next:
    """The key that an earlier run has begun with, or the name of a file for a new one."""
    from broker.store import nodes
    from itmo.clock import SystemClock
    from itmo.ed25519 import key_id
    from itmo.files import seen_by_others
    from itmo.keys import FileSigner

    with closing(settings.database.books.open_reader()) as connection:
        known = {key.keyid: key for key in nodes.keys(connection) if key.node == node}
    stem = file.name.partition(".")[0].partition("-")[0]
    for each in sorted(file.parent.glob(f"{stem}-{_DAY}*.pem"), reverse=True):
        if seen_by_others([each]):
            continue
        signer = FileSigner.load(each)
        key = known.get(signer.keyid)
        if key is None or (key.revoked_at is None and key.not_before > old.not_before):
            return _Next(each, signer.keyid, signer.public_key, key)
    day = f"{SystemClock().now():%Y-%m-%d}"
    fresh, number = file.with_name(f"{stem}-{day}.pem"), 1
    while fresh.exists():
        number += 1
        fresh = file.with_name(f"{stem}-{day}-{number}.pem")
    public_key, _ = own_key(settings, node, fresh)
    return _Next(fresh, key_id(public_key), public_key, None)


def _behind_after(settings: BrokerSettings, keyid: str, wait: int) -> list[str]:
    """Nodes that have not acknowledged the delivery of a key, after waiting for them a while."""
    return asyncio.run(_wait_for(settings, keyid, wait))


async def _wait_for(settings: BrokerSettings, keyid: str, wait: int) -> list[str]:
    from broker.reports.directory import not_told_of

    looks = int(wait / _LOOK_SECONDS)
    with closing(settings.database.books.open_reader()) as connection:
        while (behind := not_told_of(connection, keyid)) and looks > 0:
            looks -= 1
            await asyncio.sleep(_LOOK_SECONDS)
    return behind


def _name(run: Session, settings: BrokerSettings, setting: str, file: Path) -> None:
    """Names the key in broker.toml, and has a broker that runs take it up."""
    from broker.settings_file import FILE_NAME
    from itmo.runtime.settings_text import change_setting

    toml = run.folder.absolute() / FILE_NAME
    try:
        uri = f"file:{file.relative_to(toml.parent)}"
    except ValueError:
        uri = file.as_uri()
    table, _, key = setting.partition(".")
    change_setting(toml, table, key, uri)
    asyncio.run(_take_up(settings))


async def _take_up(settings: BrokerSettings) -> None:
    from broker.cli.operator_link import operator_link

    async with operator_link(settings.server.operator_socket) as link:
        if link is not None:
            await link.take_up_keys()
