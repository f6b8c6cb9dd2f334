# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What proves a cancellation to somebody who has nothing of the clearing-house but its key.

The proposal with the signature of its registry's node, verdict and receipt with those of the broker, and
the way from the receipt to a root of the log. It travels inside the certificate as base64 between two
marks, so that it is found in a page as in a PDF.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from broker.log.inclusion import path, root_by
from broker.log.merkle import leaf_data, leaf_hash, root
from broker.regime.kyoto.stated_keys import RULEBOOK
from broker.store import messages
from broker.store.archived import whole
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.ed25519 import key_id, verify
from itmo.envelope import Envelope, Signature, pae
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection

BEGIN: Final = "-----BEGIN CANCELLATION EVIDENCE-----"
END: Final = "-----END CANCELLATION EVIDENCE-----"
_VERSION: Final = 1
_BLOCK: Final = re.compile(re.escape(BEGIN) + r"([A-Za-z0-9+/=\s]+)" + re.escape(END))
_MESSAGE: Final = (
    "SELECT m.kind, m.payload, m.keyids, m.signatures, m.payload_hash, m.log_index, t.rulebook"
    " FROM transaction_record t"
    " JOIN message m ON m.message_id = t.message_id WHERE t.transaction_id = ?"
)
_STATEMENT: Final = (
    "SELECT s.kind, s.payload, g.keyid, g.signature, s.payload_hash, s.log_index FROM statement s"
    " LEFT JOIN statement_signature g ON g.statement_id = s.statement_id WHERE s.payload_hash = ?"
)
_RECEIPTS: Final = (
    "SELECT payload, payload_hash, log_index FROM statement WHERE kind = 'receipt' AND transaction_id = ?"
    " ORDER BY log_index DESC"
)
_HASHES: Final = "SELECT payload_hash FROM statement WHERE log_index = ? ORDER BY sequence"
_LEAVES: Final = "SELECT leaf_hash FROM log_leaf ORDER BY log_index"
_KEY: Final = "SELECT node, public_key FROM key WHERE keyid = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is proved, and by what.

    Attributes:
        keys: Node and public key of every key that signed, by key id.
        statement_hashes: Of all statements of the decision, in their order.
        size: Decisions in the log whose root it is.
        hashes: Beside the way from the decision's leaf to that root, the lowest first.
    """

    network: str
    proposal: Envelope
    verdict: Envelope
    receipt: Envelope
    keys: dict[str, tuple[str, bytes]]
    statement_hashes: tuple[bytes, ...]
    size: int
    root: bytes
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The signed words that evidence is about."""

    receipt: decision_pb2.Receipt
    transaction: proposal_pb2.ProposedTransaction
    result: decision_pb2.TransactionVerdict


def evidence(connection: Connection, network: str, transaction_id: str) -> Evidence:
    """What the record has of a completed cancellation; the caller holds a snapshot.

    Raises:
        ProtocolError: TRANSACTION_UNKNOWN; or PAYLOAD_INVALID where it is no completed cancellation of
            the rulebook, or was proposed together with others.
    """
    message = connection.execute(_MESSAGE, (transaction_id,)).fetchone()
    if message is None:
        raise ProtocolError(
            Reason.TRANSACTION_UNKNOWN,
            f"There is no transaction {transaction_id[:40]!a}.",
            transaction_id=transaction_id[:40],
        )
    if message[0] != PayloadKind.PROPOSAL:
        raise _none(
            transaction_id,
            "it was proposed in a batch, and its certificate would show the others, too: propose a"
            " cancellation that is to be attested by itself",
        )
    receipt, payload_hash = _completion(connection, transaction_id)
    if receipt.type != proposal_pb2.TRANSACTION_TYPE_CANCELLATION or message[6] != RULEBOOK:
        raise _none(transaction_id, "it is no cancellation of Kyoto units")
    leaves = [leaf for (leaf,) in connection.execute(_LEAVES)]
    proposal = messages.signed(connection, message[:6])
    verdict = _signed(connection, receipt.verdict_hash, transaction_id)
    signed = _signed(connection, payload_hash, transaction_id)
    return Evidence(
        network=network,
        proposal=proposal,
        verdict=verdict,
        receipt=signed,
        keys=_keys(connection, (proposal, verdict, signed)),
        statement_hashes=tuple(
            each for (each,) in connection.execute(_HASHES, (receipt.log_index,))
        ),
        size=len(leaves),
        root=root(leaves),
        hashes=path(leaves, receipt.log_index),
    )


