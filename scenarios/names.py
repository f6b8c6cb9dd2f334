# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Names that a scenario has introduced so far, so that a name nobody introduced is a fault."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from broker.rulebook.paris.accounts import AccountRole
from itmo.identifiers import (
    CooperativeApproachId,
    PartyCode,
    RegistryId,
    parse_cooperative_approach_id,
    parse_party_code,
    parse_registry_id,
)
from itmo.parties import MECHANISM_REGISTRY
from itmo.reasons import shown
from scenarios.fields import Fields
from scenarios.kyoto.model import BalanceSpec
from scenarios.model import BROKER, AccountSpec, Rulebook
from scenarios.values import Value

NO_REGISTRY = RegistryId("")
NO_PARTY = PartyCode("")
NO_APPROACH = CooperativeApproachId("")
_HOLDING = 100
"""Type of an account of which a scenario says no more than that it does not exist."""

_OR_UNKNOWN: Final = ", or write unknown: true beside the name to see what is found"


@dataclass(frozen=True, slots=True)
class Sides:
    """The nodes of a proposed transaction."""

    proposer: str
    receiver: str


NOBODY: Final = Sides("", "")
"""Of a transaction that no step proposed, which is a fault already."""


@dataclass(slots=True)
class Names:
    """What is known at the place in the file that is being read."""

    registries: dict[str, str] = field(default_factory=dict)
    """Node by registry."""
    nodes: set[str] = field(default_factory=set)
    signers: dict[str, str] = field(default_factory=dict)
    """Node that signs for a Party."""
    parties: set[PartyCode] = field(default_factory=set)
    """Every Party named anywhere; those that `parties` does not describe get the defaults."""
    approaches: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    """Registry by account; empty text where that could not be read."""
    roles: dict[tuple[str, AccountRole], str] = field(default_factory=dict)
    """Account by registry and role, in the mechanism registry."""
    authorizations: dict[str, list[PartyCode]] = field(default_factory=dict)
    """Parties by authorization id."""
    transactions: dict[str, Sides] = field(default_factory=dict)
    last_serials: dict[str, int] = field(default_factory=dict)
    programmes: dict[str, str] = field(default_factory=dict)
    """Node by crediting programme."""
    notices: dict[str, str] = field(default_factory=dict)
    """Node that sends each."""
    log_notices: dict[str, int] = field(default_factory=dict)
    """Number of each that is one of the log of Kyoto."""
    openings: dict[str, tuple[BalanceSpec, ...]] = field(default_factory=dict)
    """What lies where, by the id of an opening."""
    account_types: dict[str, int] = field(default_factory=dict)
    offline: set[str] = field(default_factory=set)
    crashed: dict[str, int] = field(default_factory=dict)
    """Nodes, or the broker, with the line of their crash."""
    strangers: dict[str, AccountSpec] = field(default_factory=dict)
    """Accounts that are not opened: named where unknown names are said to be."""
    projects: dict[str, str] = field(default_factory=dict)
    """Host Party and number by the name of a project."""
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many there are of a kind of thing that is numbered, by whose they are and the kind."""
    origins: set[str] = field(default_factory=set)
    """Registries in whose numbers units were issued, beside those that a node runs."""
    unplaced: set[str] = field(default_factory=set)
    """Those among them of which it is not known yet in which registry they would be."""
    rulebook: Rulebook = Rulebook.PARIS
    """Under which the steps are, unless they say otherwise."""
    rulebooks: set[Rulebook] = field(default_factory=set)
    """Those that something in the file is under."""
    unknown: bool = False
    """Whether a name read now may be one that nobody introduced: its finding is expected."""

    def saying(self, fields: Fields) -> Names:
        """The same names, for a mapping that may say that it names what does not exist."""
        unknown = fields.default("unknown", Value.boolean, False)
        # A copy shares every table with the original.
        return replace(self, unknown=True) if unknown else self

    def under(self, rulebook: Rulebook) -> Names:
        """The same names, for a step under a rulebook."""
        self.rulebooks.add(rulebook)
        return self if rulebook is self.rulebook else replace(self, rulebook=rulebook)

    def _named(self, value: Value) -> tuple[Value, bool]:
        """The name as written; alone, or in a mapping that says whether it is unknown."""
        if not value.is_mapping():
            return value, self.unknown
        fields = Fields(value, required="name", optional="unknown")
        unknown = fields.default("unknown", Value.boolean, self.unknown)
        return fields.at("name"), unknown

    def registry(self, value: Value) -> RegistryId:
        """A registry that some node runs."""
        value, unknown = self._named(value)
        registry = value.admitted(parse_registry_id)
        if registry is not None and registry not in self.registries and not unknown:
            value.fault(f"no node runs the registry {registry}; add it under nodes{_OR_UNKNOWN}")
        return registry or NO_REGISTRY

    def party(self, value: Value) -> PartyCode:
        """A Party; naming it is enough to have it, unless it is said to be unknown."""
        value, unknown = self._named(value)
        party = value.admitted(parse_party_code)
        if party is not None and party != MECHANISM_REGISTRY and not unknown:
            self.parties.add(party)
        return party or NO_PARTY

    def approach(self, value: Value) -> CooperativeApproachId:
        """A cooperative approach that the scenario describes."""
        value, unknown = self._named(value)
        approach = value.admitted(parse_cooperative_approach_id)
        if approach is not None and approach not in self.approaches and not unknown:
            value.fault(
                f"no cooperative approach {approach}; add it under cooperative_approaches{_OR_UNKNOWN}"
            )
        return approach or NO_APPROACH

    def account(self, value: Value) -> str:
        """An account by the name the scenario gives it."""
        value, unknown = self._named(value)
        name = value.text()
        if name and name not in self.accounts and not unknown:
            value.fault(f"no account {shown(name)}; add it under accounts{_OR_UNKNOWN}")
        if name and name not in self.accounts and unknown:
            self.unplaced.add(name)
        return name

    def place(self, name: str, beside: str) -> None:
        """Puts an account that no list names in the registry of the account on the other side."""
        if name in self.unplaced:
            self.unplaced.discard(name)
            registry = self.accounts.get(beside) or next(iter(self.registries), "")
            self.accounts[name] = registry
            self.strangers[name] = AccountSpec(
                name=name, registry=RegistryId(registry), type=_HOLDING, unknown=True
            )

    def authorization(self, value: Value) -> str:
        """An authorization that an earlier step made."""
        value, unknown = self._named(value)
        name = value.text()
        if name and name not in self.authorizations and not unknown:
            value.fault(
                f"no authorization {shown(name)}; an earlier step must authorize it{_OR_UNKNOWN}"
            )
        return name

    def transaction(self, value: Value) -> str:
        """A transaction that an earlier step proposed."""
        name = value.text()
        if name and name not in self.transactions:
            value.fault(f"no transaction {shown(name)}; an earlier step must propose it")
        return name

    def project(self, value: Value) -> str:
        """Host Party and number of a project that the scenario describes."""
        value, unknown = self._named(value)
        name = value.text()
        if name and name not in self.projects and not unknown:
            value.fault(f"no project {shown(name)}; add it under projects{_OR_UNKNOWN}")
        return self.projects.get(name, name)

    def programme(self, value: Value) -> str:
        """A crediting programme that some node speaks for."""
        name = value.text()
        if name and name not in self.programmes:
            value.fault(f"no node speaks for the programme {shown(name)}; add it under nodes")
        return name

    def notice(self, value: Value) -> str:
        """A notice that an earlier step sent."""
        name = value.text()
        if name and name not in self.notices:
            value.fault(f"no notice {shown(name)}; an earlier step must send it")
        return name

    def program(self, value: Value) -> str:
        """A node, or the broker."""
        name = value.text()
        if name and name not in self.nodes and name != BROKER:
            value.fault(f"no node {shown(name)}; name one of those under nodes, or {BROKER}")
        return name

    def next_serial(self, registry: str) -> int:
        """The serial number after the last that a step of the scenario issued in a registry."""
        return self.last_serials.get(registry, 0) + 1

    def issued(self, registry: str, last: int) -> None:
        """Notes that serials up to `last` are issued in a registry."""
        self.last_serials[registry] = max(self.last_serials.get(registry, 0), last)

    def node_of(self, account: str) -> str:
        """The node that runs an account's registry; empty where that is not known."""
        return self.registries.get(self.accounts.get(account, ""), "")

    def must_run(self, node: str, value: Value) -> None:
        """Notes a fault where a program that must act has crashed."""
        if node in self.crashed:
            value.fault(f"{node} crashed in line {self.crashed[node]} and was not restarted")
