# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Verify every stored proof again, from its stored bytes, as if it had just arrived.

For every proof: the bytes hash to what it is filed under, the signatures fit with the pinned keys
of the broker or the kept key of the node, and every hash by which a statement names other messages
leads to one that is stored here too. For every completed transaction: a receipt says so. For the
own messages: they form one chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from google.protobuf.message import DecodeError
from sqlalchemy import bindparam

from itmo.core.v1 import decision_pb2
from itmo.keys import Keyring
from itmo.lifecycle import State
from itmo.payloads import STATEMENTS, PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import Trip, from_ms
from registry_node.inbox.directory import known_keys
from registry_node.inbox.opening import Opener, Statement, Verified
from registry_node.inbox.pinning import vouched_for, with_rows
from registry_node.outbox.items import envelope_of
from registry_node.store.rows import ProofRow
from registry_node.store.tables import PROOF_TRANSACTIONS, PROOFS, TRANSACTIONS

MOST_PROBLEMS: Final = 1000

_PROOFS: Final = PROOFS.select(order=PROOFS.table.c.message_id)
_LINKS: Final = PROOF_TRANSACTIONS.select()
_COMPLETED: Final = TRANSACTIONS.select(TRANSACTIONS.table.c.state == bindparam("state"))
_RECEIPT_HASHES: Final = ("proposal_hash", "verdict_hash", "answer_hash", "closing_hash")


@dataclass(frozen=True, slots=True)
class Problem:
    """A stored proof that does not verify, or one that is missing."""

    payload_hash: bytes
    transaction_id: str
    code: str
    found: str


@dataclass(frozen=True, slots=True)
class Proofs:
    """What verification of the proofs found.

    Attributes:
        opened: Those that verify, by payload hash.
    """

    checked: int
    valid: int
    problems: tuple[Problem, ...]
    opened: Mapping[bytes, Verified]


Told: TypeAlias = Callable[[str, int, int | None], object]
"""Is told what is being done, how much of it is done, and how much there is."""


def untold(step: str, done: int, of: int | None) -> None:
    """Tells nobody."""


def verify_proofs(trip: Trip, opener: Opener, told: Told = untold) -> Proofs:
    """Verifies every proof that is stored; changes nothing."""
    keyring = Keyring(known_keys(trip))
    proofs = _PROOFS.all(trip.db)
    opener = _proven(trip, opener, proofs, keyring)
    subject = {link.payload_hash: link.transaction_id for link in _LINKS.all(trip.db)}
    stored = {proof.payload_hash for proof in proofs}
    opened: dict[bytes, Verified] = {}
    problems: list[Problem] = []
    for number, proof in enumerate(proofs):
        told("messages and receipts verified", number, len(proofs))
        try:
            each = opened[proof.payload_hash] = _open(proof, opener, keyring)
            _check_names(each, stored, subject)
        except ProtocolError as error:
            about = subject.get(proof.payload_hash, "")
            problems.append(Problem(proof.payload_hash, about, error.reason, error.message))
    faulty = len(problems)
    problems.extend(_missing_receipts(trip, opened))
    problems.extend(_chain_faults(trip, opened))
    return Proofs(len(proofs), len(proofs) - faulty, tuple(problems), opened)


def proven(trip: Trip, opener: Opener) -> Mapping[bytes, Verified]:
    """Returns every stored message by the hash of its payload, verified again.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, with the first that does not verify or is missing.
    """
    found = verify_proofs(trip, opener)
    for problem in found.problems:
        raise _fault(
            f"{problem.found}; {len(found.problems)} in all do not hold. What is reported follows from"
            " what is signed alone: run `registry-node verify`, and put back a copy that holds."
        )
    return found.opened


def _proven(trip: Trip, opener: Opener, proofs: Sequence[ProofRow], keyring: Keyring) -> Opener:
    """The opener with every key of the broker that a proof vouches for, from those it begins with.

    What is stored of pinned keys is not believed here: whoever could add a key to it could add
    statements to match. It is compared with what comes of these proofs instead.
    """
    stated = [proof for proof in proofs if proof.kind is PayloadKind.KEY_STATEMENT]
    receipts = {proof.causation_id: proof for proof in proofs if proof.kind is PayloadKind.RECEIPT}
    ring = opener.broker_keys
    for proof in sorted(stated, key=lambda each: (each.judged_at, each.message_id)):
        receipt = receipts.get(proof.message_id)
        if receipt is None:
            continue
        with suppress(ProtocolError):  # told as a problem of its proof
            said = _open(proof, opener, keyring)
            vouching = _open(receipt, replace(opener, broker_keys=ring), keyring)
            row = vouched_for(trip, vouching, [said])
            ring = with_rows(ring, [row] if row else [], opener.identity.broker_node)
    return replace(opener, broker_keys=ring)


def _open(proof: ProofRow, opener: Opener, keyring: Keyring) -> Verified:
    try:
        envelope = envelope_of(proof.envelope)
    except DecodeError:
        raise _fault("the stored envelope cannot be read") from None
    if hashlib.sha256(envelope.payload).digest() != proof.payload_hash:
        raise _fault("the stored bytes do not hash to what they are filed under")
    if proof.kind in STATEMENTS:
        return opener.statement(envelope)
    return opener.spoken(envelope, keyring, from_ms(proof.judged_at))


def _check_names(each: Verified, stored: set[bytes], subject: Mapping[bytes, str]) -> None:
    """A statement about a transaction of this node names messages that are stored here."""
    if not isinstance(each, Statement) or each.payload_hash not in subject:
        return
    named: list[tuple[str, bytes]] = []
    for receipt in each.receipts:
        effective = receipt.effective
        fields = _RECEIPT_HASHES if effective else ("proposal_hash", "verdict_hash")
        named.extend((name, getattr(receipt, name)) for name in fields)
    for name, value in named or [("message_hash", each.message_hash)]:
        if value and value not in stored:
            raise _fault(f"{name} names {value.hex()}, which is not stored here")


def _missing_receipts(trip: Trip, opened: Mapping[bytes, Verified]) -> Iterator[Problem]:
    proven = {
        receipt.transaction_id
        for each in opened.values()
        if isinstance(each, Statement)
        for receipt in each.receipts
        if receipt.effective and receipt.state == decision_pb2.STATE_COMPLETED
    }
    for row in _COMPLETED.all(trip.db, state=State.COMPLETED):
        if row.transaction_id not in proven:
            yield Problem(
                b"",
                row.transaction_id,
                Reason.LEDGER_AUDIT_FAILED,
                "the transaction is completed here, but no valid receipt says so",
            )


def _chain_faults(trip: Trip, opened: Mapping[bytes, Verified]) -> Iterator[Problem]:
    own = sorted(
        (each for each in opened.values() if each.header.sender_node == trip.identity.node),
        key=lambda each: each.header.sender_sequence,
    )
    before: Verified | None = None
    for each in own:
        header = each.header
        follows = before is not None and header.sender_sequence == before.header.sender_sequence + 1
        if follows and before is not None and header.previous_payload_hash != before.payload_hash:
            yield Problem(
                each.payload_hash,
                "",
                Reason.PREVIOUS_HASH_MISMATCH,
                f"own message {header.sender_sequence} does not chain to the one before it",
            )
        before = each


def _fault(found: str) -> ProtocolError:
    return ProtocolError(Reason.LEDGER_AUDIT_FAILED, found)