def proved(found: Evidence) -> tuple[Proved | None, list[str]]:
    """The signed words, and everything that does not fit; only without any of it they prove something."""
    try:
        words = Proved(
            receipt=cast(
                "decision_pb2.Receipt", decode(PayloadKind.RECEIPT, found.receipt.payload)
            ),
            transaction=cast(
                "proposal_pb2.Proposal", decode(PayloadKind.PROPOSAL, found.proposal.payload)
            ).transaction,
            result=cast(
                "decision_pb2.Verdict", decode(PayloadKind.VERDICT, found.verdict.payload)
            ).results[0],
        )
    except (ProtocolError, IndexError) as error:
        return None, [f"the signed words cannot be read: {error}"]
    return words, [
        *_wrong_signatures(found),
        *_wrong_links(found, words),
        *_wrong_place(found, words),
    ]


def signers(found: Evidence) -> dict[str, str]:
    """With which keys the node signed that proposed, and the broker; empty: with none."""
    named = {"proposal": found.proposal, "receipt": found.receipt}
    return {
        name: ", ".join(each.keyid for each in envelope.signatures)
        for name, envelope in named.items()
    }


def _wrong_signatures(found: Evidence) -> Iterable[str]:
    broker = {each.keyid for each in found.receipt.signatures}
    for name, envelope in (
        ("proposal", found.proposal), ("verdict", found.verdict), ("receipt", found.receipt)
    ):  # fmt: skip
        if not envelope.signatures:
            yield f"the {name} has no signature"
        for each in envelope.signatures:
            _, public = found.keys.get(each.keyid, ("", b""))
            signed = pae(envelope.payload_type, envelope.payload)
            if key_id(public) != each.keyid or not verify(public, signed, each.sig):
                yield f"the signature of the {name} does not fit key {each.keyid[:16]}"
    if {each.keyid for each in found.verdict.signatures} != broker:
        yield "verdict and receipt are signed with different keys"


def _wrong_links(found: Evidence, words: Proved) -> Iterable[str]:
    receipt = words.receipt
    if receipt.proposal_hash != _hash(found.proposal.payload):
        yield "the receipt is of another proposal"
    if receipt.verdict_hash != _hash(found.verdict.payload):
        yield "the receipt is of another verdict"
    if not (
        receipt.transaction_id == words.transaction.transaction_id == words.result.transaction_id
    ):
        yield "proposal, verdict and receipt are of different transactions"
    if (receipt.state, receipt.type) != (
        decision_pb2.STATE_COMPLETED,
        proposal_pb2.TRANSACTION_TYPE_CANCELLATION,
    ):
        yield "the receipt is of no completed cancellation"


def _wrong_place(found: Evidence, words: Proved) -> Iterable[str]:
    hashes = found.statement_hashes
    if _hash(found.receipt.payload) not in hashes:
        yield "the receipt is not among the statements of its decision"
    leaf = leaf_hash(leaf_data(words.receipt.message_hash or bytes(32), hashes))
    if root_by(leaf, words.receipt.log_index, found.size, found.hashes) != found.root:
        yield "the decision is not in the log whose root is stated"


# -- how it travels -------------------------------------------------------------------------------


