# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's own books as entries from which its standard electronic format is derived.

Transactions and notices are told as they were signed. What the accounts hold otherwise than the
transactions make it is an entry of its own, so that a report shows the books and hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Final, cast

from itmo import serial_sets
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2
from itmo.identifiers import RegistryId, registry_party
from itmo.kyoto.v1 import attributes_pb2, statements_pb2
from itmo.parties import CDM_REGISTRY
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.transitions import ending
from registry_node.commands.trip import Trip
from registry_node.damage import damaged, decoded
from registry_node.inbox.opening import Statement, Verified
from registry_node.kyoto.history import RULEBOOK, Done, Piece, Played, completed, pieces
from registry_node.ledger.holdings import Holding
from registry_node.store.rows import AccountRow
from registry_node.store.tables import HOLDINGS
from sef.archive import Archive
from sef.archive_entries import archive_entries
from sef.entries import (
    REQUIRED,
    SECOND_PERIOD,
    UNIT_OF_CODE,
    Entry,
    EntryKind,
    registry_of,
    transaction_number,
)

_KINDS: Final[Mapping[int, EntryKind]] = {
    proposal_pb2.TRANSACTION_TYPE_ISSUANCE: EntryKind.ISSUANCE,
    proposal_pb2.TRANSACTION_TYPE_CONVERSION: EntryKind.CONVERSION,
    proposal_pb2.TRANSACTION_TYPE_CANCELLATION: EntryKind.CANCELLATION,
    proposal_pb2.TRANSACTION_TYPE_RETIREMENT: EntryKind.RETIREMENT,
    proposal_pb2.TRANSACTION_TYPE_REPLACEMENT: EntryKind.REPLACEMENT,
    proposal_pb2.TRANSACTION_TYPE_CARRY_OVER: EntryKind.CARRY_OVER,
}
_HOLDINGS: Final = HOLDINGS.select(order=HOLDINGS.table.c.registry)


def own_entries(
    trip: Trip,
    opened: Mapping[bytes, Verified],
    today: date,
    as_of: datetime | None = None,
    archives: Sequence[Archive] = (),
) -> list[Entry]:
    """Returns every entry of the node's books, of all its registries.

    Args:
        trip: The store.
        opened: Every message that is stored and verified, by payload hash.
        today: Units whose last day is before it have expired.
        as_of: Leave out what was decided later; None: nothing.
        archives: Those that tell the past of units that were brought in from them.

    Raises:
        ProtocolError: NOT_FOUND, where nothing was brought in from one of them.
    """
    notices = [each for each in _notices(opened) if as_of is None or each[0] <= as_of]
    standing = _standing(notices)
    history = completed(opened)
    books = _Books(
        accounts={row.account_id: row for row in trip.accounts()},
        kinds={number: each.type for number, each in standing.items()},
        told=frozenset(each.digest for each in archives),
    )
    entries = [
        entry for archive in archives for entry in _told(archive, _brought_in(archive, history))
    ]
    with closing(Played(trip)) as played:
        known = [done for done in history if as_of is None or done.at <= as_of]
        for done in known:
            entries += books.expired(played, min(done.at.date(), today))
            entries += books.booked(done)
            played.settle(done)
        entries += books.expired(played, today)
        for done in history[len(known) :]:
            played.settle(done)
        entries += books.differences(_HOLDINGS.all(trip.db), played.held(), history)
    entries += _required(notices, standing)
    return [each for each in entries if each.known(as_of)]


def _brought_in(archive: Archive, history: Sequence[Done]) -> date:
    """The day on which units of an archive were first brought in."""
    for done in history:
        if done.proposed.terms.kyoto.opening == archive.digest:
            return done.at.date()
    raise ProtocolError(
        Reason.NOT_FOUND,
        f"no units of archive {archive.digest.hex()} were brought in here",
        where="--archive",
    )


