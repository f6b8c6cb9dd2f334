# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of Kyoto transaction, signed in advance for a broker in a process of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message

from broker.bench.field import Pair, Trader
from broker.bench.transfers import submit_call
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.identifiers import AccountId, RegistryId, make_account_id, registry_party
from itmo.ids import RandomIds
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto
from itmo.payloads import PayloadKind
from itmo.runtime.rpc.tls import TlsFiles
from tests.kit import kyoto_playing
from tests.kit.kyoto import aau

_ARCHIVE: Final = hashlib.sha256(b"archive").digest()
_MANY: Final = 10**8
_AAUS, _FORESTS = 2 * 10**9, 3 * 10**9
"""Where serial numbers of what is issued on the way begin, and of what the archive has."""
_HELD, _BREACH, _VOLUNTARY, _RETIRED, _REVERSED = 100, 220, 230, 300, 422
_BURNT, _DID_NOT_COMPLY = 4, 2


def _of_giver(registry: RegistryId) -> tuple[tuple[PayloadKind, Message], ...]:
    """Two projects of the Party; of the registry an archive with lCERs and two notices of the log."""
    party, number = registry_party(registry), int(registry[-2:])
    forest = attributes_pb2.UNIT_TYPE_LCER
    opening = kyoto.Opening(
        registry=registry,
        archive_digest=_ARCHIVE,
        report_digests=[_ARCHIVE],
        totals=[
            kyoto.OpeningTotal(account_type=_RETIRED, unit_type=forest, period=1, quantity=_MANY)
        ],
    )
    notices = (
        kyoto.LogNotice(
            number=2 * number,
            type=kyoto.LogNoticeType.ValueType(_BURNT),
            registry=registry,
            project=f"{party}23",
            unit_type=forest,
            quantity=_MANY,
        ),
        kyoto.LogNotice(
            number=2 * number + 1,
            type=kyoto.LogNoticeType.ValueType(_DID_NOT_COMPLY),
            registry=registry,
            quantity=_MANY,
        ),
    )
    said = [
        kyoto.KyotoStatement(project=kyoto.Project(project=f"{party}22")),
        kyoto.KyotoStatement(project=kyoto.Project(project=f"{party}23", land_use=True)),
        kyoto.KyotoStatement(opening=opening),
        *(kyoto.KyotoStatement(log_notice=each) for each in notices),
    ]
    return tuple((PayloadKind.KYOTO_STATEMENT, each) for each in said)


GROUND: Final = replace(kyoto_playing.GROUND, of_giver=_of_giver)
"""As where AAUs are traded, and what the other kinds of transactions need besides."""


@dataclass(frozen=True, slots=True)
class Call:
    """A signed call.

    Attributes:
        completes: The transaction that it completes; empty: none.
    """

    tls: TlsFiles
    request: bytes
    completes: str = ""


def sign_work(pair: Pair, turns: int, now: datetime) -> Iterator[Call]:
    """Signs accounts, and then in each turn one transaction of each kind; a transfer is accepted."""
    giver = pair.giver
    for kind in (_BREACH, _VOLUNTARY, _RETIRED, _REVERSED):
        said = statements_pb2.AccountStatement(
            account_id=_account(giver, kind),
            registry=giver.registry,
            account_type=kind,
            rulebook=giver.rulebook,
        )
        said.terms.kyoto.period = 1
        yield Call(
            giver.tls, submit_call(giver.chain.sign(PayloadKind.ACCOUNT_STATEMENT, said, now))
        )
    for turn in range(turns):
        for transaction in _turn(pair, turn, now):
            yield from _signed(pair, transaction, now)


def _turn(pair: Pair, turn: int, now: datetime) -> Iterator[proposal_pb2.ProposedTransaction]:
    giver, ids = pair.giver, RandomIds()
    number, own = int(giver.registry[-2:]), 10 * turn + 1
    party = registry_party(giver.registry)

    def made(
        kind: str,
        into: int,
        first: int,
        last: int,
        **terms: Any,  # noqa: ANN401  # fields of the terms
    ) -> proposal_pb2.ProposedTransaction:
        said = terms_pb2.TransactionTerms(**terms)
        return proposal_pb2.ProposedTransaction(
            transaction_id=ids.uuid7(now),
            type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
            from_account=giver.account,
            to_account=_account(giver, into),
            from_registry=giver.registry,
            to_registry=giver.registry,
            blocks=[units_pb2.UnitBlock(registry=giver.registry, first=first, last=last)],
            rulebook=giver.rulebook,
            terms=rulebooks_pb2.TransactionTerms(kyoto=said) if said.ByteSize() else None,
        )

    issued = made("ISSUANCE", _HELD, _AAUS + own, _AAUS + own + 9)
    issued.blocks[0].attributes.kyoto.CopyFrom(aau())
    yield issued
    become = attributes_pb2.UnitAttributes(
        project=f"{party}22", track=attributes_pb2.TRACK_PARTY_VERIFIED
    )
    yield made("CONVERSION", _HELD, own, own + 1, become=become)
    moved = made("TRANSFER", _HELD, own + 1, own + 2)
    moved.to_account, moved.to_registry = pair.taker.account, pair.taker.registry
    yield moved
    yield made("CANCELLATION", _BREACH, own + 3, own + 3, log_notice=2 * number + 1)
    yield made("CANCELLATION", _VOLUNTARY, own + 4, own + 4, purpose="a flight")
    yield made("RETIREMENT", _RETIRED, own + 5, own + 5)
    brought = made("ISSUANCE", _RETIRED, _FORESTS + own, _FORESTS + own, opening=_ARCHIVE)
    brought.from_account = brought.to_account
    brought.blocks[0].attributes.kyoto.CopyFrom(
        attributes_pb2.UnitAttributes(
            unit_type=attributes_pb2.UNIT_TYPE_LCER,
            original_period=1,
            applicable_period=1,
            project=f"{party}23",
            lulucf_activity=attributes_pb2.LULUCF_ACTIVITY_AFFORESTATION_AND_REFORESTATION,
            expiry_date="2099-06-30",
        )
    )
    yield brought
    replaced = made("REPLACEMENT", _REVERSED, own + 6, own + 6, log_notice=2 * number)
    replaced.blocks.append(
        units_pb2.UnitBlock(
            registry=giver.registry,
            first=_FORESTS + own,
            last=_FORESTS + own,
            role=units_pb2.UNIT_ROLE_NAMED,
        )
    )
    yield replaced


def _signed(
    pair: Pair, transaction: proposal_pb2.ProposedTransaction, now: datetime
) -> Iterator[Call]:
    giver, taker, name = pair.giver, pair.taker, transaction.transaction_id
    message = proposal_pb2.Proposal(transaction=transaction)
    proposal = submit_call(giver.chain.sign(PayloadKind.PROPOSAL, message, now))
    if transaction.to_registry == giver.registry:
        yield Call(giver.tls, proposal, name)
        return
    yield Call(giver.tls, proposal)
    said = proposal_pb2.Acceptance(
        transaction_id=name, proposal_hash=giver.chain.previous_payload_hash
    )
    yield Call(taker.tls, submit_call(taker.chain.sign(PayloadKind.ACCEPTANCE, said, now)), name)


def _account(trader: Trader, kind: int) -> AccountId:
    return make_account_id(trader.registry, kind, 1)
