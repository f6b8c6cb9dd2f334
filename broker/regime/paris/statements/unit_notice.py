# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices about units: another authorization or vintage.

Of an issued unit nothing but its authorization and its vintage ever changes, and those by notice
only (6/CMA.4 annex I paras 31, 33).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from broker.regime.paris import needs, stated_keys
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import UnitState, read_state
from broker.regime.paris.tallies import issued
from broker.regime.postings import Restate, Units
from broker.regime.refusals import NoEffect
from broker.regime.regime import Found, Needs
from broker.regime.statement import Books, Directory, Piece, Statement
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.rulebook.paris.authorization_terms import not_covered, not_in_force
from broker.rulebook.paris.first_transfer import AUTHORIZED, defined_as_issuance
from broker.rulebook.paris.mechanism import CONTRIBUTION
from broker.rulebook.paris.noticed import NoticeOutcome
from itmo import limits
from itmo.identifiers import (
    RegistryId,
    parse_free_text,
    parse_party_code,
    parse_registry_id,
    registry_party,
)
from itmo.paris.v1 import unit_notices_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.payloads import PayloadKind
from itmo.reasons import Reason
from itmo.serials import MAX_SERIAL, SerialRange
from itmo.vintage import FIRST_VINTAGE


@dataclass(frozen=True, slots=True)
class _Change:
    """What a notice makes of the units; None where something stays."""

    party: str
    terms: AuthorizationVersion | None
    vintage: int | None


@dataclass(frozen=True, slots=True)
class _Noticed:
    """Stored units within a range of a notice.

    They are written as the notice names them: where a range is cut tells who holds its parts, and
    the node of a host learns of its units no more than that they are not free to be changed.
    """

    found: Piece
    named: Units

    @property
    def attributes(self) -> Attributes:
        """As they were issued."""
        return stated_attributes(self.found.attributes)

    @property
    def state(self) -> UnitState:
        """What may change of them, as it is."""
        return read_state(self.found.state)

    def __str__(self) -> str:
        return f"units of {self.named.registry}:{self.named.range}"


def _needs(written: unit_notices_pb2.UnitNotice) -> Needs:
    asked = Needs(
        designated={written.party}, registries={units.registry for units in written.units}
    )
    needs.authorization(asked, written.party, written.authorization.id)
    return asked


def _has_say(directory: Directory, sender: str, written: unit_notices_pb2.UnitNotice) -> bool:
    """Units of a Party are issued in its registries, in those of its node, or in the mechanism's."""
    designated = directory.designated(written.party) == sender
    registries = map(directory.registry, {units.registry for units in written.units})
    return all(
        each.node == sender or (designated and each.party in {written.party, MECHANISM_REGISTRY})
        for each in registries
        if each is not None
    )


def _about(written: unit_notices_pb2.UnitNotice, _: Sequence[Found]) -> Iterator[Units]:
    for units in written.units:
        if 1 <= units.first <= units.last <= MAX_SERIAL:
            yield Units(units.registry, SerialRange(units.first, units.last))


def _needs_of(piece: Piece) -> Needs:
    asked, attributes = Needs(), stated_attributes(piece.attributes)
    under = read_state(piece.state).authorization_id
    needs.authorization(asked, attributes.first_transferring_party, under)
    return asked


def _take(books: Books, written: unit_notices_pb2.UnitNotice) -> None:
    """Gives issued units another authorization or vintage, and tells every holder.

    Raises:
        NoEffect, ProtocolError: the sender may not, a unit may not be changed, or the new terms do
            not cover a unit. Nothing is changed then.
    """
    parse_free_text(written.reason, "reason")
    ranges = _ranges(written)
    party = parse_party_code(written.party, "party")
    _check_speaks(books, party, {each.registry for each in ranges})
    change = _change(books, written, party)
    pieces = [piece for named in ranges for piece in _pieces(books, party, named)]
    for piece in pieces:
        _check_piece(books, piece, change)
    _move_issued(books, pieces, change)
    for restated in _restated(pieces, change):
        books.restate(restated)
    for named in ranges:
        books.notice(named, party, NoticeOutcome.CHANGED)


def _ranges(written: unit_notices_pb2.UnitNotice) -> list[Units]:
    if not 1 <= len(written.units) <= limits.MAX_BLOCKS_PER_PROPOSAL:
        raise NoEffect(
            Reason.PAYLOAD_INVALID, f"units: 1 to {limits.MAX_BLOCKS_PER_PROPOSAL} ranges"
        )
    read: list[Units] = []
    for units in written.units:
        name = parse_registry_id(units.registry, "units.registry")
        if not 1 <= units.first <= units.last <= MAX_SERIAL:
            raise NoEffect("ID_RANGE_ORDER", f"{units.first} to {units.last} make no serial range")
        read.append(Units(name, SerialRange(units.first, units.last)))
    for before, behind in pairwise(sorted(read)):
        if before.registry == behind.registry and before.range.overlaps(behind.range):
            raise NoEffect(
                "ID_ONE_ACCOUNT",
                f"the notice names units of {behind.registry}:{behind.range} twice",
            )
    return read