def _told(archive: Archive, until: date) -> Iterator[Entry]:
    """What an archive tells of the past."""
    registry = archive.blocks[0].account_registry
    return archive_entries(registry, archive.trail, archive.notices, until)


@dataclass(slots=True)
class _Books:
    """Entries as they are made, one transaction after the other.

    Attributes:
        accounts: The node's own accounts.
        kinds: Kinds of the notices to its registries, by number.
        told: Digests of archives that tell of the units that are brought in from them.
        left: Units of its own Parties that have left them for another registry.
        days: Days with which units expire, and that have not ended yet.
    """

    accounts: Mapping[str, AccountRow]
    kinds: Mapping[int, int]
    told: frozenset[bytes] = frozenset()
    left: list[serial_sets.Range] = field(default_factory=list)
    days: set[date] = field(default_factory=set)

    def booked(self, done: Done) -> Iterator[Entry]:
        """Yields what a transaction did in the accounts of the node."""
        if done.proposed.HasField("transition"):
            if done.proposed.from_account not in self.accounts:
                return  # what begins is no unit of this rulebook
            done = replace(done, proposed=ending(done.proposed))
        kind = _KINDS.get(done.proposed.type)
        terms = done.proposed.terms.kyoto
        told = bool(terms.opening) and terms.opening in self.told
        for piece in pieces(done):
            if terms.had_left:
                self.left = serial_sets.merged([*self.left, _range(piece)])
            if piece.after.expiry_date:
                day = date.fromisoformat(piece.after.expiry_date)
                if day >= done.at.date():
                    self.days.add(day)
            if done.proposed.type == proposal_pb2.TRANSACTION_TYPE_TRANSFER:
                yield from self._transferred(done, piece)
            elif kind is not None and not told:
                yield self._inside(done, kind, piece)

    def _inside(self, done: Done, kind: EntryKind, piece: Piece) -> Entry:
        proposed, terms = done.proposed, done.proposed.terms.kyoto
        cancelled = kind is EntryKind.CANCELLATION
        if kind is EntryKind.CONVERSION:  # as another type they have not left yet
            self.left = serial_sets.difference(self.left, [_range(piece)])
        made = _entry(done, kind, proposed.from_registry, piece)
        expiry = piece.before.expiry_date
        return replace(
            made,
            source=0 if kind is EntryKind.ISSUANCE else self._type(proposed.from_account),
            target=self._type(proposed.to_account),
            into=UNIT_OF_CODE[piece.after.unit_type] if kind is EntryKind.CONVERSION else None,
            track=piece.after.track,
            activity=terms.net_source_activity if cancelled else made.activity,
            notice=self.kinds.get(terms.log_notice, 0),
            corrective=terms.corrective,
            expired=cancelled and bool(expiry) and date.fromisoformat(expiry) < done.at.date(),
        )

    def _transferred(self, done: Done, piece: Piece) -> Iterator[Entry]:
        """What is booked at this node's side of a transfer, or at both."""
        proposed, terms = done.proposed, done.proposed.terms.kyoto
        source, target = self._type(proposed.from_account), self._type(proposed.to_account)
        giver, taker = _party(proposed.from_registry), _party(proposed.to_registry)
        if giver == taker:
            made = _entry(done, EntryKind.INTERNAL, proposed.from_registry, piece)
            yield replace(made, source=source, target=target)
            return
        if proposed.from_account in self.accounts:
            out = _entry(done, EntryKind.TRANSFER_OUT, proposed.from_registry, piece)
            out = replace(
                out,
                source=source,
                counterpart=taker,
                notice=self.kinds.get(terms.log_notice, 0),
                corrective=terms.corrective,
            )
            yield from self._first_or_not(out, piece)
        if proposed.to_account in self.accounts:
            into = _entry(done, EntryKind.TRANSFER_IN, proposed.to_registry, piece)
            yield replace(into, target=target, counterpart=giver, corrective=terms.corrective)

    def _first_or_not(self, out: Entry, piece: Piece) -> Iterator[Entry]:
        """Units of the Party that leave it for the first time, and others."""
        units = _range(piece)
        own = _party(piece.registry) == out.party
        fresh = serial_sets.difference([units], self.left) if own else []
        for first, ranges in ((True, fresh), (False, serial_sets.difference([units], fresh))):
            for each in ranges:
                yield replace(
                    out, first=first, quantity=serial_sets.quantity([each]), serials=_serials(each)
                )
        self.left = serial_sets.merged([*self.left, *fresh])

    def _type(self, account_id: str) -> int:
        account = self.accounts.get(account_id)
        return account.account_type if account else 0

    def expired(self, played: Played, today: date) -> Iterator[Entry]:
        """Yields units that expired before a day, in the accounts in which they lie."""
        ended = {day for day in self.days if day < today}
        self.days -= ended
        for row in played.held() if ended else ():
            units = _attributes(row)
            day = date.fromisoformat(units.expiry_date) if units.expiry_date else None
            account = self.accounts[row.account_id]
            if day in ended and _party(account.registry) != registry_of(CDM_REGISTRY):
                at = datetime.combine(day, time.max, tzinfo=UTC)
                yield _held(EntryKind.EXPIRY, at, account, row, source=account.account_type)

    def differences(
        self, stored: Sequence[Holding], played: Sequence[Holding], history: Sequence[Done]
    ) -> Iterator[Entry]:
        """Yields what the accounts hold otherwise than follows from what was booked.

        It is so since the last transaction of the units; of units of none, since the first one of all.
        A node that has none yet has nothing to report.
        """
        held, follows = _alike(stored), _alike(played)
        for key in held.keys() | follows.keys():
            account = self.accounts.get(key[0])
            if account is None:
                continue
            have, should = held.get(key, []), follows.get(key, [])
            for more, ranges in (
                (True, serial_sets.difference(have, should)),
                (False, serial_sets.difference(should, have)),
            ):
                for units, at in _since(ranges, history):
                    row = Holding(
                        registry=units[0], first=units[1], last=units[2], account_id=key[0],
                        attributes=key[1], marks="", reserved_by=None,
                    )  # fmt: skip
                    kind = account.account_type
                    yield _held(
                        EntryKind.DIFFERENCE, at, account, row,
                        source=0 if more else kind, target=kind if more else 0,
                    )  # fmt: skip


