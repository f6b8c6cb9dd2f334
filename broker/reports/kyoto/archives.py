# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What imported archives tell of the past: judged elsewhere when it happened, and not judged here.

A trail is on record in parts, each of which names the one before; the opening names the last. Parts are
read one at a time, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, cast

from google.protobuf.message import Message

from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import TRACKS, UNIT_TYPES, host_and_number
from broker.regime.kyoto.regime import KYOTO
from broker.regime.kyoto.statements.archive_parts import digest_of
from broker.regime.regime import Key
from broker.reports.kyoto.history import Event, Holder, Lot
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import ArchiveParts, Opening
from broker.store.stated import Span, stated_messages
from itmo import limits
from itmo.clock import from_ms
from itmo.identifiers import registry_party
from itmo.kyoto.v1 import attributes_pb2, statements_pb2
from itmo.message.v1 import ranges_pb2
from itmo.runtime.db.connection import Connection
from itmo.serials import SerialRange
from itmo.timestamps import moment, timestamp
from sef.archive import Archive, totals_of
from sef.archive_entries import archive_entries
from sef.archive_replaying import Replaying
from sef.archive_trail import NoticeRow, TrailRow, TrailType, UnitsAre, registry_in, type_in
from sef.entries import Entry

_PAYLOAD: Final = "SELECT payload FROM message WHERE message_id = ?"
_PREFIX: Final = "ARCHIVED_TYPE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """An archive that answers: its opening is stated, and its trail on record.

    Attributes:
        registry: Whose it is.
        digest: Of the archive, in hexadecimal; transactions that bring in its units name it.
        opened: When the opening was decided on; from then on the record answers.
        log_index: Place of that decision in the log.
        messages: The messages of its parts, in their order.
    """

    registry: str
    digest: str
    opened: datetime
    log_index: int
    messages: tuple[str, ...]


def archives(connection: Connection) -> list[Archived]:
    """Those that were stated last of each registry; the caller holds a snapshot."""
    found: dict[str, Archived] = {}
    for said in stated_messages(connection, Span.every(stated_keys.RULEBOOK, stated_keys.OPENING)):
        key = Key(stated_keys.RULEBOOK, stated_keys.OPENING, said.name)
        opening = cast("Opening", KYOTO.read(key, said.payload))
        found.pop(said.name, None)
        if opening.parts:
            found[said.name] = Archived(
                registry=said.name,
                digest=opening.archive,
                opened=from_ms(said.decided_at),
                log_index=said.log_index,
                messages=_messages(connection, said.name, opening.last_part),
            )
    return list(found.values())


def _messages(connection: Connection, registry: str, last: str) -> tuple[str, ...]:
    """The messages of the parts that lead to the last one."""
    before: dict[str, tuple[str, str]] = {}
    key = stated_keys.archive_part(registry)
    for said in stated_messages(connection, Span.one(key)):
        part = cast("ArchiveParts", KYOTO.read(key, said.payload))
        before[part.last] = part.previous, said.message_id
    found: list[str] = []
    while last:
        last, message_id = before[last]
        found.append(message_id)
    return tuple(reversed(found))


def parts_on_record(connection: Connection, registry: str) -> ArchiveParts | None:
    """How far a trail of a registry's archive is on record; None: not at all."""
    key = stated_keys.archive_part(registry)
    last = None
    for said in stated_messages(connection, Span.one(key)):
        last = said.payload
    return None if last is None else cast("ArchiveParts", KYOTO.read(key, last))


def told_rows(connection: Connection, archived: Archived) -> Iterator[TrailRow]:
    """The trail of an archive, in its order."""
    number = 0
    for part in _parts(connection, archived):
        for row in part.rows:
            number += 1
            yield row_of(number, row)


def told_notices(connection: Connection, archived: Archived) -> list[NoticeRow]:
    """The notices of an archive, in its order."""
    return [notice_of(each) for part in _parts(connection, archived) for each in part.notices]


def notice_of(written: statements_pb2.ArchivedNotice) -> NoticeRow:
    """A notice as it was stated."""
    return NoticeRow(
        number=written.number,
        type=written.type,
        at=moment(written.at, "at"),
        quantity=written.quantity,
        period=written.period,
    )


def _parts(connection: Connection, archived: Archived) -> Iterator[statements_pb2.ArchivePart]:
    for message_id in archived.messages:
        (payload,) = connection.execute(_PAYLOAD, (message_id,)).fetchone()
        yield statements_pb2.KyotoStatement.FromString(payload).archive_part


# -- answers ----------------------------------------------------------------------------------------


def told_units(
    connection: Connection, archived: Archived, as_of: datetime
) -> Iterator[tuple[Holder, Lot]]:
    """What the archive says lay in accounts of its registry at a moment."""
    played = Replaying(archived.registry)
    for row in told_rows(connection, archived):
        if row.at > as_of:
            break
        played.play(row)
    for units in played.lying():
        yield _holder(units.place), _lot(units.registry, units.first, units.last, units.are)


def told_events(connection: Connection, archived: Archived) -> Iterator[Event]:
    """What the archive says happened, one event for units that were alike."""
    played = Replaying(archived.registry)
    for row in told_rows(connection, archived):
        for step in played.play(row):
            yield Event(
                at=row.at,
                log_index=archived.log_index,
                transaction_id=row.transaction,
                type=TransactionType(row.type.value),
                units=_lot(row.registry, step.first, step.last, step.were),
                after=_attributes(row.are),
                giver=_holder(row.giver),
                taker=_holder(row.taker),
                acts=row.acts,
                told_by=archived.registry,
            )


