# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The gate: what every message passes before it may be decided on.

Cheap steps first (architecture section 5, step 1):

1. size, type label, decoding without unknown fields, how many proposals and blocks there are;
2. header form, network, recipient, and the sender against the connected node;
3. key status and signature;
4. clock window and content; these, and a key that has ended since, are remembered rather than
   raised: a message that was decided on before gets its first answer again, however old it is;
5. replay and sequence are judged by the clerk, against the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, cast

from google.protobuf.message import Message

from broker.clearing.path.received import Answered, Received
from broker.clearing.path.transition_reading import read_transition
from broker.regime.regimes import Regimes
from broker.rulebook.general.proposal import Proposed
from itmo import limits, payloads
from itmo.clock import to_text
from itmo.core.v1 import proposal_pb2
from itmo.envelope import Envelope, open_envelope
from itmo.identifiers import NetworkId, NodeId, rulebook_named
from itmo.keys import KeyPurpose, Keyring
from itmo.message.v1 import header_pb2
from itmo.payloads import Header, PayloadKind, decode, kind_of, read_header
from itmo.reasons import ProtocolError, Reason, plain
from itmo.texts import check_texts
from itmo.transitions import is_transition

_MILLISECOND: Final = timedelta(milliseconds=1)
OPERATOR_NODE: Final = payloads.OPERATOR_NODE

_KEY_WAS_GOOD_ONCE: Final = frozenset({Reason.KEY_REVOKED, Reason.KEY_NOT_VALID_NOW})
"""What such a key signed may have been decided on; then the first answer is given again."""

_OPERATOR_KINDS: Final = frozenset(
    {
        PayloadKind.NODE_STATEMENT,
        PayloadKind.REGISTRY_STATEMENT,
        PayloadKind.KEY_STATEMENT,
        PayloadKind.REVERSAL_STATEMENT,
        PayloadKind.MAINTENANCE_STATEMENT,
        PayloadKind.CASE_RESOLUTION,
    }
)
_NODE_KINDS: Final = frozenset(
    {
        PayloadKind.PROPOSAL,
        PayloadKind.PROPOSAL_BATCH,
        PayloadKind.ACCEPTANCE,
        PayloadKind.ACCEPTANCE_BATCH,
        PayloadKind.REJECTION,
        PayloadKind.REJECTION_BATCH,
        PayloadKind.COMPLETION,
        PayloadKind.WITHDRAWAL,
        PayloadKind.ACCOUNT_STATEMENT,
        PayloadKind.KEY_STATEMENT,
        PayloadKind.SHARING_STATEMENT,
        PayloadKind.REGISTRY_REPORT,
        PayloadKind.UNIT_NOTICE,
        PayloadKind.NOTICE_ACKNOWLEDGEMENT,
        PayloadKind.PROGRAMME_EVENT,
        PayloadKind.ADMINISTRATOR_MESSAGE,
        PayloadKind.RECONCILIATION_STATEMENT,
    }
)


