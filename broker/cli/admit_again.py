# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node that is admitted again: what would change, and whether it is the same one that asks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from itmo.reasons import ProtocolError, Reason

if TYPE_CHECKING:
    from broker.clearing.decision.rows import NodeRow
    from broker.settings import BrokerSettings
    from itmo.joining import JoinRequestRead
    from itmo.keys import PublicKey
    from itmo.runtime.cli.screen import Screen


@dataclass(frozen=True, slots=True)
class Standing:
    """A node as it is admitted.

    Attributes:
        row: Its row.
        keys: Its keys that are not revoked, ended ones included, oldest first.
        registries: Registries it speaks for.
        parties: Parties that designated it.
    """

    row: NodeRow
    keys: tuple[PublicKey, ...]
    registries: tuple[str, ...]
    parties: tuple[str, ...]


def standing_of(settings: BrokerSettings, node: str) -> Standing | None:
    """Returns how a node is admitted; None where it is not."""
    from broker.reports import directory
    from broker.store import nodes
    from itmo.runtime.db.undamaged import refuse_undamaged

    books = settings.database.books
    if not books.made():
        return None
    with closing(books.open_reader()) as connection:
        try:
            row = nodes.admitted(connection).get(node)
        except sqlite3.OperationalError as error:
            refuse_undamaged(books.file, error)
            return None  # not founded yet, or damaged: whoever opens it to write says which
        if row is None:
            return None
        spoken_for = [each for each in directory.registries(connection) if each.node == node]
        keys = [each for each in nodes.keys(connection) if each.node == node]
    return Standing(
        row=row,
        keys=tuple(key for key in keys if key.revoked_at is None),
        registries=tuple(each.registry for each in spoken_for),
        parties=tuple(sorted({party for each in spoken_for for party in each.designated_by})),
    )


def is_same_node(standing: Standing, asked: JoinRequestRead) -> bool:
    """Whether the request is signed with a key that the node has: its own, or the one before.

    Raises:
        ProtocolError: KEY_UNKNOWN or SIGNATURE_INVALID, for a second signature that is none of it.
    """
    from itmo.ed25519 import verify
    from itmo.envelope import pae

    if any(key.keyid == asked.keyid for key in standing.keys):
        return True
    second = asked.endorsed_by
    if second is None:
        return False
    key = next((each for each in standing.keys if each.keyid == second.keyid), None)
    if key is None:
        raise ProtocolError(
            Reason.KEY_UNKNOWN,
            f"The second signature is by key {second.keyid[:64]!a}, which is none of {asked.node};"
            f" its keys are {', '.join(each.keyid for each in standing.keys) or 'all revoked'}.",
            keyid=second.keyid[:64],
        )
    signed = pae(asked.envelope.payload_type, asked.envelope.payload)
    if not verify(key.raw, signed, second.sig):
        raise ProtocolError(
            Reason.SIGNATURE_INVALID,
            f"The second signature does not fit key {key.keyid}; have the request made again.",
            keyid=key.keyid,
        )
    return True


def check_same_node(standing: Standing, asked: JoinRequestRead, *, replace_key: bool) -> None:
    """Checks that nobody takes a node's place without a word.

    Raises:
        ProtocolError: PERMISSION_DENIED; what the two keys are, and what to do.
    """
    if is_same_node(standing, asked) or replace_key:
        return
    known = ", ".join(key.keyid for key in standing.keys) or "none that is not revoked"
    raise ProtocolError(
        Reason.PERMISSION_DENIED,
        f"{asked.node} is admitted with the key {known}; the request brings another one,"
        f" {asked.keyid}, and no signature of the old one. Have the node make it with the key it has"
        " (`registry-node renew --new-signing-key`). Where that key is lost or stolen, ask the"
        " registry's administrator over another channel, then say --replace-key.",
        node=asked.node,
    )


def show_changes(screen: Screen, standing: Standing, asked: JoinRequestRead) -> None:
    """Shows what is and what would be, line by line."""
    known = [key.keyid for key in standing.keys]
    screen.line(f"{asked.node} is admitted already. What would change:", "bold")
    kind = str(asked.kind)
    added = [each for each in asked.registries if each not in standing.registries]
    designated = [each for each in asked.designated_parties if each not in standing.parties]
    same_key = asked.keyid in known
    screen.facts(
        [
            ("signing key now", ", ".join(known) or "all revoked"),
            ("signing key asked", "the same" if same_key else asked.keyid),
            ("TLS key now", standing.row.tls_key_hash.hex()),
            ("TLS key asked", asked.tls_key_hash.hex()),
            ("kind", kind if kind == standing.row.kind else f"{standing.row.kind} becomes {kind}"),
            ("registries added", " ".join(added) or "none"),
            ("designations added", " ".join(designated) or "none"),
        ]
    )
