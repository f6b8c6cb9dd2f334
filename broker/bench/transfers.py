# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The transfers of a measurement, signed in advance in the order in which they will be sent.

Identifiers grow with time. Were each pair's drawn on their own, they would enter the broker's indices
at as many places as there are pairs, which no real network does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from broker.bench.field import Pair, Trader
from itmo.clearing.v1 import transaction_service_pb2
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.envelope import Envelope
from itmo.ids import RandomIds
from itmo.payloads import PayloadKind, to_proto

_SERVICE: Final = "/itmo.clearing.v1.TransactionService"
SUBMIT: Final = f"{_SERVICE}/Submit"
SUBMIT_BATCH: Final = f"{_SERVICE}/SubmitBatch"
SUBMIT_STREAM: Final = f"{_SERVICE}/SubmitStream"
_COLD: Final = 10
"""Of hot transfers, every so manieth goes to its own pair's account."""


class Accounts(StrEnum):
    """Between which accounts units move."""

    UNIFORM = "uniform"
    """Each pair's between two of its own, in two registries."""
    HOT = "90 per cent to one account"
    """All pairs' into the first taker's account, but for every tenth."""
    WITHIN = "within a registry"
    """Between two accounts of a registry: complete with the proposal."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is proposed together, and how it is accepted; requests as bytes, ready to be sent.

    Attributes:
        method: Of the proposal.
        proposal: The request.
        transactions: Their ids.
        acceptance: The request that accepts them all; empty where none is needed, or it is signed
            when it is sent.
        proposal_hash: Of the proposal, for an acceptance that is signed when it is sent.
        taker: Who accepts; None where nobody has to.
    """

    method: str
    proposal: bytes
    transactions: tuple[str, ...]
    acceptance: bytes
    proposal_hash: bytes
    taker: Trader | None

    def accepted(self, now: datetime) -> bytes:
        """The acceptance; where many pairs' transfers come to one node, it is signed now.

        The order in that node's chain is the one in which the proposals are answered.
        """
        if self.acceptance or self.taker is None:
            return self.acceptance
        return _acceptance(self.taker, self, now)


def sign_transfers(
    pairs: Sequence[Pair],
    count: int,
    now: datetime,
    batch: int = 1,
    accounts: Accounts = Accounts.UNIFORM,
) -> list[list[Exchange]]:
    """Signs for each pair `count` transfers of one unit each, `batch` of them in one proposal."""
    ids = RandomIds()
    signed: list[list[Exchange]] = [[] for _ in pairs]
    for number in range(max(1, count // batch)):
        for pair, exchanges in zip(pairs, signed, strict=True):
            taker: Trader | None = pair.taker
            if accounts is Accounts.WITHIN:
                taker = None
            elif accounts is Accounts.HOT and number % _COLD:
                taker = pairs[0].taker
            first = number * batch + 1
            exchanges.append(_proposed(ids, pair.giver, taker, range(first, first + batch), now))
        if accounts is Accounts.UNIFORM:
            for exchanges in signed:
                exchanges[-1] = replace(exchanges[-1], acceptance=exchanges[-1].accepted(now))
    return signed


def _proposed(
    ids: RandomIds, giver: Trader, taker: Trader | None, serials: range, now: datetime
) -> Exchange:
    transactions = [
        proposal_pb2.ProposedTransaction(
            transaction_id=ids.uuid7(now),
            type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
            from_account=giver.account,
            to_account=taker.account if taker else giver.other,
            from_registry=giver.registry,
            to_registry=taker.registry if taker else giver.registry,
            blocks=[units_pb2.UnitBlock(registry=giver.registry, first=each, last=each)],
            rulebook=giver.rulebook,
        )
        for each in serials
    ]
    names = tuple(each.transaction_id for each in transactions)
    if len(transactions) == 1:
        method, kind = SUBMIT, PayloadKind.PROPOSAL
        proposal: proposal_pb2.Proposal | proposal_pb2.ProposalBatch = proposal_pb2.Proposal(
            transaction=transactions[0]
        )
    else:
        method, kind = SUBMIT_BATCH, PayloadKind.PROPOSAL_BATCH
        proposal = proposal_pb2.ProposalBatch(transactions=transactions)
    request = submit_call(giver.chain.sign(kind, proposal, now))
    return Exchange(method, request, names, b"", giver.chain.previous_payload_hash, taker)


def _acceptance(taker: Trader, made: Exchange, now: datetime) -> bytes:
    names = made.transactions
    if len(names) == 1:
        kind = PayloadKind.ACCEPTANCE
        said: proposal_pb2.Acceptance | proposal_pb2.AcceptanceBatch = proposal_pb2.Acceptance(
            transaction_id=names[0], proposal_hash=made.proposal_hash
        )
    else:
        kind = PayloadKind.ACCEPTANCE_BATCH
        answered = proposal_pb2.AnsweredProposal(
            proposal_hash=made.proposal_hash, transaction_ids=names
        )
        said = proposal_pb2.AcceptanceBatch(proposals=[answered])
    return submit_call(taker.chain.sign(kind, said, now))


def submit_call(envelope: Envelope) -> bytes:
    """Returns the request by which an envelope is handed in, singly or as a batch."""
    return transaction_service_pb2.SubmitRequest(envelope=to_proto(envelope)).SerializeToString()
