# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Keys of nodes: learned from the broker's directory when first needed, kept, never exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam

from itmo.clock import to_ms
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, PublicKey, Signer
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import BrokerLink
from registry_node.commands.trip import Trip, from_ms
from registry_node.damage import of_rows
from registry_node.inbox.opening import claimed_header
from registry_node.store.rows import KeyRow
from registry_node.store.tables import KEYS
from registry_node.work import Work

_KEY: Final = KEYS.select(KEYS.table.c.keyid == bindparam("keyid"))
_ALL_KEYS: Final = KEYS.select()
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


class Directory:
    """The keys known here, and the way to learn more."""

    def __init__(self, work: Work, link: BrokerLink) -> None:
        self._work = work
        self._link = link
        self._keys: dict[str, PublicKey] | None = None

    async def keyring_for(self, envelopes: Sequence[Envelope]) -> Keyring:
        """Returns the known keys, after asking for those that the envelopes name.

        Raises:
            ProtocolError: A reason to try again later; an unknown key is no error here.
        """
        for envelope in envelopes:
            known = await self._known()
            if all(signature.keyid in known for signature in envelope.signatures):
                continue
            try:
                keys = await self._link.node_keys(claimed_header(envelope).sender_node)
            except ProtocolError as error:
                if error.retryable:
                    raise
                continue  # the envelope will not verify, and says why itself
            await self._work.run(lambda trip, keys=keys: remember(trip, keys))  # type: ignore[misc]
            self._keys = None
        own = self._work.identity.node
        return Keyring(_own_at_any_time(key, own) for key in (await self._known()).values())

    async def remember_own(self, signer: Signer) -> None:
        """Keeps the own key too: own messages come back when both sides live on this node."""

        def keep(trip: Trip) -> None:
            if _KEY.first(trip.db, keyid=signer.keyid) is None:
                own = PublicKey(
                    keyid=signer.keyid,
                    node=trip.identity.node,
                    purpose=KeyPurpose.SIGN_MESSAGE,
                    raw=signer.public_key,
                    not_before=_EARLIEST,
                    not_after=_LATEST,
                )
                remember(trip, [own])

        await self._work.run(keep)
        self._keys = None

    async def refresh_own(self) -> None:
        """Asks what is registered of this node, with its end and its revocation, and keep that.

        Raises:
            ProtocolError: The broker cannot be asked.
        """
        keys = await self._link.node_keys(self._work.identity.node)
        await self._work.run(lambda trip: remember(trip, keys))
        self._keys = None

    async def own_keys(self) -> list[PublicKey]:
        """Returns the keys of this node that are known here."""
        own = self._work.identity.node
        return [key for key in (await self._known()).values() if key.node == own]

    async def _known(self) -> dict[str, PublicKey]:
        if self._keys is None:
            self._keys = {key.keyid: key for key in await self._work.read(registered_keys)}
        return self._keys


def remember(trip: Trip, keys: Sequence[PublicKey]) -> None:
    """Keeps keys of nodes; one that is known for another node or purpose stays as it was."""
    for key in keys:
        row = KeyRow(
            keyid=key.keyid,
            node=key.node,
            purpose=key.purpose,
            raw=key.raw,
            not_before=to_ms(key.not_before),
            not_after=to_ms(key.not_after),
            revoked_at=to_ms(key.revoked_at) if key.revoked_at else None,
        )
        known = _KEY.first(trip.db, keyid=key.keyid)
        if known is None:
            KEYS.insert(trip.db, row)
        elif (known.node, known.purpose) == (row.node, row.purpose):
            KEYS.replace(trip.db, row)
        else:
            trip.alarm(
                Reason.KEY_REFUSED,
                f"the directory shows key {key.keyid} as {key.node}'s for {key.purpose}, here it is"
                f" known as {known.node}'s for {known.purpose}; the first one is kept.",
            )


def known_keys(trip: Trip) -> list[PublicKey]:
    """Returns every key that is kept here, for verifying.

    Own keys verify whenever it was: when they were registered and revoked is told by the broker's clock,
    what was signed with them by this node's, and the broker has judged it.
    """
    return [_own_at_any_time(key, trip.identity.node) for key in registered_keys(trip)]


def _own_at_any_time(key: PublicKey, own: NodeId) -> PublicKey:
    if key.node != own:
        return key
    return replace(key, not_before=_EARLIEST, not_after=_LATEST, revoked_at=None)


@of_rows
def registered_keys(trip: Trip) -> list[PublicKey]:
    """Returns every key that is kept here, as the broker registered it."""
    return [
        PublicKey(
            keyid=row.keyid,
            node=NodeId(row.node),
            purpose=row.purpose,
            raw=row.raw,
            not_before=from_ms(row.not_before),
            not_after=from_ms(row.not_after),
            revoked_at=None if row.revoked_at is None else from_ms(row.revoked_at),
        )
        for row in _ALL_KEYS.all(trip.db)
    ]
