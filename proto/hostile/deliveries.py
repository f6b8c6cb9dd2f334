# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Deliveries as they come to a node: what it applies, what it sets aside, and what it then holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from hostile.writing import DAY, NOW, Tree, based, header, key, signed, uuid7
from itmo.clearing.v1 import delivery_service_pb2
from itmo.clock import to_text
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, units_pb2
from itmo.deliveries import NO_DELIVERY, delivery_digest
from itmo.envelope import Envelope
from itmo.identifiers import RegistryId, make_account_id
from itmo.paris.v1 import attributes_pb2
from itmo.payloads import PayloadKind, to_proto
from itmo.timestamps import timestamp

NETWORK: Final = "itmo-test"
BROKER: Final = "hub"
NODE: Final = "che-registry"
_ACCOUNT: Final = "CH72CHE0110000000001"
_OFFER, _OTHER = uuid7(1), uuid7(2)
Sent = tuple[Envelope, ...]


def setting() -> Tree:
    """Who the node is, and whom it knows."""
    return {
        "network_id": NETWORK,
        "broker_node": BROKER,
        "node": NODE,
        "registries": ["CHE01"],
        "now": to_text(NOW),
        "pinned_broker_keys": [
            key("hub", BROKER, "SIGN_RECEIPT"),
            key("hub ended", BROKER, "SIGN_RECEIPT", not_before=NOW - 9 * DAY, not_after=NOW),
        ],
        "keys_of_other_nodes": [key("tha", "tha-registry"), key("gha", "gha-registry")],
    }


def _attributes() -> rulebooks_pb2.UnitAttributes:
    stated = attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_ITMO,
        cooperative_approach="CA000003",
        first_transferring_party="THA",
        vintage=2022,
        authorization=attributes_pb2.AuthorizationReference(id="1006.4/2810", version=1),
        metric=attributes_pb2.METRIC_GHG,
        mitigation_type=attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
        sector="Transportation",
        activity_type="Transport",
    )
    return rulebooks_pb2.UnitAttributes(paris=stated)


@dataclass
class Trade:
    """A transfer to the node, proposed by serial numbers alone, and every statement about it."""

    name: str = _OFFER
    first: int = 1
    last: int = 10
    number: int = 10
    """Message ids count from here."""
    signs: str = "hub"
    change_verdict: Callable[[decision_pb2.Verdict], object] = lambda _: None
    change_receipt: Callable[[decision_pb2.Receipt], object] = lambda _: None
    note: str = ""
    batch: tuple[str, ...] = ()
    """Other transaction ids that are proposed in one batch with it, and are known already."""
    proposed: Envelope = field(init=False)

    def __post_init__(self) -> None:
        head = header("tha-registry", BROKER, NETWORK, self.number)
        if self.batch:
            made: Any = proposal_pb2.ProposalBatch(
                header=head, transactions=map(self._transaction, (self.name, *self.batch))
            )
            self.proposed = signed(PayloadKind.PROPOSAL_BATCH, made, "tha")
        else:
            made = proposal_pb2.Proposal(header=head, transaction=self._transaction(self.name))
            self.proposed = signed(PayloadKind.PROPOSAL, made, "tha")

    def _transaction(self, name: str) -> proposal_pb2.ProposedTransaction:
        return proposal_pb2.ProposedTransaction(
            transaction_id=name,
            type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
            from_account=make_account_id(RegistryId("THA01"), 100, 1),
            to_account=_ACCOUNT,
            from_registry="THA01",
            to_registry="CHE01",
            blocks=[units_pb2.UnitBlock(registry="THA01", first=self.first, last=self.last)],
            note=self.note,
        )

    def verdict(self) -> Envelope:
        """The broker's verdict: valid, with what is on record of the units."""
        made = decision_pb2.Verdict(
            header=self._head(1),
            message_hash=sha256(self.proposed.payload).digest(),
            log_index=self.number,
            rulebook_digest=bytes(32),
            results=[
                decision_pb2.TransactionVerdict(
                    transaction_id=self.name,
                    state=decision_pb2.STATE_VALIDATED,
                    deadline=timestamp(NOW + DAY),
                    quantity=self.last - self.first + 1,
                    marks=["FIRST_TRANSFER"],
                    units=[
                        decision_pb2.RecordedUnits(
                            registry="THA01",
                            first=self.first,
                            last=self.last,
                            attributes=_attributes(),
                            marks=["FIRST_TRANSFERRED"],
                        )
                    ],
                ),
                *(
                    decision_pb2.TransactionVerdict(
                        transaction_id=known,
                        state=decision_pb2.STATE_INVALIDATED,
                        findings=[
                            decision_pb2.Finding(
                                check_id="STATE_LEGAL",
                                outcome=decision_pb2.OUTCOME_FAILED,
                                severity=decision_pb2.SEVERITY_ERROR,
                                found="the id is taken",
                                conflicting_transaction_id=known,
                            )
                        ],
                    )
                    for known in self.batch
                ),
            ],
        )
        self.change_verdict(made)
        return signed(PayloadKind.VERDICT, made, self.signs)

    def receipt(self, state: decision_pb2.State.ValueType, **fields: Any) -> Envelope:  # noqa: ANN401  # fields of a receipt
        """The broker's receipt: where the transaction stands now."""
        timed_out = state == decision_pb2.STATE_TERMINATED
        made = decision_pb2.Receipt(
            header=self._head(2, "" if timed_out else uuid7(self.number + 3)),
            message_hash=b"" if timed_out else b"\x07" * 32,
            log_index=self.number + 1,
            transaction_id=self.name,
            state=state,
            type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
            from_registry="THA01",
            to_registry="CHE01",
            quantity=self.last - self.first + 1,
            proposal_hash=sha256(self.proposed.payload).digest(),
            verdict_hash=sha256(self.verdict().payload).digest(),
            answer_hash=b"" if timed_out else b"\x07" * 32,
            marks=[] if timed_out else ["FIRST_TRANSFER"],
            effective=True,
        )
        if timed_out:
            made.termination_cause = decision_pb2.TERMINATION_CAUSE_TIMED_OUT
        for name, value in fields.items():
            setattr(made, name, value)
        self.change_receipt(made)
        return signed(PayloadKind.RECEIPT, made, "hub")

    def _head(self, after: int, causation: str | None = None) -> Any:  # noqa: ANN401  # a header
        return header(
            BROKER,
            "*",
            NETWORK,
            self.number + after,
            sequence=self.number + after,
            previous=bytes(32),
            causation_id=uuid7(self.number) if causation is None else causation,
            expires=False,
        )

    def offer(self) -> Sent:
        """What the receiver is delivered first."""
        return self.proposed, self.verdict()

    def completed(self) -> Sent:
        """What it is delivered when the transaction has completed."""
        return (self.receipt(decision_pb2.STATE_COMPLETED),)


