# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a regime may see of a group's world, and what a statement of it may do there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.strangers import speaks_for
from broker.clearing.decision.world import World, rulebook_of
from broker.clearing.notices.notice_rows import NoticedUnitsRow, ProgrammeEventRow
from broker.clearing.notices.notices import holders
from broker.clearing.path.received import Received
from broker.ledger.tallies import Tally
from broker.ledger.units import UnitRow
from broker.regime.postings import Lookup, Restate, Units
from broker.regime.regime import Found, Key, Needs, NotDeclared, Said, Told
from broker.regime.statement import Piece, Statement
from broker.rulebook.general.notices import OPEN
from broker.rulebook.general.registries import RegistryFacts
from itmo.serials import SerialRange


class NotLoaded(Exception):  # noqa: N818  # not an error: an earlier message of the group made the need
    """What a message needs came to be needed by decisions of its own group, and was not loaded.

    Attributes:
        needs: What it needs.
        place: Its place in the group.
    """

    def __init__(self, needs: Needs) -> None:
        super().__init__(needs)
        self.needs = needs
        self.place = 0


class GroupKnown:
    """See `broker.regime.regime.Known`: what is known at this place in the log, of what was declared.

    Raises:
        NotLoaded: not all of it was loaded for the group.
    """

    def __init__(self, world: World, needs: Needs) -> None:
        if world.within.get(id(needs)) is not needs:
            if not needs.within(world.loaded):
                raise NotLoaded(needs)
            world.within[id(needs)] = needs
        self._world = world
        self.needs = needs

    def said(self) -> Said:
        """See `Known`."""
        return self._world.stated.said(self.needs)

    def stated(self, key: Key) -> Any:  # noqa: ANN401  # as the regime itself read it
        """See `Known`."""
        if key not in self.needs.stated:
            raise NotDeclared(key)
        return self._world.stated.last(key)

    def history(self, key: Key) -> tuple[Any, ...]:
        """See `Known`."""
        if key not in self.needs.histories:
            raise NotDeclared(key)
        return self._world.stated.history(key)

    def under(self, key: Key) -> Iterator[tuple[Key, Any]]:
        """See `Known`."""
        if key not in self.needs.stated_under:
            raise NotDeclared(key)
        return self._world.stated.under(key)

    def tally(self, name: str) -> Tally:
        """See `Known`."""
        if name not in self.needs.tallies:
            raise NotDeclared(name)
        return self._world.tallies[name]

    def designated(self, party: str) -> str | None:
        """See `Known`."""
        if party not in self.needs.designated:
            raise NotDeclared(party)
        return self._world.designations.get(party)

    def found(self, lookup: Lookup) -> Sequence[Found]:
        """See `Known`."""
        if lookup not in self.needs.lookups:
            raise NotDeclared(lookup)
        series = lookup.space, lookup.name
        return self._world.found.overlapping(series, lookup.low, lookup.high)

    def told(self, lookup: Lookup) -> Sequence[Told]:
        """See `Known`."""
        if lookup not in self.needs.lookups:
            raise NotDeclared(lookup)
        registry, series, low, high = numbers_of(lookup)
        return tuple(
            Told(replace(lookup, low=each.first, high=each.last), each.step, each.message_id)
            for each in self._world.notices.events.overlapping((registry, series), low, high)
        )


