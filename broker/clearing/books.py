# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a regime may see of a group's world, and what a statement of it may do there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from broker.clearing.desk import Desk
from broker.clearing.received import Received
from broker.clearing.strangers import speaks_for
from broker.clearing.world import World
from broker.ledger.tallies import Tally
from broker.regime.regime import Found, Key, Lookup, Needs, NotDeclared, Told


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
        if not needs.within(world.loaded):
            raise NotLoaded(needs)
        self._world = world
        self.needs = needs

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

    def __init__(self, desk: Desk, received: Received, needs: Needs) -> None:
        super().__init__(desk.world, needs)
        self.now = desk.now
        self.sender = received.header.sender_node
        self.message_id = received.header.message_id

    def speaks_for(self, registry: str) -> bool:
        """See `Books`."""
        return speaks_for(self._world, self.sender, registry)

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


def numbers_of(lookup: Lookup) -> tuple[str, str, int, int]:
    """The same numbers as those of programmes' events: registry, series, first and last."""
    registry, _, series = lookup.name.partition(":")
    return registry, series, lookup.low, lookup.high