def _case(name: str, *deliveries: tuple[Sent, str], held: int = 0, **states: str) -> Tree:
    """One case: deliveries with what a node says to each, then its books.

    Args:
        name: What is played.
        deliveries: Envelopes, and `applied` or the reason for which they are set aside.
        held: Units in the account afterwards.
        states: Where transactions stand; nothing is known of others.
    """
    names = {"offer": _OFFER, "other": _OTHER}
    return {
        "name": name,
        "deliveries": [
            {
                "delivery": based(
                    delivery_service_pb2.Delivery(
                        sequence=place,
                        envelopes=[to_proto(each) for each in sent],
                        digest=digest,
                    ).SerializeToString()
                ),
                "expect": expect,
            }
            for place, ((sent, expect), digest) in enumerate(
                zip(deliveries, _digests(sent for sent, _ in deliveries), strict=True), 1
            )
        ],
        "afterwards": {
            "transactions": {names[each]: state for each, state in states.items()},
            "held": {_ACCOUNT: held},
        },
    }


def _digests(deliveries: Iterable[Sent]) -> list[bytes]:
    found: list[bytes] = []
    for sent in deliveries:
        hashes = [sha256(each.payload).digest() for each in sent]
        found.append(delivery_digest(found[-1] if found else NO_DELIVERY, hashes))
    return found


def _changed(name: str, value: object) -> Callable[[decision_pb2.Verdict], object]:
    return lambda made: setattr(made.header, name, value)


def _forged(number: int, reason: str, name: str, **changes: Any) -> Tree:  # noqa: ANN401  # of a trade
    """A verdict with a fault is set aside; nothing is offered, and what comes next is not held up."""
    bad = Trade(number=number, **changes)
    next_one = Trade(name=_OTHER, first=21, last=30, number=number + 50)
    return _case(name, (bad.offer(), reason), (next_one.offer(), "applied"), other="VALIDATED")


