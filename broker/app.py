# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The composition root: the only place that names an engine and regimes, and puts the broker together."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import structlog

from broker.clearing.decision.desk import Charter
from broker.clearing.decision.rows import KeyRow
from broker.clearing.decision.statements import Findings
from broker.clearing.directory.operator import Operator
from broker.clearing.path.aside import SetAside
from broker.clearing.path.clerk import Clerk, ClerkLimits
from broker.clearing.path.deciding import Writer
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.group import judge_group
from broker.clearing.path.house import ClearingHouse
from broker.clearing.path.port import JudgeWhile
from broker.clearing.path.received import Received
from broker.known_regimes import ALL_REGIMES, REGIMES
from broker.regime.kyoto.regime import KYOTO
from broker.regime.paris.regime import PARIS
from broker.regime.regimes import Regimes
from broker.reports import audit
from broker.reports.audit import Invariant
from broker.reports.kyoto.invariants.listed import INVARIANTS as KYOTO_INVARIANTS
from broker.reports.paris.invariants.listed import INVARIANTS as PARIS_INVARIANTS
from broker.store import genesis
from broker.store.acknowledgements import Acknowledgements
from broker.store.engines import groups_of, taken
from broker.store.genesis import Network
from broker.store.migrate import SCHEMA, install
from broker.store.signatures import sign_again
from broker.store.sqlite_groups import SqliteGroupStore
from itmo import limits
from itmo.clock import Clock, SystemClock, to_ms
from itmo.envelope import Envelope
from itmo.ids import IdSource
from itmo.keys import KeyPurpose, Signer
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.passing import in_memory
from itmo.runtime.db.thread import Database, InlineDatabase

if TYPE_CHECKING:
    from broker.api.regime_services import RegimeServices
    from broker.services.paris.reading_ahead import ReadingAhead
    from itmo.clearing.v1 import operator_service_pb2 as pb

_FRAMES: Final = 6
"""Places told of a fault, the innermost first."""
BROKER_KEY_LIFETIME: Final = timedelta(days=3650)
"""The broker's first keys; they are rotated by key statements long before."""
_INVARIANTS: Final = MappingProxyType({PARIS.name: PARIS_INVARIANTS, KYOTO.name: KYOTO_INVARIANTS})
"""What holds besides where a regime is in force."""


