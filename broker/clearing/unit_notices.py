# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices about units: another authorization or vintage, and what crediting programmes report.

Of an issued unit nothing but its authorization and its vintage ever changes, and those by notice
only (6/CMA.4 annex I paras 31, 33).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, cast

from broker.clearing.desk import Desk
from broker.clearing.notice_rows import NoticedUnitsRow, ProgrammeEventRow
from broker.clearing.notices import Announced, holders
from broker.clearing.received import Received
from broker.clearing.world import World
from broker.ledger.units import UnitRow
from broker.regime.paris import keys
from broker.regime.paris.lookups import behind_units, lookup_of
from broker.regime.paris.reading import day, stated_attributes
from broker.regime.paris.state import UnitState, read_state
from broker.regime.paris.tallies import issued
from broker.regime.refusals import NoEffect
from broker.regime.regime import Found, Restate, Units
from broker.rulebook.paris.attributes import Attributes, Underlying
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.rulebook.paris.authorization_terms import not_covered, not_in_force
from broker.rulebook.paris.first_transfer import AUTHORIZED, defined_as_issuance
from broker.rulebook.paris.mechanism import CONTRIBUTION
from broker.rulebook.paris.noticed import NoticeOutcome, ProgrammeEventKind
from broker.rulebook.paris.underlying import (
    UnderlyingRange,
    underlying_fault,
    underlying_range,
    unit_id,
)
from itmo import limits
from itmo.identifiers import parse_free_text, parse_party_code, parse_registry_id
from itmo.paris.v1 import programmes_pb2, unit_notices_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.programmes import programme_of
from itmo.reasons import Reason
from itmo.serials import MAX_SERIAL, SerialRange
from itmo.vintage import FIRST_VINTAGE

EVENT_KINDS: Final = {
    programmes_pb2.ProgrammeEventKind.Value(f"PROGRAMME_EVENT_KIND_{kind}"): kind
    for kind in ProgrammeEventKind
}


@dataclass(frozen=True, slots=True)
class _Change:
    """What a notice makes of the units; None where something stays."""

    party: str
    terms: AuthorizationVersion | None
    vintage: int | None


@dataclass(frozen=True, slots=True)
class _Piece:
    """Stored units within a range of a notice.

    They are written as the notice names them: where a range is cut tells who holds its parts, and
    the node of a host learns of its units no more than that they are not free to be changed.
    """

    row: UnitRow
    serials: SerialRange
    attributes: Attributes
    named: SerialRange

    @property
    def state(self) -> UnitState:
        """What may change of them, as it is."""
        return read_state(self.row.state)

    def __str__(self) -> str:
        return f"units of {self.row.registry}:{self.named}"


# -- another authorization or vintage ---------------------------------------------------------------


def notify_units(desk: Desk, received: Received) -> Announced:
    """Gives issued units another authorization or vintage, and tells every holder.

    Raises:
        NoEffect, ProtocolError: the sender may not, a unit may not be changed, or the new terms do
            not cover a unit. Nothing is changed then.
    """
    written = cast("unit_notices_pb2.UnitNotice", received.payload)
    parse_free_text(written.reason, "reason")
    ranges = _ranges(written)
    party = parse_party_code(written.party, "party")
    _check_speaks(desk, received.header.sender_node, party, {name for name, _ in ranges})
    change = _change(desk, written, party)
    pieces = [piece for name, serials in ranges for piece in _pieces(desk, party, name, serials)]
    for piece in pieces:
        _check_piece(desk, piece, change)
    _move_issued(desk, pieces, change)
    told = holders(desk, (piece.row for piece in pieces))
    for restated in _restated(pieces, change):
        desk.restate(restated)
    units = tuple(
        NoticedUnitsRow(
            message_id=received.header.message_id,
            registry=name,
            first=serials.first,
            last=serials.last,
            party=party,
            outcome=NoticeOutcome.CHANGED,
        )
        for name, serials in ranges
    )
    return Announced(frozenset(told), units)