class DeskBooks(GroupKnown):
    """See `broker.regime.regime.Books`."""

    def __init__(self, desk: Desk, received: Received, statement: Statement) -> None:
        rulebook = desk.charter.regimes.rulebook_of(statement)
        super().__init__(desk.world, asked_by(desk.world, rulebook, statement, received))
        self._desk = desk
        self._rulebook = rulebook
        self.to_hear: set[str] = set()
        self.noticed: list[NoticedUnitsRow] = []
        self.now = desk.now
        self.sender = received.header.sender_node
        self.message_id = received.header.message_id

    def speaks_for(self, registry: str) -> bool:
        """See `Books`."""
        if registry not in self.needs.registries:
            raise NotDeclared(registry)
        return speaks_for(self._world, self.sender, registry)

    def node_of(self, registry: str) -> str | None:
        """See `Books`."""
        if registry not in self.needs.registries:
            raise NotDeclared(registry)
        known = self._world.registries.get(registry)
        return known.node if known is not None else None

    def speaks_for_registry_of(self, party: str) -> bool:
        """See `Books`."""
        if not self.needs.registrar:
            raise NotDeclared(self.sender)
        registries = self._world.registries.values()
        return any(each.node == self.sender and each.party == party for each in registries)

    def state(self, key: Key, read: object) -> None:
        """See `Books`."""
        self._world.stated.state(key, read, self._world.log_size, self.message_id)

    def add(self, tally: str, quantity: int) -> None:
        """See `Books`."""
        self._world.tallies.add(tally, quantity)

    def pieces(self, units: Units) -> Sequence[Piece]:
        """See `Books`."""
        return pieces_of(self._world, self._rulebook, units)

    def restate(self, change: Restate) -> None:
        """See `Books`."""
        self._desk.restate(change)

    def notice(self, units: Units, party: str, outcome: str) -> None:
        """See `Books`."""
        rows = self._world.units.overlapping(units.registry, units.range)
        self.to_hear |= holders(self._desk, rows)
        row = NoticedUnitsRow(
            message_id=self.message_id,
            registry=units.registry,
            first=units.range.first,
            last=units.range.last,
            party=party,
            outcome=outcome,
        )
        self.noticed.append(row)
        if outcome == OPEN:
            self._world.notices.bound.append(row)

    def tell(self, node: str) -> None:
        """See `Books`."""
        self.to_hear.add(node)

    def speaker(self, programme: str) -> str | None:
        """See `Books`."""
        if programme not in self.needs.programmes:
            raise NotDeclared(programme)
        return self._world.notices.programmes.get(programme)

    def speak_of(self, lookup: Lookup, step: int, kind: str) -> None:
        """See `Books`."""
        registry, series, first, last = numbers_of(lookup)
        event = ProgrammeEventRow(
            message_id=self.message_id,
            kind=kind,
            programme=registry,
            series=series,
            first=first,
            last=last,
            step=step,
        )
        self._world.notices.events.append(event)
        self._desk.effects.notices.events.append(event)


class _Directory:
    """Who speaks for whom, as the world of a group has it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def designated(self, party: str) -> str | None:
        return self._world.designations.get(party)

    def registry(self, name: str) -> RegistryFacts | None:
        return self._world.registries.get(name)

    def speaker(self, programme: str) -> str | None:
        return self._world.notices.programmes.get(programme)


def asked_by(world: World, rulebook: str, statement: Statement, received: Received) -> Needs:
    """What taking a statement in may ask for, as far as live units are known."""
    payload = received.payload
    needs = statement.needs(payload)
    if statement.has_say(_Directory(world), received.header.sender_node, payload):
        needs.lookups |= statement.lookups(payload)
    found = [
        each
        for lookup in sorted(needs.lookups)
        for each in world.found.overlapping((lookup.space, lookup.name), lookup.low, lookup.high)
    ]
    for units in statement.about(payload, found):
        for piece in pieces_of(world, rulebook, units):
            needs.update(statement.needs_of(piece))
    return needs


def pieces_of(world: World, rulebook: str, units: Units) -> list[Piece]:
    """Live units of a range that are of a rulebook, cut to it."""
    return [
        _piece(world, row, units.range)
        for row in world.units.overlapping(units.registry, units.range)
        if rulebook_of(world, row) == rulebook
    ]


def _piece(world: World, row: UnitRow, wanted: SerialRange) -> Piece:
    serials = SerialRange(max(row.first, wanted.first), min(row.last, wanted.last))
    return Piece(
        units=Units(row.registry, serials),
        attributes=world.issued[(row.registry, row.issued_first)].attributes,
        state=row.state,
        locked=row.locked_by is not None,
        final=world.accounts[row.account_id].final,
    )


def numbers_of(lookup: Lookup) -> tuple[str, str, int, int]:
    """The same numbers as those of programmes' events: registry, series, first and last."""
    registry, _, series = lookup.name.partition(":")
    return registry, series, lookup.low, lookup.high