class KeyElsewhere:
    """The place of a key that only another process of this broker signs with.

    Attributes:
        keyid: Names no key.
        public_key: None, likewise.
    """

    keyid = ""
    public_key = b""

    def sign(self, message: bytes) -> bytes:
        """Never signs.

        Raises:
            RuntimeError: Always; nothing of this process asks for it.
        """
        raise RuntimeError(f"this process does not have the key for {len(message)} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a house is made of besides its store."""

    network: Network
    clock: Clock
    ids: IdSource
    signer: Signer
    operator_signer: Signer
    transaction_lifetime: timedelta = limits.DEFAULT_TRANSACTION_LIFETIME
    clerk_limits: ClerkLimits = field(default_factory=ClerkLimits)
    regimes: Regimes = REGIMES
    books: Path | None = None
    """The broker's database, or the place of it; beside it lies what is made of the record."""


def regime_services(regimes: Regimes) -> tuple[RegimeServices, ...]:
    """What the regimes in force serve besides; loaded by whoever serves only."""
    from broker.services.paris.served import PARIS_SERVICES

    own = {"paris": PARIS_SERVICES}
    return tuple(own[name] for name in regimes.names if name in own)


def timeline_standing_of(
    parts: Parts,
) -> Callable[[Connection], pb.TimelineStanding | None]:
    """Tells how far the timeline has come, where a regime in force has one; by the machine's clock."""
    from broker.reports.paris.timeline_standing import timeline_standing

    books = parts.books
    if books is None or PARIS.name not in parts.regimes.names:
        return lambda _: None
    return lambda ledger: timeline_standing(ledger, books, SystemClock().now())


def reading_ahead_of(parts: Parts, house: ClearingHouse) -> ReadingAhead | None:
    """What reads the timeline on in quiet moments, where a regime in force has one and it lies in a file."""
    from broker.reports.paris.timeline import Timeline
    from broker.reports.paris.timeline_file import beside
    from broker.services.paris.reading_ahead import ReadingAhead

    if parts.books is None or PARIS.name not in parts.regimes.names:
        return None
    return ReadingAhead(Timeline(beside(parts.books)), house.questions)


def invariants_of(regimes: Regimes = REGIMES) -> tuple[Invariant, ...]:
    """What holds after every commit of a broker that judges by these regimes."""
    own = (_INVARIANTS.get(name, ()) for name in regimes.names)
    return (*audit.GENERAL, *chain.from_iterable(own))


def memory_database(regimes: Regimes = ALL_REGIMES) -> sqlite3.Connection:
    """An empty database in memory, with the schema and the guards of its regimes."""
    connection = in_memory()
    connection.execute("PRAGMA foreign_keys = ON")
    _empty(regimes).backup(connection)
    return connection


@lru_cache(maxsize=8)
def _empty(regimes: Regimes) -> sqlite3.Connection:
    """What is copied, which takes less than giving another one its guards."""
    made = in_memory()
    SCHEMA.create(made)
    install(made, regimes)
    return made


def bring_up_to_date(connection: Connection, regimes: Regimes = REGIMES) -> None:
    """Brings a database that is open for writing to the schema of this program.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when it is of a version that this program does not
            know, or lacks columns that its version has.
    """
    SCHEMA.upgrade(connection)
    install(connection, regimes)
    taken(connection)


def broker_keys(parts: Parts, since: datetime) -> list[KeyRow]:
    """The broker's own first keys, as they are registered."""
    return [
        KeyRow(
            keyid=signer.keyid,
            node=node,
            purpose=purpose,
            public_key=signer.public_key,
            not_before=to_ms(since),
            not_after=to_ms(since + BROKER_KEY_LIFETIME),
            revoked_at=None,
        )
        for signer, node, purpose in (
            (parts.signer, parts.network.broker_node, KeyPurpose.SIGN_RECEIPT),
            (parts.operator_signer, OPERATOR_NODE, KeyPurpose.OPERATE),
        )
    ]


def build_house(
    parts: Parts,
    writer: Database,
    reader: Database,
    broken: Callable[[BaseException], None],
    rehearsing: Database | None = None,
    reports: Database | None = None,
    stored: type[SqliteGroupStore] | None = None,
) -> ClearingHouse:
    """Puts a house together over a database that was founded.

    Args:
        parts: What else it is made of.
        writer: Decides.
        reader: Answers questions.
        broken: Told of what the house cannot go on after.
        rehearsing: Validates without effect; the reader does it where there is no other.
        reports: Answers what may take long; the reader does it where there is no other.
        stored: Decides groups on the engine of the writer, where it is not SQLite.
    """
    charter = charter_of(parts)
    store = (stored or SqliteGroupStore)(
        writer, parts.network.broker_node, rehearsing or reader, parts.regimes
    )

    def clerk(house: ClearingHouse) -> Clerk:
        return Clerk(
            store,
            judge_for(parts, charter),
            parts.clock,
            parts.clerk_limits,
            house.after_commit,
            broken,
            alarm,
            _alarm_of_timeout,
            house.pay,
        )

    return ClearingHouse(
        charter=charter,
        decider=clerk,
        writer=Writer(
            acknowledge=Acknowledgements(writer).note,
            sign_stored=lambda signer: writer.run(partial(sign_again, signer=signer)),
        ),
        reader=reader,
        reports=reports or reader,
        clock=parts.clock,
        signer=parts.signer,
        broken=broken,
        books=parts.books,
    )


def charter_of(parts: Parts) -> Charter:
    """What a house of these parts is bound by."""
    return Charter(
        network_id=parts.network.network_id,
        broker_node=parts.network.broker_node,
        transaction_lifetime=parts.transaction_lifetime,
        findings=Findings(),
        regimes=parts.regimes,
    )


def rehearsing_store(parts: Parts, rehearsing: Database) -> SqliteGroupStore:
    """A store that validates without effect, in a process that decides nothing."""
    return SqliteGroupStore(rehearsing, parts.network.broker_node, rehearsing, parts.regimes)


def judge_for(parts: Parts, charter: Charter) -> JudgeWhile:
    """A judge of these parts who looks now and then whether everybody has gone."""
    return lambda gone: (
        lambda world, group, now: judge_group(charter, world, parts.ids, group, now, gone)
    )


def alarm(received: Received, error: Exception) -> None:
    """Tells of a message whose judging a message raised: a bug of ours that somebody has to look at.

    A line per fault, however often somebody provokes it; where it was raised is enough to find it.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    structlog.get_logger().error(
        "message_fault",
        message_id=received.header.message_id,
        sender=received.header.sender_node,
        kind=received.kind.value,
        error=f"{type(error).__name__}: {error}",
        raised=" ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames)),
    )


def _alarm_of_timeout(failed: SetAside) -> None:
    """A time-out raised: a bug of ours; the transaction waits with its units locked."""
    structlog.get_logger().error(
        "timeout_fault",
        transaction_id=failed.transaction_id,
        error=failed.fault,
        failures=failed.failures,
        again=str(failed.until),
    )


def memory_house(parts: Parts, connection: Connection) -> ClearingHouse:
    """A house over a database in memory, new or one that an earlier house left."""

    def broken(error: BaseException) -> None:
        raise error

    genesis.found(connection, parts.network, broker_keys(parts, parts.clock.now()))
    runner = InlineDatabase(connection)
    return build_house(parts, runner, runner, broken, stored=groups_of(connection))


def operator_over(parts: Parts, house: ClearingHouse) -> Operator:
    """The operator of a house in the same process."""

    async def submit(envelope: Envelope) -> tuple[Envelope, ...]:
        return (await house.submit(OPERATOR_NODE, envelope)).answers

    return Operator(
        network_id=parts.network.network_id,
        broker_node=parts.network.broker_node,
        signer=parts.operator_signer,
        clock=parts.clock,
        ids=parts.ids,
        submit=submit,
        standing=lambda: house.sender_standing(OPERATOR_NODE),
    )
