# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Authorizations as a scenario has stated them so far, so that a change can leave out what stays."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Final

from itmo.identifiers import PartyCode
from scenarios import defaults
from scenarios.model import Authorize, Elements, Scenario

_OF_ONE_VERSION: Final = frozenset(
    {"difference", "changed_elements", "revocation_ground", "revocation_reason"}
)
"""Keys of the template that say something of one version only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A version of an authorization, with every element in order."""

    id: str
    party: PartyCode
    version: int
    elements: Elements
    revoked: bool


@dataclass(slots=True)
class Letters:
    """The latest version of each authorization."""

    _latest: dict[tuple[str, PartyCode], Letter] = field(default_factory=dict)

    def draft(self, stated: Authorize, scenario: Scenario, today: date) -> Letter:
        """The version that a step states: what it leaves out stays as it was, or is in order."""
        before = self._latest.get((stated.id, stated.party))
        elements, first = stated.elements, 1
        if before is None and stated.verb != "authorize":
            # A change of what nobody knows: a version that follows none, and says what it must.
            first = 2
            elements = defaults.unknown_elements(elements, scenario)
        if before is not None and stated.verb != "authorize":
            changed = {
                each.name: value
                for each in fields(Elements)
                if (value := getattr(elements, each.name)) is not None
            }
            kept = {
                key: value
                for key, value in (before.elements.template or {}).items()
                if key not in _OF_ONE_VERSION
            }
            changed["template"] = kept | dict(elements.template or {})
            # A version has a date of its own.
            elements = replace(before.elements, **({"date": None} | changed))
        return Letter(
            id=stated.id,
            party=stated.party,
            version=stated.version or (before.version + 1 if before else first),
            elements=defaults.elements(elements, scenario, stated.party, today),
            revoked=stated.revoked,
        )

    def keep(self, letter: Letter) -> None:
        """Remembers a version that took effect, or is on its way."""
        self._latest[(letter.id, letter.party)] = letter

    def covering(self, authorization: str, host: PartyCode) -> Letter | None:
        """The authorization of that id: the host's where it has one, else the only other one."""
        own = self._latest.get((authorization, host))
        others = [letter for (name, _), letter in self._latest.items() if name == authorization]
        return own or (others[0] if others else None)