def packed(found: Evidence) -> str:
    """Evidence as lines of text between two marks."""
    said = {
        "version": _VERSION,
        "network": found.network,
        "proposal": envelope_out(found.proposal),
        "verdict": envelope_out(found.verdict),
        "receipt": envelope_out(found.receipt),
        "keys": {keyid: [node, raw.hex()] for keyid, (node, raw) in sorted(found.keys.items())},
        "statement_hashes": [each.hex() for each in found.statement_hashes],
        "size": found.size,
        "root": found.root.hex(),
        "hashes": [each.hex() for each in found.hashes],
    }
    text = json.dumps(said, separators=(",", ":"), sort_keys=True).encode()
    lines = base64.encodebytes(text).decode().strip()
    return f"{BEGIN}\n{lines}\n{END}"


def unpacked(file: bytes) -> Evidence:
    """The evidence in a certificate, whatever else is in the file.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    block = _BLOCK.search(file.decode("latin-1"))
    if block is None:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "the file has no evidence of a cancellation; is it a certificate?",
            where="file",
        )
    try:
        said = json.loads(base64.b64decode("".join(block[1].split()), validate=True))
        return Evidence(
            network=str(said["network"]),
            proposal=envelope_in(said["proposal"]),
            verdict=envelope_in(said["verdict"]),
            receipt=envelope_in(said["receipt"]),
            keys={
                str(keyid): (str(node), bytes.fromhex(raw))
                for keyid, (node, raw) in said["keys"].items()
            },
            statement_hashes=tuple(map(bytes.fromhex, said["statement_hashes"])),
            size=int(said["size"]),
            root=bytes.fromhex(said["root"]),
            hashes=tuple(map(bytes.fromhex, said["hashes"])),
        )
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"the evidence in the file is damaged: {error}", where="file"
        ) from error


def envelope_out(envelope: Envelope) -> dict[str, Any]:
    """A signed message as JSON has it."""
    return {
        "type": envelope.payload_type,
        "payload": base64.b64encode(envelope.payload).decode(),
        "signatures": [
            [each.keyid, base64.b64encode(each.sig).decode()] for each in envelope.signatures
        ],
    }


def envelope_in(said: Any) -> Envelope:  # noqa: ANN401  # of JSON, which may be anything
    """The signed message; raises ValueError, KeyError, TypeError or AttributeError."""
    return Envelope(
        base64.b64decode(said["payload"], validate=True),
        str(said["type"]),
        tuple(
            Signature(str(keyid), base64.b64decode(sig, validate=True))
            for keyid, sig in said["signatures"]
        ),
    )


# -- from the record ------------------------------------------------------------------------------


def _signed(connection: Connection, payload_hash: bytes, transaction_id: str) -> Envelope:
    row = connection.execute(_STATEMENT, (payload_hash,)).fetchone()
    if row is None or row[2] is None:
        raise _none(
            transaction_id, "the broker's statement was not signed yet; let it be read first"
        )
    kind, stored, keyid, signature, *place = row
    payload = whole(connection, stored, *place)
    return Envelope(payload, PayloadKind(kind).label, (Signature(keyid, signature),))


def _keys(connection: Connection, envelopes: Iterable[Envelope]) -> dict[str, tuple[str, bytes]]:
    used = {each.keyid for envelope in envelopes for each in envelope.signatures}
    return {keyid: connection.execute(_KEY, (keyid,)).fetchone() for keyid in sorted(used)}


def _completion(connection: Connection, transaction_id: str) -> tuple[decision_pb2.Receipt, bytes]:
    for stored, payload_hash, place in connection.execute(_RECEIPTS, (transaction_id,)):
        payload = whole(connection, stored, payload_hash, place)
        receipt = cast("decision_pb2.Receipt", decode(PayloadKind.RECEIPT, payload))
        if receipt.state == decision_pb2.STATE_COMPLETED:
            return receipt, payload_hash
    raise _none(transaction_id, "it is not completed")


def _none(transaction_id: str, why: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"Transaction {transaction_id} has no certificate: {why}.",
        where="transaction",
    )


def _hash(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()