def told_entries(
    connection: Connection, archived: Archived, as_of: datetime | None
) -> Iterator[Entry]:
    """The archive's past as entries of its Party's books; see `sef_entries` for `as_of`."""
    until = archived.opened.date()
    found = archive_entries(
        archived.registry,
        told_rows(connection, archived),
        told_notices(connection, archived),
        until if as_of is None else min(until, as_of.date()),
    )
    yield from (each for each in found if each.known(as_of))


def _holder(place: str) -> Holder:
    registry = registry_in(place)
    return Holder(
        account_id=place,
        registry=registry,
        party=registry_party(registry),
        account_type=type_in(place),
    )


def _lot(registry: str, first: int, last: int, are: UnitsAre) -> Lot:
    return Lot(registry=registry, range=SerialRange(first, last), attributes=_attributes(are))


def _attributes(are: UnitsAre) -> KyotoAttributes:
    return KyotoAttributes(
        unit_type=UNIT_TYPES[are.unit_type],
        original_period=are.original_period,
        applicable_period=are.applicable_period,
        activity=are.activity,
        project=host_and_number(are.project, "project")[1] if are.project else 0,
        track=TRACKS[are.track],
        expiry=are.expiry,
    )


# -- between rows and messages --------------------------------------------------------------------


def row_of(number: int, written: statements_pb2.ArchivedRow) -> TrailRow:
    """A row of a trail as it was stated."""
    are = written.attributes
    return TrailRow(
        row=number,
        at=moment(written.at, "at"),
        transaction=written.transaction,
        type=TrailType(statements_pb2.ArchivedType.Name(written.type).removeprefix(_PREFIX)),
        notice=written.notice,
        net_source=written.net_source_activity,
        acts=not written.named,
        registry=written.units.registry,
        first=written.units.first,
        last=written.units.last,
        are=UnitsAre(
            unit_type=are.unit_type,
            original_period=are.original_period,
            applicable_period=are.applicable_period,
            activity=are.lulucf_activity,
            project=are.project,
            track=are.track,
            expiry=date.fromisoformat(are.expiry_date) if are.expiry_date else None,
        ),
        giver=written.from_account,
        taker=written.to_account,
        had_left=written.had_left,
        were_replaced=written.were_replaced,
        corrective=written.corrective,
    )


def opening_of(found: Archive, reports: Sequence[bytes]) -> statements_pb2.Opening:
    """What is stated of an archive, but its trail.

    Args:
        found: The archive.
        reports: Digests of the reports that it was held against.
    """
    return statements_pb2.Opening(
        registry=found.blocks[0].account_registry,
        archive_digest=found.digest,
        report_digests=reports,
        totals=[
            statements_pb2.OpeningTotal(
                account_type=account,
                unit_type=attributes_pb2.UnitType.ValueType(units),
                period=period,
                quantity=quantity,
                had_left=had_left,
                were_replaced=were_replaced,
            )
            for (account, units, period, had_left, were_replaced), quantity in sorted(
                totals_of(found.blocks).items()
            )
        ],
    )


def parts_of(archive: Archive) -> Iterator[statements_pb2.ArchivePart]:
    """The trail of an archive in parts that hang together, notices first."""
    registry = archive.blocks[0].account_registry
    said: list[Message] = [
        *map(_written_notice, archive.notices),
        *map(_written_row, archive.trail),
    ]
    previous = b""
    for number, start in enumerate(range(0, len(said), limits.MAX_ARCHIVE_ROWS), 1):
        some = said[start : start + limits.MAX_ARCHIVE_ROWS]
        part = statements_pb2.ArchivePart(
            registry=registry,
            archive_digest=archive.digest,
            part=number,
            previous=previous,
            rows=[each for each in some if isinstance(each, statements_pb2.ArchivedRow)],
            notices=[each for each in some if isinstance(each, statements_pb2.ArchivedNotice)],
        )
        previous = digest_of(part)
        yield part


def _written_notice(notice: NoticeRow) -> statements_pb2.ArchivedNotice:
    return statements_pb2.ArchivedNotice(
        number=notice.number,
        type=cast("statements_pb2.LogNoticeType.ValueType", notice.type),
        at=timestamp(notice.at),
        quantity=notice.quantity,
        period=notice.period,
    )


def _written_row(row: TrailRow) -> statements_pb2.ArchivedRow:
    are = row.are
    return statements_pb2.ArchivedRow(
        at=timestamp(row.at),
        transaction=row.transaction,
        type=statements_pb2.ArchivedType.Value(f"{_PREFIX}{row.type}"),
        notice=row.notice,
        named=not row.acts,
        units=ranges_pb2.UnitRange(registry=row.registry, first=row.first, last=row.last),
        attributes=attributes_pb2.UnitAttributes(
            unit_type=cast("attributes_pb2.UnitType.ValueType", are.unit_type),
            original_period=are.original_period,
            applicable_period=are.applicable_period,
            lulucf_activity=cast("attributes_pb2.LulucfActivity.ValueType", are.activity),
            project=are.project,
            track=cast("attributes_pb2.Track.ValueType", are.track),
            expiry_date=are.expiry.isoformat() if are.expiry else "",
        ),
        from_account=row.giver,
        to_account=row.taker,
        had_left=row.had_left,
        were_replaced=row.were_replaced,
        corrective=row.corrective,
        net_source_activity=cast("attributes_pb2.LulucfActivity.ValueType", row.net_source),
    )