def _ranges(written: unit_notices_pb2.UnitNotice) -> list[tuple[str, SerialRange]]:
    if not 1 <= len(written.units) <= limits.MAX_BLOCKS_PER_PROPOSAL:
        raise NoEffect(
            Reason.PAYLOAD_INVALID, f"units: 1 to {limits.MAX_BLOCKS_PER_PROPOSAL} ranges"
        )
    read: list[tuple[str, SerialRange]] = []
    for units in written.units:
        name = parse_registry_id(units.registry, "units.registry")
        if not 1 <= units.first <= units.last <= MAX_SERIAL:
            raise NoEffect("ID_RANGE_ORDER", f"{units.first} to {units.last} make no serial range")
        read.append((name, SerialRange(units.first, units.last)))
    for (named, before), (other, serials) in pairwise(sorted(read)):
        if named == other and before.overlaps(serials):
            raise NoEffect("ID_ONE_ACCOUNT", f"the notice names units of {named}:{serials} twice")
    return read


def _check_speaks(desk: Desk, sender: str, party: str, registries: set[str]) -> None:
    """The node of the Party; for units of the mechanism its registry's node too."""
    if desk.world.designations.get(party) == sender:
        return
    for name in registries:
        registry = desk.world.registries.get(name)
        mechanism = registry is not None and registry.party == MECHANISM_REGISTRY
        if registry is None or not mechanism or registry.node != sender:
            raise NoEffect(
                Reason.PERMISSION_DENIED,
                f"{party} has designated {desk.world.designations.get(party) or 'no node'};"
                f" {sender} signed",
            )


def _change(desk: Desk, written: unit_notices_pb2.UnitNotice, party: str) -> _Change:
    terms = None
    if written.HasField("authorization"):
        name, version = written.authorization.id, written.authorization.version
        terms = desk.world.stated.last(keys.authorization(party, name))
        if terms is None or terms.version != version:
            newest = f"its latest version is {terms.version}" if terms else "there is none"
            raise NoEffect(
                "AUTH_EXISTS",
                f"authorization {name[:64]!a} of {party}: version {version} is named, {newest}",
            )
        if terms.revoked:
            raise NoEffect("AUTH_NOT_REVOKED", f"authorization {terms.id} is revoked")
        if not terms.purposes:
            raise NoEffect(
                "AUTH_PURPOSE_MATCH",
                f"authorization {terms.id} names no purpose; a notice gives units one that does",
            )
        today = desk.now.date()
        if terms.date > today:
            raise NoEffect(
                "AUTH_EXISTS",
                f"authorization {terms.id} is dated {terms.date}, later than today ({today})",
            )
        against = not_in_force(terms, today)
        if against:
            raise NoEffect("AUTH_IN_FORCE", f"authorization {terms.id} {against}")
    vintage = written.vintage or None
    if terms is None and vintage is None:
        raise NoEffect(Reason.PAYLOAD_INVALID, "the notice names neither authorization nor vintage")
    if vintage is not None and not FIRST_VINTAGE <= vintage <= desk.now.year:
        raise NoEffect(
            "ID_VINTAGE_MIN", f"vintage {vintage} is not from {FIRST_VINTAGE} to {desk.now.year}"
        )
    return _Change(party, terms, vintage)


def _pieces(desk: Desk, party: str, registry: str, wanted: SerialRange) -> list[_Piece]:
    """The units of a range, all of them the Party's: those of others are as good as not issued."""
    found = list(_found(desk, registry, wanted))
    own = (each for each in found if each.attributes.first_transferring_party == party)
    if sum(piece.serials.quantity for piece in own) != wanted.quantity:
        raise NoEffect(
            "ID_KNOWN_AND_HELD", f"{registry}:{wanted} are not, all of them, units of {party}"
        )
    return found


def _found(desk: Desk, registry: str, wanted: SerialRange) -> Iterator[_Piece]:
    for row in desk.world.units.overlapping(registry, wanted):
        serials = SerialRange(max(row.first, wanted.first), min(row.last, wanted.last))
        issued = desk.world.issued[(row.registry, row.issued_first)]
        yield _Piece(row, serials, stated_attributes(issued.attributes), wanted)