def _verdict_cases() -> list[Tree]:
    other_units = Trade(change_verdict=lambda made: setattr(made.results[0].units[0], "last", 11))
    trade = Trade()
    bent = replace(trade.proposed, payload=trade.proposed.payload.replace(b"CHE01", b"BRA01"))
    (sig,) = trade.verdict().signatures
    flipped = bytes([sig.sig[0]]) + bytes([sig.sig[1] ^ 1]) + sig.sig[2:]
    broken = replace(trade.verdict(), signatures=(replace(sig, sig=flipped),))
    unknown = signed(PayloadKind.VERDICT, trade.verdict().payload + b"\xa0\x06\x01", "hub")
    mallory = signed(PayloadKind.PROPOSAL, trade.proposed.payload, "mallory")
    stolen = signed(PayloadKind.PROPOSAL, trade.proposed.payload, "gha")
    apart = Trade(first=11, last=20, number=30)
    hidden = Trade(note="a\u200bb")
    return [
        _forged(10, "KEY_UNKNOWN", "a verdict signed with a key that is not pinned", signs="mallory"),
        _forged(10, "KEY_UNKNOWN", "a verdict signed with a registry node's key", signs="tha"),
        _forged(10, "KEY_NOT_VALID_NOW", "a verdict signed with a key that had ended", signs="hub ended"),
        _forged(10, "NETWORK_MISMATCH", "a verdict of another network", change_verdict=_changed("network_id", "itmo-production")),
        _forged(10, "RECIPIENT_MISMATCH", "a verdict for another node", change_verdict=_changed("recipient_node", "gha-registry")),
        _forged(10, "SENDER_MISMATCH", "a verdict in another node's name", change_verdict=_changed("sender_node", "gha-registry")),
        _case("a verdict with a changed signature", ((trade.proposed, broken), "SIGNATURE_INVALID")),
        _case("a verdict with a field that is not known", ((trade.proposed, unknown), "MESSAGE_UNKNOWN_FIELDS")),
        _case("a verdict about other units than were proposed", (other_units.offer(), "PAYLOAD_INVALID")),
        _case("a verdict about other bytes than are delivered with it", ((apart.proposed, trade.verdict()), "PAYLOAD_INVALID")),
        _case("a proposal that was changed on the way", ((bent, trade.verdict()), "SIGNATURE_INVALID")),
        _case("a proposal signed with a key that nobody registered", ((mallory, trade.verdict()), "KEY_UNKNOWN")),
        _case("a proposal signed with another node's key", ((stolen, trade.verdict()), "KEY_UNKNOWN")),
        _case("a proposal with a character that nobody sees", (hidden.offer(), "PAYLOAD_INVALID")),
        _case("a proposal without a statement", ((trade.proposed,), "SIGNATURE_MISSING")),
        _case("nothing", ((), "SIGNATURE_MISSING")),
    ]  # fmt: skip


def _books_cases() -> list[Tree]:
    trade = Trade()
    ended = trade.receipt(decision_pb2.STATE_TERMINATED)
    other_proposal = trade.receipt(decision_pb2.STATE_COMPLETED, proposal_hash=bytes(32))
    other_verdict = trade.receipt(decision_pb2.STATE_COMPLETED, verdict_hash=bytes(32))
    other_quantity = trade.receipt(decision_pb2.STATE_COMPLETED, quantity=11)
    again = Trade(name=_OTHER, first=21, last=30, number=60, batch=(_OFFER,))
    offered, completed = (trade.offer(), "applied"), (trade.completed(), "applied")
    return [
        _case("proposed by serial numbers alone: the attributes come from the verdict", offered, completed, held=10, offer="COMPLETED"),
        _case("the same deliveries again, under new numbers", offered, completed, offered, completed, held=10, offer="COMPLETED"),
        _case("timed out", offered, ((ended,), "applied"), offer="TERMINATED"),
        _case("a second final state", offered, completed, ((ended,), "PAYLOAD_INVALID"), held=10, offer="COMPLETED"),
        _case("a receipt that names another proposal", offered, ((other_proposal,), "PAYLOAD_INVALID"), offer="VALIDATED"),
        _case("a receipt that names another verdict", offered, ((other_verdict,), "PAYLOAD_INVALID"), offer="VALIDATED"),
        _case("a receipt with another quantity", offered, ((other_quantity,), "PAYLOAD_INVALID"), offer="VALIDATED"),
        _case("the id of a completed transaction, proposed again in a batch: the second proposal is"
              " invalidated, the transaction is not touched",
              offered, completed, (again.offer(), "applied"), held=10, offer="COMPLETED", other="VALIDATED"),
    ]  # fmt: skip


def cases() -> list[Tree]:
    """Each case comes to a fresh node in the setting, whose mailbox begins with it."""
    return [*_books_cases(), *_verdict_cases()]


def attributes() -> str:
    """What every unit of these deliveries has on record: a UnitAttributes, in base64."""
    return based(_attributes().SerializeToString(deterministic=True))