_ANSWERS: Final = frozenset(
    {
        PayloadKind.ACCEPTANCE,
        PayloadKind.REJECTION,
        PayloadKind.COMPLETION,
        PayloadKind.WITHDRAWAL,
    }
)


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that came through the gate of another process of this broker.

    It is as a connection between processes takes it; what was decoded there is decoded here again.
    """

    caller: NodeId
    envelope: Envelope
    verified: bool
    refusal: ProtocolError | None


Steps: TypeAlias = Generator[None, None, Received]
"""A message that is being read; between two steps something else may be done."""


def at_once(steps: Steps) -> Received:
    """Takes all steps, one after the other."""
    while True:
        try:
            next(steps)
        except StopIteration as read:
            received: Received = read.value
            return received


@dataclass(frozen=True, slots=True)
class Gate:
    """Who the gate keeps for."""

    network_id: NetworkId
    broker_node: NodeId
    regimes: Regimes

    def admit(
        self,
        envelope: Envelope,
        caller: NodeId,
        keyring: Keyring,
        now: datetime,
        *,
        validate_only: bool = False,
        recorded: bool = False,
    ) -> Steps:
        """Verifies and reads a message in steps; one that is recorded already met the clock window then.

        All that is the same for any message is the first step; each proposal of a batch is one more.

        Raises:
            ProtocolError: any reason of the families message, key and signature in the protocol
                document. The message leaves no trace but an event.
        """
        kind = kind_of(envelope.payload_type)
        payload = decode(kind, envelope.payload)  # (1)
        self._check_size(kind, payload)
        if not self.takes(kind, caller):
            said = f"a {kind} is not taken from {caller}"
            raise ProtocolError(Reason.PAYLOAD_TYPE_UNKNOWN, said, found=kind.value)
        header = read_header(cast("header_pb2.Header", payload.header))  # type: ignore[attr-defined]  # every kind in the two sets has one
        self._address(header, caller)  # (2)
        purpose = KeyPurpose.OPERATE if caller == OPERATOR_NODE else KeyPurpose.SIGN_MESSAGE
        verified = True
        refusal: ProtocolError | None = None
        proposed: tuple[Proposed, ...] = ()
        payload_hash: bytes | None = None
        try:
            opened = open_envelope(envelope, keyring, now, purpose)  # (3)
            payload_hash = opened.payload_hash
            if opened.node != header.sender_node:
                raise _sender_mismatch(f"the key belongs to {opened.node}", opened.node, header)
        except ProtocolError as error:
            if error.reason not in _KEY_WAS_GOOD_ONCE:
                raise
            verified, refusal = False, error
        if refusal is None:
            try:  # (4)
                if not recorded:
                    check_window(header, now)
                check_texts(payload)
                proposed = yield from self._content(payload)
            except ProtocolError as error:
                refusal = error
        return _received(
            envelope, kind, payload, header, proposed, payload_hash,
            verified=verified, refusal=refusal, validate_only=validate_only,
        )  # fmt: skip

    def passing(self, passed: Passed, keyring: Keyring, now: datetime) -> Steps:
        """Reads a message that another gate has verified, in steps; only its keys are looked at once more."""
        envelope = passed.envelope
        kind = kind_of(envelope.payload_type)
        payload = decode(kind, envelope.payload)
        header = read_header(cast("header_pb2.Header", payload.header))  # type: ignore[attr-defined]  # as above
        refusal = passed.refusal
        try:
            for each in envelope.signatures if refusal is None else ():
                keyring.find(each.keyid, KeyPurpose.SIGN_MESSAGE, now)
        except ProtocolError as error:
            refusal = error
        proposed = (yield from self._content(payload)) if refusal is None else ()
        return _received(
            envelope, kind, payload, header, proposed,
            verified=passed.verified, refusal=refusal, validate_only=False,
        )  # fmt: skip

    def takes(self, kind: PayloadKind, caller: NodeId) -> bool:
        """Whether a kind of message is taken from a caller at all."""
        statement = self.regimes.statement(kind)
        if caller == OPERATOR_NODE:
            return kind in _OPERATOR_KINDS or (statement is not None and statement.by_operator)
        return kind in _NODE_KINDS or (statement is not None and statement.by_node)

    def _content(self, payload: Message) -> Generator[None, None, tuple[Proposed, ...]]:
        """Reads proposals, each in a step; the content of other kinds is read by their handlers."""
        if isinstance(payload, proposal_pb2.Proposal):
            return (self._proposed(payload.transaction, "transaction"),)
        if isinstance(payload, proposal_pb2.ProposalBatch):
            proposed = []
            for at, each in enumerate(payload.transactions):
                yield
                proposed.append(self._proposed(each, f"transactions[{at}]"))
            _check_batch(proposed)
            return tuple(proposed)
        return ()

    def _proposed(self, written: proposal_pb2.ProposedTransaction, where: str) -> Proposed:
        regime = self.regimes[rulebook_named(written.rulebook, self.regimes.names, "rulebook")]
        if is_transition(written):
            return read_transition(self.regimes, written, where)
        return regime.proposed(written, where)

    def _check_size(self, kind: PayloadKind, payload: Message) -> None:
        """Counts what a message holds, in no time, before each part of it is looked at.

        Raises:
            ProtocolError: TOO_MANY_BLOCKS, BATCH_TOO_LARGE or PAYLOAD_INVALID.
        """
        if isinstance(payload, proposal_pb2.Proposal):
            self._check_parts([payload.transaction])
        elif isinstance(payload, proposal_pb2.ProposalBatch):
            _check_count(kind, len(payload.transactions))
            self._check_parts(payload.transactions)
        elif isinstance(payload, proposal_pb2.AcceptanceBatch | proposal_pb2.RejectionBatch):
            names = [name for each in payload.proposals for name in each.transaction_ids]
            _check_count(kind, len(names))
            if len(set(names)) != len(names):
                raise ProtocolError(
                    Reason.PAYLOAD_INVALID,
                    f"the {kind} names a transaction twice; name each once",
                    where="proposals",
                )

    def _check_parts(self, written: Sequence[proposal_pb2.ProposedTransaction]) -> None:
        """Bounds the blocks, and what costs as much, of all proposals of one message together."""
        count = sum(
            len(each.blocks)
            + len(each.transition.blocks)
            + sum(r.parts(each) for r in self.regimes)
            for each in written
        )
        if count > limits.MAX_BLOCKS_PER_MESSAGE:
            raise ProtocolError(
                Reason.TOO_MANY_BLOCKS,
                f"the message has {count} blocks and allotments; at most"
                f" {limits.MAX_BLOCKS_PER_MESSAGE} are taken in one message; propose them in several",
                found=count,
                limit=limits.MAX_BLOCKS_PER_MESSAGE,
            )

    def _address(self, header: Header, caller: NodeId) -> None:
        moment_of_expiry(header)  # the form goes before the address
        if header.network_id != self.network_id:
            raise ProtocolError(
                Reason.NETWORK_MISMATCH,
                f"the message is for network {header.network_id[:40]!a}, this is {self.network_id}",
                found=plain(header.network_id),
                expected=self.network_id,
            )
        if header.recipient_node != self.broker_node:
            raise ProtocolError(
                Reason.RECIPIENT_MISMATCH,
                f"the message is for {header.recipient_node!a}, this is {self.broker_node}",
                found=header.recipient_node,
                expected=self.broker_node,
            )
        if header.sender_node != caller:
            raise _sender_mismatch(f"{caller} is connected", caller, header)


def _received(
    envelope: Envelope,
    kind: PayloadKind,
    payload: Message,
    header: Header,
    proposed: tuple[Proposed, ...],
    payload_hash: bytes | None = None,
    *,
    verified: bool,
    refusal: ProtocolError | None,
    validate_only: bool,
) -> Received:
    return Received(
        kind=kind,
        header=header,
        payload=payload,
        payload_bytes=envelope.payload,
        payload_hash=payload_hash or hashlib.sha256(envelope.payload).digest(),
        keyids=tuple(each.keyid for each in envelope.signatures),
        signatures=tuple(each.sig for each in envelope.signatures),
        proposed=proposed,
        answered=_answers(kind, payload),
        verified=verified,
        refusal=refusal,
        validate_only=validate_only,
    )


def _sender_mismatch(said: str, expected: NodeId, header: Header) -> ProtocolError:
    return ProtocolError(
        Reason.SENDER_MISMATCH,
        f"the message names {header.sender_node} as its sender, but {said}",
        found=header.sender_node,
        expected=expected,
    )


def moment_of_expiry(header: Header) -> datetime:
    """When a message expires, which only statements of the broker leave out.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if header.expire_time is None:
        where = "header.expire_time"
        raise ProtocolError(Reason.PAYLOAD_INVALID, f"{where} is missing", where=where)
    return header.expire_time