def _check_piece(desk: Desk, piece: _Piece, change: _Change) -> None:
    row, stated = piece.row, piece.attributes
    if stated.cer is not None:
        raise NoEffect("ID_IMMUTABLE_ATTRS", f"{piece} are certified emission reductions")
    if row.locked_by is not None:
        raise NoEffect("ID_LOCKED", f"{piece} are in an open transaction; wait until it ends")
    if desk.world.accounts[row.account_id].final:
        raise NoEffect("ACC_FINAL_NO_EXIT", f"{piece} are used or cancelled")
    state = piece.state
    before = desk.world.stated.last(keys.authorization(change.party, state.authorization_id))
    if state.first_transferred:
        _check_after_first_transfer(piece, change, before)
    terms = change.terms or before
    if terms is None:
        return
    if terms.cooperative_approach != stated.cooperative_approach:
        raise NoEffect(
            "AUTH_CA_MATCH",
            f"authorization {terms.id} is for {terms.cooperative_approach}, {piece} belong to"
            f" {stated.cooperative_approach}",
        )
    vintage = change.vintage or state.vintage
    if vintage not in terms.vintages:
        raise NoEffect(
            "AUTH_VINTAGE_WINDOW",
            f"authorization {terms.id} covers {terms.vintages.first} to {terms.vintages.last}, not"
            f" vintage {vintage} of {piece}",
        )
    if change.terms is not None and (other := not_covered(terms, stated)):
        raise NoEffect(
            "AUTH_UNITS_COVERED",
            f"authorization {terms.id} is of other units than {piece}: {other}",
        )
    # Contribution units that are authorized by the notice too: issued, they would have been booked.
    able = stated.unit_type in AUTHORIZED | CONTRIBUTION
    if (
        change.terms is not None
        and able
        and not state.first_transferred
        and defined_as_issuance(terms)
    ):
        raise NoEffect(
            "FT_DUAL_EARLIEST",
            f"under authorization {terms.id} units are first transferred when they are issued;"
            f" {piece} were issued before, and a notice books nothing",
        )


def _check_after_first_transfer(
    piece: _Piece, change: _Change, before: AuthorizationVersion | None
) -> None:
    """The vintage is the year that was adjusted; terms bind later changes only if they say so."""
    if change.vintage is not None and change.vintage != piece.state.vintage:
        raise NoEffect(
            "AUTH_CHANGE_AFTER_FT",
            f"{piece} were first transferred; {piece.state.vintage} is adjusted and stays their vintage",
        )
    if change.terms is None:
        return
    if before is None or not before.binds_first_transferred:
        raise NoEffect(
            "AUTH_CHANGE_AFTER_FT",
            f"{piece} were first transferred under {piece.state.authorization_id}, whose terms leave"
            " such units alone",
        )


def _restated(pieces: list[_Piece], change: _Change) -> Iterator[Restate]:
    """The change, in the longest runs of units that were alike."""
    made: Restate | None = None
    for piece in pieces:
        state = piece.state
        if change.vintage is not None:
            state = replace(state, vintage=change.vintage)
        if change.terms is not None:
            state = replace(
                state,
                authorization_id=change.terms.id,
                authorization_version=change.terms.version,
            )
        first = piece.serials.first
        if made is not None and _goes_on(made, piece):
            first = made.units.range.first
        elif made is not None:
            yield made
        units = Units(piece.row.registry, SerialRange(first, piece.serials.last))
        made = Restate(units, piece.row.state, state.text)
    if made is not None:
        yield made


def _goes_on(made: Restate, piece: _Piece) -> bool:
    """True for units behind others of the same registry that were in the same state."""
    before = made.units
    behind = (before.registry, before.range.last + 1) == (piece.row.registry, piece.serials.first)
    return behind and made.before == piece.row.state


def _move_issued(desk: Desk, pieces: list[_Piece], change: _Change) -> None:
    """What was issued under the old authorizations counts under the new one from now on."""
    terms = change.terms
    if terms is None:
        return
    moved: Counter[str] = Counter()
    for piece in pieces:
        if piece.state.authorization_id != terms.id:
            moved[piece.state.authorization_id] += piece.serials.quantity
    name = issued(change.party, terms.id)
    known = desk.world.tallies[name]
    total = known.quantity + known.reserved + moved.total()
    if terms.quantity_is_limit and terms.quantity is not None and total > terms.quantity:
        raise NoEffect(
            "AUTH_QUANTITY_CAP",
            f"{total} units would count under authorization {terms.id}, its limit is"
            f" {terms.quantity}",
        )
    for old, quantity in moved.items():
        if old:
            desk.world.tallies.add(issued(change.party, old), -quantity)
    desk.world.tallies.add(name, moved.total())


