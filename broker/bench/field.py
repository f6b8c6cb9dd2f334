# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The field a measurement is played on: a fresh broker with pairs of registries ready to trade."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain, cycle
from pathlib import Path
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf.message import Message

from broker.app import Parts, bring_up_to_date, broker_keys, build_house, operator_over
from broker.authority import Authority, create_authority
from broker.clearing.directory.operator import Operator
from broker.clearing.path.house import ClearingHouse
from broker.known_regimes import REGIMES
from broker.regime.regimes import Regimes
from broker.rulebook.general.registries import OperationalStatus
from broker.settings_file import FILE_NAME
from broker.store import genesis
from broker.store.engines import Books, groups_of
from broker.store.genesis import Network
from broker.store.log_head import log_end
from itmo.chain import SenderChain
from itmo.clock import SystemClock
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.envelope import Envelope
from itmo.identifiers import (
    AccountId,
    NetworkId,
    NodeId,
    RegistryId,
    make_account_id,
    registry_party,
)
from itmo.ids import RandomIds
from itmo.joining import make_join_request, read_join_request
from itmo.keys import FileSigner, MemorySigner, generate_key_file
from itmo.node_kinds import NodeKind
from itmo.paris.v1 import approaches_pb2, attributes_pb2, authorization_pb2, parties_pb2, terms_pb2
from itmo.payloads import PayloadKind, decode
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import HeadFile
from itmo.runtime.db.thread import InlineDatabase
from itmo.runtime.rpc.tls import TlsFiles
from itmo.tls_request import make_tls_request

NETWORK: Final = NetworkId("bench")
BROKER: Final = NodeId("broker")
APPROACH: Final = "CA000003"
AUTHORIZATION: Final = "bench-1"
UNITS_PER_GIVER: Final = 1_000_000_000
_HOLDING: Final = 100


@dataclass(frozen=True, slots=True)
class Ground:
    """The regime of a field, and what it has to be told before its units move.

    Attributes:
        regimes: By which the broker judges.
        rulebook: Of every registry, account and transaction; empty: the first.
        stated: By the operator, before anything else.
        granted: By the first giver, before it issues.
        attributes: Of all units.
        of_giver: What the operator states of each giver before it issues.
    """

    regimes: Regimes
    rulebook: str
    stated: tuple[tuple[PayloadKind, Message], ...]
    granted: tuple[tuple[PayloadKind, Message], ...]
    attributes: rulebooks_pb2.UnitAttributes
    of_giver: Callable[[RegistryId], tuple[tuple[PayloadKind, Message], ...]] = lambda _: ()


@dataclass(slots=True)
class Trader:
    """A node with its chain, its account, another one in the same registry, and its TLS files."""

    chain: SenderChain
    registry: RegistryId
    account: AccountId
    other: AccountId
    tls: TlsFiles
    rulebook: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A giver and a taker."""

    giver: Trader
    taker: Trader


@dataclass(frozen=True, slots=True)
class Field:
    """Where everything lies."""

    directory: Path
    database: Path
    tls: TlsFiles
    pairs: tuple[Pair, ...]
    url: str = ""

    @property
    def books(self) -> Books:
        """Where the broker's database is: the file, or what the URL names."""
        return Books(self.database, self.url)


class TargetKind(StrEnum):
    """What is measured: the broker, or less and less of the work that no broker could leave out."""

    BROKER = "broker"
    FLOOR = "floor"
    """Verifies, stores in group commits, signs."""
    SIGNED_ECHO = "signed-echo"
    """Verifies and signs."""
    ECHO = "echo"
    """Answers as much as the broker does."""