def check_window(header: Header, now: datetime) -> None:
    """Compares a header's times with the clock (MSG_CLOCK).

    Raises:
        ProtocolError: CLOCK_SKEW, MESSAGE_EXPIRED or EXPIRY_TOO_FAR.
    """
    expire_time = moment_of_expiry(header)
    skew = header.creation_time - now
    if abs(skew) > limits.CLOCK_TOLERANCE:
        raise ProtocolError(
            Reason.CLOCK_SKEW,
            f"the message was made {abs(skew)} {'after' if skew.days >= 0 else 'before'} now by the"
            f" broker's clock; {limits.CLOCK_TOLERANCE} are tolerated; set the clock and sign again",
            found=to_text(header.creation_time),
            now=to_text(now),
            skew_ms=skew // _MILLISECOND,
            tolerance_ms=limits.CLOCK_TOLERANCE // _MILLISECOND,
        )
    if now >= expire_time:
        raise ProtocolError(
            Reason.MESSAGE_EXPIRED,
            f"the message expired at {to_text(expire_time)}; sign it again",
            expires_at=to_text(expire_time),
            now=to_text(now),
        )
    lifetime = expire_time - header.creation_time
    if not timedelta(0) < lifetime <= limits.MAX_MESSAGE_LIFETIME:
        raise ProtocolError(
            Reason.EXPIRY_TOO_FAR,
            f"the message lives for {lifetime}; more than nothing and at most"
            f" {limits.MAX_MESSAGE_LIFETIME} are possible",
            found=to_text(expire_time),
            limit=to_text(header.creation_time + limits.MAX_MESSAGE_LIFETIME),
        )