def _alike(rows: Sequence[Holding]) -> dict[tuple[str, bytes], list[serial_sets.Range]]:
    found: dict[tuple[str, bytes], list[serial_sets.Range]] = {}
    for row in rows:
        if not decoded(rulebooks_pb2.UnitAttributes, row.attributes).HasField(RULEBOOK):
            continue
        place = found.setdefault((row.account_id, row.attributes), [])
        place.append((row.registry, row.first, row.last))
    return found


def _since(
    ranges: Sequence[serial_sets.Range], history: Sequence[Done]
) -> Iterator[tuple[serial_sets.Range, datetime]]:
    """Yields units with the time from which on they are not as booked."""
    left = list(ranges)
    for done in reversed(history):
        if not left:
            return
        touched = [(each.registry, each.serials.first, each.serials.last) for each in done.touched]
        rest = serial_sets.difference(left, touched)
        for each in serial_sets.difference(left, rest):
            yield each, done.at
        left = rest
    if history:
        for each in left:
            yield each, history[0].at


def _attributes(row: Holding) -> attributes_pb2.UnitAttributes:
    return decoded(rulebooks_pb2.UnitAttributes, row.attributes).kyoto


def _held(
    kind: EntryKind,
    at: datetime,
    account: AccountRow,
    row: Holding,
    *,
    source: int = 0,
    target: int = 0,
) -> Entry:
    """An entry about units that lie in an account."""
    units = _attributes(row)
    unit = UNIT_OF_CODE.get(units.unit_type)
    if unit is None:
        raise damaged(f"the type of units {row.registry}:{row.serials} is {units.unit_type}")
    return Entry(
        at=at,
        kind=kind,
        party=_party(account.registry),
        period=units.applicable_period,
        unit=unit,
        quantity=row.quantity,
        source=source,
        target=target,
    )