class _Builder:
    def __init__(self, directory: Path, regimes: Regimes, url: str) -> None:
        self.directory = directory
        self.clock, self.ids = SystemClock(), RandomIds()
        self.authority: Authority = create_authority(
            NETWORK, directory / "ca.pem", directory / "ca.key", datetime.now(UTC)
        )
        parts = Parts(
            network=Network(NETWORK, BROKER, test_network=True),
            clock=self.clock,
            ids=self.ids,
            signer=generate_key_file(directory / "message.pem"),
            operator_signer=MemorySigner.from_seed(b"o" * 32),
            regimes=regimes,
        )
        self.connection: Connection = Books(directory / "broker.sqlite", url).open_writer()
        bring_up_to_date(self.connection, regimes)
        genesis.found(self.connection, parts.network, broker_keys(parts, self.clock.now()))
        database = InlineDatabase(self.connection)
        stored = groups_of(self.connection)
        self.house: ClearingHouse = build_house(parts, database, database, _fail, stored=stored)
        self.operator: Operator = operator_over(parts, self.house)

    def tls_files(self, name: str) -> tuple[TlsFiles, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.directory / f"{name}.tls.key"
        path.touch(0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return TlsFiles(self.directory / "ca.pem", self.directory / f"{name}.pem", path), key

    async def trader(self, registry: RegistryId, rulebook: str) -> Trader:
        name = NodeId(registry.lower())
        tls, key = self.tls_files(name)
        signer = MemorySigner.from_seed(name.encode().ljust(32, b"."))
        party = registry_party(registry)
        designated = [party] if registry.endswith("01") else []
        text = make_join_request(
            NETWORK, name, NodeKind.NATIONAL, [registry], designated, signer,
            make_tls_request(key), self.clock.now(),
        )  # fmt: skip
        request = read_join_request(text)
        issued = self.authority.certify_node(name, request.tls_request, datetime.now(UTC))
        tls.certificate.write_text(issued.pem)
        await self.operator.admit(request.envelope, issued.tls_key_hash)
        if rulebook:
            status = OperationalStatus.OPERATIONAL
            await self.operator.set_registry_status(registry, status, "", [rulebook])
        chain = SenderChain(
            node=name, recipient=BROKER, network_id=NETWORK, signer=signer, ids=self.ids
        )
        account, other = (make_account_id(registry, _HOLDING, number) for number in (1, 2))
        trader = Trader(chain, registry, account, other, tls, rulebook)
        for each in (account, other):
            statement = statements_pb2.AccountStatement(
                account_id=each, registry=registry, account_type=_HOLDING, rulebook=rulebook
            )
            await self.say(trader, PayloadKind.ACCOUNT_STATEMENT, statement)
        return trader

    async def say(
        self, trader: Trader, kind: PayloadKind, payload: Message
    ) -> tuple[Envelope, ...]:
        envelope = trader.chain.sign(kind, payload, self.clock.now())
        return (await self.house.submit(trader.chain.node, envelope)).answers


def _fail(error: BaseException) -> None:
    raise error


async def build_field(directory: Path, pairs: int, *grounds: Ground, url: str = "") -> Field:
    """Makes a broker's directory with `pairs` pairs of registries; each giver holds units.

    Args:
        directory: Where it is made.
        pairs: How many.
        grounds: Of which pairs are by turns, in one broker; without any units are of Paris.
        url: Of the broker's database, an empty one on a server; a file of the directory without.
    """
    grounds = grounds or (paris_ground(),)
    builder = _Builder(directory, grounds[0].regimes, url)
    await builder.house.start()
    for kind, stated in chain.from_iterable(each.stated for each in grounds):
        await builder.operator.state(kind, stated)
    made = []
    for number, ground in zip(range(1, pairs + 1), cycle(grounds), strict=False):
        giver = await builder.trader(RegistryId(f"THA{number:02d}"), ground.rulebook)
        taker = await builder.trader(RegistryId(f"CHE{number:02d}"), ground.rulebook)
        made.append(Pair(giver, taker))
        for kind, granted in ground.granted if number <= len(grounds) else ():
            await builder.say(giver, kind, granted)
        for kind, stated in ground.of_giver(giver.registry):
            await builder.operator.state(kind, stated)
        await _issue(builder, giver, ground)
    tls, key = builder.tls_files("server")
    issued = builder.authority.certify_server(BROKER, key.public_key(), [], datetime.now(UTC))
    tls.certificate.write_text(issued.pem)
    await builder.house.stop()
    database = directory / "broker.sqlite"
    HeadFile.make(database, log_end(builder.connection).head).close()
    builder.connection.close()
    return Field(directory, database, tls, tuple(made), url)


async def _issue(builder: _Builder, giver: Trader, ground: Ground) -> None:
    block = units_pb2.UnitBlock(
        registry=giver.registry,
        first=1,
        last=UNITS_PER_GIVER,
        attributes=ground.attributes,
    )
    transaction = proposal_pb2.ProposedTransaction(
        transaction_id=builder.ids.uuid7(builder.clock.now()),
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=giver.account,
        to_account=giver.account,
        from_registry=giver.registry,
        to_registry=giver.registry,
        blocks=[block],
        rulebook=giver.rulebook,
    )
    answers = await builder.say(
        giver, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transaction)
    )
    verdict = cast("decision_pb2.Verdict", decode(PayloadKind.VERDICT, answers[0].payload))
    if verdict.results[0].state != decision_pb2.STATE_COMPLETED:
        message = f"the field could not be prepared: {verdict.results[0]}"
        raise RuntimeError(message)


def copied(field: Field, directory: Path) -> Field:
    """The same field, as it was built, in another directory; the first one has to stay.

    To build one takes as long as to measure on it.
    """
    shutil.copytree(field.directory, directory, dirs_exist_ok=True)
    pairs = tuple(Pair(_fresh(pair.giver), _fresh(pair.taker)) for pair in field.pairs)
    return replace(
        field, directory=directory, database=directory / field.database.name, pairs=pairs
    )


def _fresh(trader: Trader) -> Trader:
    """A trader whose chain moves on by itself."""
    return replace(trader, chain=copy(trader.chain))


def write_target(field: Field, kind: TargetKind = TargetKind.BROKER, workers: int = 0) -> Path:
    """Writes what the target process, and its workers, need to know; returns the file."""
    if workers:
        _write_settings(field)
    path = field.directory / f"{kind}.json"
    keys = {}
    for pair in field.pairs:
        for trader in (pair.giver, pair.taker):
            keys[trader.chain.node] = trader.chain.signer.public_key.hex()
    path.write_text(
        json.dumps(
            {
                "directory": str(field.directory),
                "kind": kind,
                "workers": workers,
                "url": field.url,
                "keys": keys,
                "tls": [str(field.tls.ca), str(field.tls.certificate), str(field.tls.key)],
            }
        )
    )
    return path


def _write_settings(field: Field) -> None:
    """What workers read; they neither listen on the address nor sign as the operator."""
    (field.directory / FILE_NAME).write_text(
        f'node_id = "{BROKER}"\nnetwork_id = "{NETWORK}"\ntest_network = true\n'
        '[server]\nlisten = "127.0.0.1:0"\n'
        f'[tls]\nca = "{field.tls.ca}"\ncertificate = "{field.tls.certificate}"\n'
        f'key = "{field.tls.key}"\n'
        '[signers]\nmessage = "file:message.pem"\noperator = "file:message.pem"\n'
        "[limits]\nrate_per_second = 1000000\nburst = 1000000\n"
        '[log]\nlevel = "error"\n' + (f'[database]\nurl = "{field.url}"\n' if field.url else "")
    )


def receipt_signer(directory: Path) -> FileSigner:
    """The broker's message key of a field."""
    return FileSigner.load(directory / "message.pem")


def paris_ground() -> Ground:
    """Units of Paris, which two Parties trade under one authorization."""
    return Ground(
        regimes=REGIMES,
        rulebook="",
        stated=(
            *((PayloadKind.PARTY_STATEMENT, _party(party)) for party in ("THA", "CHE")),
            (PayloadKind.COOPERATIVE_APPROACH_STATEMENT, _approach()),
        ),
        granted=((PayloadKind.AUTHORIZATION_STATEMENT, _authorization()),),
        attributes=rulebooks_pb2.UnitAttributes(paris=_attributes()),
    )


def _party(party: str) -> parties_pb2.PartyStatement:
    return parties_pb2.PartyStatement(
        party=party,
        participation=parties_pb2.Participation(
            party_to_agreement=True,
            ndc_in_force=True,
            authorization_arrangements=True,
            tracking_arrangements=True,
            latest_inventory=True,
        ),
        initial_report_date="2021-01-01",
        ndc_periods=[
            parties_pb2.NdcPeriod(
                years=terms_pb2.YearSpan(first=2021, last=2030),
                target=parties_pb2.NDC_TARGET_MULTI_YEAR,
                method=parties_pb2.ADJUSTMENT_METHOD_TRAJECTORY,
                first_or_first_updated=True,
            )
        ],
    )


def _approach() -> approaches_pb2.CooperativeApproachStatement:
    return approaches_pb2.CooperativeApproachStatement(
        cooperative_approach=APPROACH,
        title="bench",
        parties=["THA", "CHE"],
        sectors=["Transportation"],
        activity_types=["Transport"],
        metric=attributes_pb2.METRIC_GHG,
        evidence_hashes=[bytes(32)],
    )


def _authorization() -> authorization_pb2.AuthorizationStatement:
    return authorization_pb2.AuthorizationStatement(
        authorization_id=AUTHORIZATION,
        version=1,
        party="THA",
        cooperative_approach=APPROACH,
        purposes=[authorization_pb2.PURPOSE_NDC],
        vintages=terms_pb2.YearSpan(first=2021, last=2030),
        date=f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}",
    )


def _attributes() -> attributes_pb2.UnitAttributes:
    return attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_ITMO,
        cooperative_approach=APPROACH,
        first_transferring_party="THA",
        vintage=2022,
        authorization=attributes_pb2.AuthorizationReference(id=AUTHORIZATION, version=1),
        metric=attributes_pb2.METRIC_GHG,
        mitigation_type=attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
        sector="Transportation",
        activity_type="Transport",
    )