# -- crediting programmes ---------------------------------------------------------------------------


def programme_event(desk: Desk, received: Received) -> Announced:
    """Records what a programme did with units of its own; units that they back then wait.

    Units that were first transferred or ended before are only told of: their adjustment is booked,
    or never will be, whatever the programme does now.

    Raises:
        NoEffect, ProtocolError: malformed, not from the programme's node, or told before.
    """
    written = cast("programmes_pb2.ProgrammeEvent", received.payload)
    kind, behind = _read_event(desk, received, written)
    told_before = desk.world.notices.events.overlapping(behind.series, behind.first, behind.last)
    for known in told_before:
        raise NoEffect(
            Reason.ALREADY_EXISTS,
            f"{known.programme} told of units from {unit_id(known.units, known.first)} on in"
            f" {known.message_id}; a unit ends once",
        )
    event = ProgrammeEventRow(
        message_id=received.header.message_id,
        kind=kind.value,
        programme=behind.registry,
        series=behind.series_name,
        first=behind.first,
        last=behind.last,
        step=behind.step,
    )
    desk.world.notices.events.append(event)
    desk.effects.notices.events.append(event)
    units, told = [], set()
    for piece in _backed(desk, behind):
        party = piece.attributes.first_transferring_party
        told |= holders(desk, [piece.row])
        if party in desk.world.designations:
            told.add(desk.world.designations[party])
        units.append(
            NoticedUnitsRow(
                message_id=event.message_id,
                registry=piece.row.registry,
                first=piece.serials.first,
                last=piece.serials.last,
                party=party,
                outcome=_outcome(desk, piece.row),
            )
        )
    desk.world.notices.bound.extend(row for row in units if row.outcome is NoticeOutcome.OPEN)
    return Announced(frozenset(told), tuple(units))


def _read_event(
    desk: Desk, received: Received, written: programmes_pb2.ProgrammeEvent
) -> tuple[ProgrammeEventKind, UnderlyingRange]:
    named, sender = written.units, received.header.sender_node
    speaker = desk.world.notices.programmes.get(programme_of(named.registry) or "")
    if speaker != sender:
        raise NoEffect(
            Reason.PERMISSION_DENIED,
            f"{speaker or 'no node'} speaks for {named.registry[:40]!a}; {sender} signed",
        )
    for where in ("beneficiary", "purpose"):
        parse_free_text(getattr(written, where), where)
    kind = EVENT_KINDS.get(written.kind)
    if kind is None:
        raise NoEffect(Reason.PAYLOAD_INVALID, "kind: expected CANCELLATION or USE")
    units = Underlying(named.registry, named.first_unit_id, named.last_unit_id)
    behind = underlying_range(units)
    if behind is None:
        raise NoEffect(Reason.PAYLOAD_INVALID, f"units: {underlying_fault(units)}")
    if day(written.date, "date") > desk.now.date():
        raise NoEffect(Reason.PAYLOAD_INVALID, f"{written.date} is later than today")
    return kind, behind


def _standing_for(world: World, behind: UnderlyingRange) -> list[Found]:
    """Issued blocks behind which underlying units of a range stand."""
    named = lookup_of(behind.place)
    return world.found.overlapping((named.space, named.name), named.low, named.high)


def _backed(desk: Desk, behind: UnderlyingRange) -> Iterator[_Piece]:
    """Units of the ledger that underlying units back, one by one in the same order."""
    for found in sorted(_standing_for(desk.world, behind), key=lambda each: each.units):
        stored = behind_units(found)
        if stored is None:
            continue
        serials = stored.serials(found.units.range.first, behind)
        if serials is not None:
            yield from _found(desk, found.units.registry, SerialRange(*serials))


def _outcome(desk: Desk, row: UnitRow) -> NoticeOutcome:
    if desk.world.accounts[row.account_id].final:
        return NoticeOutcome.ENDED_BEFORE
    if read_state(row.state).first_transferred:
        return NoticeOutcome.FIRST_TRANSFERRED_BEFORE
    return NoticeOutcome.OPEN
