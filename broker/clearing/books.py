# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a statement of a regime may see and do, on the desk of its group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from broker.clearing.desk import Desk
from broker.clearing.received import Received
from broker.clearing.strangers import speaks_for
from broker.ledger.tallies import Tally
from broker.regime.regime import Found, Key, Lookup, Needs, NotDeclared


class DeskBooks:
    """See `broker.regime.regime.Books`. Nothing is known that the needs of the statement do not name."""

    def __init__(self, desk: Desk, received: Received, needs: Needs) -> None:
        self._desk = desk
        self._needs = needs
        self.now = desk.now
        self.sender = received.header.sender_node
        self.message_id = received.header.message_id

    def stated(self, key: Key) -> Any:  # noqa: ANN401  # as the regime itself read it
        """See `Known`."""
        if key not in self._needs.stated:
            raise NotDeclared(key)
        return self._desk.world.stated.last(key)

    def history(self, key: Key) -> tuple[Any, ...]:
        """See `Known`."""
        if key not in self._needs.histories:
            raise NotDeclared(key)
        return self._desk.world.stated.history(key)

    def under(self, key: Key) -> Iterator[tuple[Key, Any]]:
        """See `Known`."""
        if key not in self._needs.stated_under:
            raise NotDeclared(key)
        return self._desk.world.stated.under(key)

    def tally(self, name: str) -> Tally:
        """See `Known`."""
        if name not in self._needs.tallies:
            raise NotDeclared(name)
        return self._desk.world.tallies[name]

    def designated(self, party: str) -> str | None:
        """See `Known`."""
        if party not in self._needs.designated:
            raise NotDeclared(party)
        return self._desk.world.designations.get(party)

    def found(self, lookup: Lookup) -> Sequence[Found]:
        """See `Known`."""
        raise NotDeclared(lookup)

    def speaks_for(self, registry: str) -> bool:
        """See `Books`."""
        return speaks_for(self._desk.world, self.sender, registry)

    def speaks_for_registry_of(self, party: str) -> bool:
        """See `Books`."""
        if not self._needs.registrar:
            raise NotDeclared(self.sender)
        registries = self._desk.world.registries.values()
        return any(each.node == self.sender and each.party == party for each in registries)

    def state(self, key: Key, read: object) -> None:
        """See `Books`."""
        world = self._desk.world
        world.stated.state(key, read, world.log_size, self.message_id)

    def add(self, tally: str, quantity: int) -> None:
        """See `Books`."""
        self._desk.world.tallies.add(tally, quantity)
