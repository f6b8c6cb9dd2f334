# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What crediting programmes report of units of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from broker.regime.fields import day
from broker.regime.paris.lookups import behind_units, lookup_of
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import read_state
from broker.regime.postings import Lookup, Units
from broker.regime.refusals import NoEffect
from broker.regime.regime import Found, Needs, Told
from broker.regime.statement import Books, Directory, Piece, Statement
from broker.rulebook.paris.attributes import Underlying
from broker.rulebook.paris.noticed import NoticeOutcome, ProgrammeEventKind
from broker.rulebook.paris.underlying import underlying_fault, underlying_range
from itmo.identifiers import parse_free_text
from itmo.paris.v1 import programmes_pb2
from itmo.payloads import PayloadKind
from itmo.programmes import programme_of
from itmo.reasons import Reason
from itmo.serials import SerialRange
from itmo.underlying import UnderlyingRange, unit_id

EVENT_KINDS: Final = {
    programmes_pb2.ProgrammeEventKind.Value(f"PROGRAMME_EVENT_KIND_{kind}"): kind
    for kind in ProgrammeEventKind
}


def _named(written: programmes_pb2.ProgrammeEvent) -> Underlying:
    named = written.units
    return Underlying(named.registry, named.first_unit_id, named.last_unit_id)


def _programme(written: programmes_pb2.ProgrammeEvent) -> str:
    return programme_of(written.units.registry) or ""


def _needs(written: programmes_pb2.ProgrammeEvent) -> Needs:
    return Needs(programmes={_programme(written)})


def _has_say(directory: Directory, sender: str, written: programmes_pb2.ProgrammeEvent) -> bool:
    return directory.speaker(_programme(written)) == sender


def _lookups(written: programmes_pb2.ProgrammeEvent) -> frozenset[Lookup]:
    behind = underlying_range(_named(written))
    return frozenset() if behind is None else frozenset({lookup_of(behind.place)})


def _about(written: programmes_pb2.ProgrammeEvent, found: Sequence[Found]) -> Iterator[Units]:
    behind = underlying_range(_named(written))
    if behind is not None:
        yield from _backed(found, behind)


def _needs_of(piece: Piece) -> Needs:
    return Needs(designated={stated_attributes(piece.attributes).first_transferring_party})


def _take(books: Books, written: programmes_pb2.ProgrammeEvent) -> None:
    """Records what a programme did with units of its own; units that they back then wait.

    Units that were first transferred or ended before are only told of: their adjustment is booked,
    or never will be, whatever the programme does now.

    Raises:
        NoEffect, ProtocolError: malformed, not from the programme's node, or told before.
    """
    kind, behind = _read_event(books, written)
    lookup = lookup_of(behind.place)
    for known in books.told(lookup):
        raise NoEffect(
            Reason.ALREADY_EXISTS,
            f"{behind.registry} told of units from {_first_id(behind, known)} on in"
            f" {known.message_id}; a unit ends once",
        )
    books.speak_of(lookup, behind.step, kind.value)
    for units in _backed(books.found(lookup), behind):
        for piece in books.pieces(units):
            host = stated_attributes(piece.attributes).first_transferring_party
            books.notice(piece.units, host, _outcome(piece))
            node = books.designated(host)
            if node is not None:
                books.tell(node)


def _read_event(
    books: Books, written: programmes_pb2.ProgrammeEvent
) -> tuple[ProgrammeEventKind, UnderlyingRange]:
    named = written.units
    speaker = books.speaker(_programme(written))
    if speaker != books.sender:
        raise NoEffect(
            Reason.PERMISSION_DENIED,
            f"{speaker or 'no node'} speaks for {named.registry[:40]!a}; {books.sender} signed",
        )
    for where in ("beneficiary", "purpose"):
        parse_free_text(getattr(written, where), where)
    kind = EVENT_KINDS.get(written.kind)
    if kind is None:
        raise NoEffect(Reason.PAYLOAD_INVALID, "kind: expected CANCELLATION or USE")
    behind = underlying_range(_named(written))
    if behind is None:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"units: {underlying_fault(_named(written))}")
    if day(written.date, "date") > books.now.date():
        raise NoEffect(Reason.PAYLOAD_INVALID, f"{written.date} is later than today")
    return kind, behind


def _first_id(behind: UnderlyingRange, known: Told) -> str:
    """The first of the units that were told of before."""
    low, high = known.lookup.low, known.lookup.high
    told = UnderlyingRange(behind.registry, behind.series_name, low, high, known.step)
    return unit_id(told, told.first)


def _backed(found: Sequence[Found], behind: UnderlyingRange) -> Iterator[Units]:
    """Units of the ledger that underlying units back, one by one in the same order."""
    for each in sorted(found, key=lambda block: block.units):
        stored = behind_units(each)
        serials = None if stored is None else stored.serials(each.units.range.first, behind)
        if serials is not None:
            yield Units(each.units.registry, SerialRange(*serials))


def _outcome(piece: Piece) -> NoticeOutcome:
    if piece.final:
        return NoticeOutcome.ENDED_BEFORE
    if read_state(piece.state).first_transferred:
        return NoticeOutcome.FIRST_TRANSFERRED_BEFORE
    return NoticeOutcome.OPEN


STATEMENT: Final = Statement(
    PayloadKind.PROGRAMME_EVENT,
    by_operator=False,
    by_node=True,
    needs=_needs,
    take=_take,
    has_say=_has_say,
    lookups=_lookups,
    about=_about,
    needs_of=_needs_of,
    notice=True,
)
