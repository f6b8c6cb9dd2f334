# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Signs statements when they are handed out, with the key in use, and changes over to another one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from broker.clearing.decision.rows import SignatureRow, StatementRow
from itmo.clock import Clock
from itmo.core.v1 import statements_pb2
from itmo.envelope import Envelope, Signature, pae
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, PublicKey, Signer
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

_MAX_SIGNATURES_KEPT: Final = 20_000
"""Signatures kept for statements that are handed out more than once (answer, two mailboxes)."""

SignStored = Callable[[Signer], Awaitable[int]]
"""Signs what is stored and not signed yet, as far as a signer's key was good for it."""


class StatementSigner:
    """The key that the broker signs with, and the signatures that it made lately.

    Args:
        broker: The node id under which the broker signs.
        signer: Its key.
        clock: The broker's clock.
        note: Told of each signature that was made.
        sign_stored: Signs with a key what nobody has asked for yet, before another one comes.
    """

    def __init__(
        self,
        broker: NodeId,
        signer: Signer,
        clock: Clock,
        note: Callable[[SignatureRow], None],
        sign_stored: SignStored,
    ) -> None:
        self._broker = broker
        self._signer = signer
        self._clock = clock
        self._note = note
        self._sign_stored = sign_stored
        self._keys: dict[str, PublicKey] = {}
        self._made: OrderedDict[bytes, Signature] = OrderedDict()

    @property
    def keyid(self) -> str:
        """Key id of the key in use."""
        return self._signer.keyid

    def know(self, keys: Iterable[PublicKey]) -> None:
        """Takes note of keys that are registered, or were changed; others than the broker's too."""
        for key in keys:
            if (key.node, key.purpose) == (self._broker, KeyPurpose.SIGN_RECEIPT):
                self._keys[key.keyid] = key

    def check(self) -> None:
        """Checks that the key in use is valid now.

        Raises:
            ProtocolError: KEY_UNKNOWN, KEY_REVOKED or KEY_NOT_VALID_NOW; no node takes its signatures.
        """
        self._check(self._signer)

    def _check(self, signer: Signer) -> None:
        ring = Keyring(self._keys.values())
        ring.find(signer.keyid, KeyPurpose.SIGN_RECEIPT, self._clock.now())

    def keep_in_use(self, written: object) -> None:
        """Refuses a statement that revokes the key in use.

        Raises:
            ProtocolError: KEY_IN_USE.
        """
        if (
            isinstance(written, statements_pb2.KeyStatement)
            and written.revoked
            and written.public_key == self._signer.public_key
        ):
            raise ProtocolError(
                Reason.KEY_IN_USE,
                f"key {self.keyid} is the one that {self._broker} signs with now",
                keyid=self.keyid,
            )

    async def change_to(self, signer: Signer) -> bool:
        """Signs with another key from now on; False where it is the one in use.

        What was decided before the new key was good is signed with the old one first, also where
        nobody has fetched it yet: later nobody could.

        Raises:
            ProtocolError: a KEY reason; the key in use stays.
        """
        if signer.keyid == self.keyid:
            return False
        self._check(signer)
        await self._sign_stored(self._signer)
        self._signer = signer
        return True

    async def sign_stored(self) -> int:
        """Signs what nobody has asked for yet; returns how many statements."""
        return await self._sign_stored(self._signer)

    def signed(self, row: StatementRow) -> Envelope:
        """A statement with its signature. It is durable: rows come from after the commit.

        Raises:
            ProtocolError: SHUTTING_DOWN; the key in use was revoked before this place in the log.
        """
        label = PayloadKind(row.kind).label
        # A key that is not registered signed nothing: an older build took any key at its start.
        if row.signature is not None and row.keyid is not None and row.keyid in self._keys:
            return Envelope(row.payload, label, (Signature(row.keyid, row.signature),))
        made = self._made.get(row.payload_hash)
        if made is None:
            self._check_place(row.log_index)
            made = Signature(self.keyid, self._signer.sign(pae(label, row.payload)))
            self._made[row.payload_hash] = made
            self._note(SignatureRow(row.statement_id, made.keyid, made.sig))
            if len(self._made) > _MAX_SIGNATURES_KEPT:
                self._made.popitem(last=False)
        return Envelope(row.payload, label, (made,))

    def _check_place(self, log_index: int) -> None:
        key = self._keys.get(self.keyid)
        if key is not None and key.revoked_index is not None and log_index > key.revoked_index:
            raise ProtocolError(
                Reason.SHUTTING_DOWN,
                f"key {self.keyid} of {self._broker} was revoked; it signs nothing more",
            )
