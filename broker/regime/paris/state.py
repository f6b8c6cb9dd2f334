# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What may change of a live unit under Paris, in the one form in which the unit ledger keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Final

from broker.rulebook.paris.attributes import Attributes
from itmo.frozen import quickly_made, replace

_KEPT: Final = 4_096
"""States kept as read: most units of an authorization and a year are in one of two."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """What is true of every unit of a live range.

    Attributes:
        vintage: Year of the mitigation.
        authorization_id: Authorization that the units are under; empty: none.
        authorization_version: Its version; 0: none.
        first_transferred: Whether their first transfer stands.
        first_transfers_reversed: How many first transfers of them were reversed.
    """

    vintage: int
    authorization_id: str
    authorization_version: int
    first_transferred: bool = False
    first_transfers_reversed: int = 0

    @property
    def text(self) -> str:
        """Canonical JSON: equal states are equal texts."""
        return _text(self)

    def with_first_transfer(self) -> UnitState:
        """The state after a first transfer."""
        return replace(self, first_transferred=True)

    def without_first_transfer(self) -> UnitState:
        """The state after the reversal of a first transfer."""
        return replace(
            self,
            first_transferred=False,
            first_transfers_reversed=self.first_transfers_reversed + 1,
        )


def issued_as(stated: Attributes) -> UnitState:
    """The state of units that are issued with these attributes."""
    named = stated.authorization
    return UnitState(
        vintage=stated.vintage,
        authorization_id=named.id if named else "",
        authorization_version=named.version if named else 0,
    )


def carried_over(state: str, before: str, after: str) -> str:
    """A state after a change that was made to another one: what the change left alone stays.

    The record is also played without some transactions; what they did to units is not in it then.
    """
    if state == before:
        return after
    was, became = asdict(read_state(before)), asdict(read_state(after))
    changed = {name: value for name, value in became.items() if was[name] != value}
    return replace(read_state(state), **changed).text


@lru_cache(maxsize=_KEPT)
def read_state(text: str) -> UnitState:
    """Reads the stored form; the broker wrote it, so a broken one is a damaged database."""
    tree = json.loads(text)
    return UnitState(
        vintage=tree["vintage"],
        authorization_id=tree["authorization"],
        authorization_version=tree["version"],
        first_transferred=tree["first_transferred"],
        first_transfers_reversed=tree["reversed"],
    )


@lru_cache(maxsize=_KEPT)
def _text(state: UnitState) -> str:
    return json.dumps(
        {
            "authorization": state.authorization_id,
            "first_transferred": state.first_transferred,
            "reversed": state.first_transfers_reversed,
            "version": state.authorization_version,
            "vintage": state.vintage,
        },
        separators=(",", ":"),
        sort_keys=True,
    )
