# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much a registry shares, and its reports. What was stated is looked up in the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from google.protobuf.message import Message
from sqlalchemy import bindparam

from itmo import limits
from itmo.core.v1 import decision_pb2, envelope_pb2, sharing_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import moment, timestamp
from registry_node.blocks import block_of
from registry_node.commands.declare import own_registry
from registry_node.commands.propose import Submitted
from registry_node.commands.trip import Trip, from_ms
from registry_node.damage import decoded
from registry_node.store.rows import ItemStatus
from registry_node.store.tables import HOLDINGS, ITEMS, PROOFS

M = TypeVar("M", bound=Message)

_DUE_AFTER: Final[dict[int, timedelta]] = {
    sharing_pb2.REPORT_FREQUENCY_AT_ONCE: limits.REPORT_DAILY,
    sharing_pb2.REPORT_FREQUENCY_DAILY: limits.REPORT_DAILY,
    sharing_pb2.REPORT_FREQUENCY_YEARLY: limits.REPORT_YEARLY,
}
_i, _h, _p = ITEMS.table.c, HOLDINGS.table.c, PROOFS.table.c
_STATED: Final = ITEMS.select(_i.kind == bindparam("kind"), order=_i.item_id.desc())
_HELD: Final = HOLDINGS.select(_h.account_id == bindparam("account_id"), order=_h.registry)
_ANSWERS: Final = PROOFS.select(_p.causation_id == bindparam("message_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a registry shares, by what this node stated.

    Attributes:
        statement: The last one that was not refused; None: it takes part in full.
        report: The last one that was not refused; None: it never reported.
        reported_at: When that was made.
        refused_at: When a later report was refused; None: none was.
    """

    registry: str
    statement: sharing_pb2.SharingStatement | None
    stated_at: datetime | None
    report: sharing_pb2.RegistryReport | None
    reported_at: datetime | None
    refused_at: datetime | None = None

    @property
    def reports(self) -> bool:
        """True for a registry that has to report."""
        level = self.statement.level if self.statement else sharing_pb2.SHARING_LEVEL_TRANSACT
        return level != sharing_pb2.SHARING_LEVEL_TRANSACT

    @property
    def reported_until(self) -> datetime | None:
        """Up to when it has reported."""
        return moment(self.report.as_of, "as_of") if self.report else None

    @property
    def due(self) -> datetime | None:
        """When the next report is due: the first one at once. None: it does not report.

        What was stated before, for comparison at level TRANSACT, is no report of that kind.
        """
        if self.statement is None or self.stated_at is None or not self.reports:
            return None
        if self.reported_until is None or self.reported_at is None:
            return self.stated_at
        if self.reported_at < self.stated_at:
            return self.stated_at
        return self.reported_until + _DUE_AFTER[self.statement.frequency]


def shared(trip: Trip) -> list[Shared]:
    """Returns what each of the node's registries shares."""
    found = []
    for registry in trip.identity.registries:
        stated = _last(trip, PayloadKind.SHARING_STATEMENT, sharing_pb2.SharingStatement, registry)
        said = _last(trip, PayloadKind.REGISTRY_REPORT, sharing_pb2.RegistryReport, registry)
        found.append(
            Shared(
                registry=registry,
                statement=stated.message,
                stated_at=stated.made_at,
                report=said.message,
                reported_at=said.made_at,
                refused_at=said.refused_at,
            )
        )
    return found


def share(trip: Trip, statement: sharing_pb2.SharingStatement) -> Submitted:
    """Queues the statement that says how much a registry shares from now on.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    stated = sharing_pb2.SharingStatement()
    stated.CopyFrom(statement)
    stated.ClearField("header")
    stated.registry = own_registry(trip, statement.registry)
    return Submitted(trip.queue(PayloadKind.SHARING_STATEMENT, stated, None).message_id, ())


def report(
    trip: Trip, written: sharing_pb2.RegistryReport, *, from_ledger: bool = False
) -> Submitted:
    """Queues a report.

    Args:
        trip: The transaction.
        written: The report; without as_of it is up to now.
        from_ledger: Take the holdings from this node's own ledger.

    Raises:
        ProtocolError: NOT_FOUND, TOO_MANY_BLOCKS or MESSAGE_TOO_LARGE.
    """
    made = sharing_pb2.RegistryReport()
    made.CopyFrom(written)
    made.ClearField("header")
    made.registry = own_registry(trip, written.registry)
    if not made.HasField("as_of"):
        made.as_of.CopyFrom(timestamp(trip.now))
    stated = _last(trip, PayloadKind.SHARING_STATEMENT, sharing_pb2.SharingStatement, made.registry)
    if stated.message is None or stated.message.level != sharing_pb2.SHARING_LEVEL_NOTIFY:
        made.complete = True  # a registry that holds nothing says so
    if from_ledger:
        made.complete = True
        made.ClearField("holdings")
        made.holdings.extend(holdings_of(trip, made.registry))
    rows = len(made.holdings) + len(made.actions)
    if rows > limits.MAX_REPORT_ROWS:
        raise ProtocolError(
            Reason.TOO_MANY_BLOCKS,
            f"The report has {rows} rows, at most {limits.MAX_REPORT_ROWS} are sent; join"
            " neighbouring blocks, or report the actions in several reports.",
            found=rows,
            limit=limits.MAX_REPORT_ROWS,
        )
    return Submitted(trip.queue(PayloadKind.REGISTRY_REPORT, made, None).message_id, ())


def holdings_of(trip: Trip, registry: str) -> Iterator[sharing_pb2.ReportedHolding]:
    """Yields what a registry holds by this node's own ledger."""
    for account in trip.accounts():
        if account.registry != registry:
            continue
        for held in _HELD.all(trip.db, account_id=account.account_id):
            yield sharing_pb2.ReportedHolding(
                block=block_of(held),
                account_type=account.account_type,
                marks=held.marks.split(),
            )


def remarks(trip: Trip, message_id: str) -> list[decision_pb2.Refusal]:
    """Returns what the clearing-house remarked on a message of this node."""
    found: list[decision_pb2.Refusal] = []
    for proof in _ANSWERS.all(trip.db, message_id=message_id):
        if proof.kind is PayloadKind.RECEIPT:
            envelope = decoded(envelope_pb2.Envelope, proof.envelope)
            found.extend(decoded(decision_pb2.Receipt, envelope.payload).remarks)
    return found


@dataclass(frozen=True, slots=True)
class _Said(Generic[M]):
    """The newest message that was not refused, and when a later one was."""

    message: M | None
    made_at: datetime | None
    refused_at: datetime | None


def _last(trip: Trip, kind: PayloadKind, message: type[M], registry: str) -> _Said[M]:
    refused_at: datetime | None = None
    # Row by row: what lies behind the newest message may be years of reports.
    for stored in _STATED.statement.run(trip.db, kind=kind):
        item = _STATED.read(stored)
        read = decoded(message, item.body)
        if read.registry != registry:  # type: ignore[attr-defined]  # both kinds name one
            continue
        if item.status is not ItemStatus.REFUSED and item.effective is not False:
            return _Said(read, from_ms(item.created_at), refused_at)
        refused_at = refused_at or from_ms(item.changed_at)
    return _Said(None, None, refused_at)