def _party(registry: str) -> str:
    return registry_of(registry_party(RegistryId(registry)))


def _range(piece: Piece) -> serial_sets.Range:
    return piece.registry, piece.serials.first, piece.serials.last


def _serials(units: serial_sets.Range) -> str:
    return f"{units[0]}-{units[1]}-{units[2]}"


def _entry(done: Done, kind: EntryKind, registry: str, piece: Piece) -> Entry:
    units = piece.before
    return Entry(
        at=done.at,
        kind=kind,
        party=_party(registry),
        period=units.applicable_period,
        unit=UNIT_OF_CODE[units.unit_type],
        quantity=piece.serials.quantity,
        activity=units.lulucf_activity,
        track=units.track,
        transaction=_number(done),
        serials=_serials(_range(piece)),
    )


def _number(done: Done) -> str:
    """The id of a transaction, or, of a corrective one, the number that reports print."""
    proposed = done.proposed
    if not proposed.terms.kyoto.corrective:
        return proposed.transaction_id
    return transaction_number(_party(proposed.from_registry), done.place, done.position)


def _notices(
    opened: Mapping[bytes, Verified],
) -> list[tuple[datetime, statements_pb2.LogNotice]]:
    """What the log stated of notices to this node's registries, with the time, in its order."""
    found: list[tuple[int, datetime, statements_pb2.LogNotice]] = []
    for each in opened.values():
        if not isinstance(each, Statement) or each.kind is not PayloadKind.RECEIPT:
            continue
        said = opened.get(each.message_hash)
        effective = cast("decision_pb2.Receipt", each.message).effective
        if said is None or said.kind is not PayloadKind.KYOTO_STATEMENT or not effective:
            continue
        stated = cast("statements_pb2.KyotoStatement", said.message)
        if stated.HasField("log_notice"):
            found.append((each.log_index, each.header.creation_time, stated.log_notice))
    return [(at, notice) for _, at, notice in sorted(found, key=lambda each: each[0])]


def _standing(
    notices: Iterable[tuple[datetime, statements_pb2.LogNotice]],
) -> dict[int, statements_pb2.LogNotice]:
    """Notices by number, as they stand: an update changes what it states."""
    found: dict[int, statements_pb2.LogNotice] = {}
    for _, said in notices:
        if said.type != statements_pb2.LOG_NOTICE_TYPE_UPDATE:
            found[said.number] = said
        elif said.number in found:
            before = found[said.number]
            after = statements_pb2.LogNotice()
            for each in (before, said):
                after.MergeFrom(each)
            after.type = before.type
            found[said.number] = after
    return found


def _required(
    notices: Sequence[tuple[datetime, statements_pb2.LogNotice]],
    standing: Mapping[int, statements_pb2.LogNotice],
) -> Iterator[Entry]:
    """What notices require; what an update adds is required from then on."""
    required: dict[int, int] = {}
    for at, said in notices:
        notice = standing.get(said.number, said)
        more = said.quantity - required.get(said.number, 0)
        unit = REQUIRED.get(notice.type)
        if unit is None or more <= 0:
            continue
        required[said.number] = said.quantity
        began = 1 if at.year < SECOND_PERIOD else 2
        yield Entry(
            at=at,
            kind=EntryKind.REQUIREMENT,
            party=_party(notice.registry),
            period=notice.period or began,
            unit=unit,
            quantity=more,
            notice=notice.type,
        )


def parties(trip: Trip) -> frozenset[str]:
    """Returns the registries of which the node keeps the books, by the two letters of reports."""
    return frozenset(_party(each) for each in trip.identity.registries)