def _answers(kind: PayloadKind, payload: Message) -> tuple[Answered, ...]:
    """What is answered to; that which it is said of is looked at when it is decided."""
    written: Any = payload
    if isinstance(payload, proposal_pb2.AcceptanceBatch | proposal_pb2.RejectionBatch):
        return tuple(
            Answered(
                transaction_id=name,
                proposal_hash=each.proposal_hash,
                verdict_hash=each.verdict_hash,
            )
            for each in payload.proposals
            for name in each.transaction_ids
        )
    if kind not in _ANSWERS:
        return ()
    return (
        Answered(
            transaction_id=written.transaction_id,
            proposal_hash=written.proposal_hash,
            verdict_hash=getattr(written, "verdict_hash", b""),
            acceptance_hash=getattr(written, "acceptance_hash", b""),
        ),
    )


def _check_count(kind: PayloadKind, count: int) -> None:
    if not 1 <= count <= limits.MAX_PROPOSALS_PER_BATCH:
        raise ProtocolError(
            Reason.BATCH_TOO_LARGE if count else Reason.PAYLOAD_INVALID,
            f"the {kind} has {count} transactions; 1 to {limits.MAX_PROPOSALS_PER_BATCH} are taken",
            **(
                {"found": count, "limit": limits.MAX_PROPOSALS_PER_BATCH}
                if count
                else {"where": "transactions"}
            ),
        )


def _check_batch(proposed: Sequence[Proposed]) -> None:
    if any(each.begins is not None for each in proposed):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "a transition is judged by two rulebooks, and a batch by one; propose it by itself",
            where="transactions",
        )
    if len({(each.from_registry, each.to_registry) for each in proposed}) > 1:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "the transactions of a batch go from one registry to one registry, because the"
            " receiver sees the whole batch; make one batch for each pair",
            where="transactions",
        )
    if len({each.rulebook for each in proposed}) > 1:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "the transactions of a batch are judged by one rulebook; make one batch for each",
            where="transactions",
        )