def _check_speaks(books: Books, party: str, registries: set[str]) -> None:
    """The node of the Party; for units of the mechanism its registry's node too."""
    designated = books.designated(party)
    if designated == books.sender:
        return
    for name in registries:
        if registry_party(RegistryId(name)) != MECHANISM_REGISTRY or not books.speaks_for(name):
            raise NoEffect(
                Reason.PERMISSION_DENIED,
                f"{party} has designated {designated or 'no node'}; {books.sender} signed",
            )


def _latest(books: Books, party: str, authorization_id: str) -> AuthorizationVersion | None:
    if not authorization_id:
        return None
    versions: tuple[AuthorizationVersion, ...] = books.history(
        stated_keys.authorization(party, authorization_id)
    )
    return versions[-1] if versions else None


def _change(books: Books, written: unit_notices_pb2.UnitNotice, party: str) -> _Change:
    terms = None
    if written.HasField("authorization"):
        name, version = written.authorization.id, written.authorization.version
        terms = _latest(books, party, name)
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
        today = books.now.date()
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
    if vintage is not None and not FIRST_VINTAGE <= vintage <= books.now.year:
        raise NoEffect(
            "ID_VINTAGE_MIN", f"vintage {vintage} is not from {FIRST_VINTAGE} to {books.now.year}"
        )
    return _Change(party, terms, vintage)


def _pieces(books: Books, party: str, named: Units) -> list[_Noticed]:
    """The units of a range, all of them the Party's: those of others are as good as not issued."""
    found = [_Noticed(piece, named) for piece in books.pieces(named)]
    own = (each for each in found if each.attributes.first_transferring_party == party)
    if sum(piece.found.units.range.quantity for piece in own) != named.range.quantity:
        raise NoEffect(
            "ID_KNOWN_AND_HELD",
            f"{named.registry}:{named.range} are not, all of them, units of {party}",
        )
    return found


def _check_piece(books: Books, piece: _Noticed, change: _Change) -> None:
    stated = piece.attributes
    if stated.cer is not None:
        raise NoEffect("ID_IMMUTABLE_ATTRS", f"{piece} are certified emission reductions")
    if piece.found.locked:
        raise NoEffect("ID_LOCKED", f"{piece} are in an open transaction; wait until it ends")
    if piece.found.final:
        raise NoEffect("ACC_FINAL_NO_EXIT", f"{piece} are used or cancelled")
    state = piece.state
    before = _latest(books, change.party, state.authorization_id)
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
    piece: _Noticed, change: _Change, before: AuthorizationVersion | None
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


def _restated(pieces: list[_Noticed], change: _Change) -> Iterator[Restate]:
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
        first = piece.found.units.range.first
        if made is not None and _goes_on(made, piece):
            first = made.units.range.first
        elif made is not None:
            yield made
        units = Units(piece.found.units.registry, SerialRange(first, piece.found.units.range.last))
        made = Restate(units, piece.found.state, state.text)
    if made is not None:
        yield made


def _goes_on(made: Restate, piece: _Noticed) -> bool:
    """True for units behind others of the same registry that were in the same state."""
    before = made.units
    behind = (before.registry, before.range.last + 1) == (
        piece.found.units.registry,
        piece.found.units.range.first,
    )
    return behind and made.before == piece.found.state


def _move_issued(books: Books, pieces: list[_Noticed], change: _Change) -> None:
    """What was issued under the old authorizations counts under the new one from now on."""
    terms = change.terms
    if terms is None:
        return
    moved: Counter[str] = Counter()
    for piece in pieces:
        if piece.state.authorization_id != terms.id:
            moved[piece.state.authorization_id] += piece.found.units.range.quantity
    name = issued(change.party, terms.id)
    known = books.tally(name)
    total = known.quantity + known.reserved + moved.total()
    if terms.quantity_is_limit and terms.quantity is not None and total > terms.quantity:
        raise NoEffect(
            "AUTH_QUANTITY_CAP",
            f"{total} units would count under authorization {terms.id}, its limit is"
            f" {terms.quantity}",
        )
    for old, quantity in moved.items():
        if old:
            books.add(issued(change.party, old), -quantity)
    books.add(name, moved.total())


STATEMENT: Final = Statement(
    PayloadKind.UNIT_NOTICE,
    by_operator=False,
    by_node=True,
    needs=_needs,
    take=_take,
    has_say=_has_say,
    about=_about,
    needs_of=_needs_of,
    notice=True,
)
