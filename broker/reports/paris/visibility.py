# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who may see what of units: all of the rules, and nothing else.

1. Units in the ledger: the node whose registry or Party holds them sees where they are and all that
   ever happened to them. One that held them once sees what happened until they left it.
2. An account is named only to a side of the transaction, and to the node of the account's registry.
3. A report unlocks nothing: what a registry reports is seen by that registry, and an action in it by
   the registry it names as the other side. A false report must not find out where units are.
4. A host may list the ids of its first transferred units, not where they are.
5. Participants of a cooperative approach see its totals; others what the public sees, which is how
   many units exist, were first transferred, used and cancelled. Totals name nobody.
6. What was issued under an authorization is seen by its Party, by the Parties it names and by the
   mechanism registry, which issues under it: it tells how a host's sales go, which is theirs to say.
7. Only completed transactions and reports are shown here. An open proposal is for its proposer, and
   once validated for its receiver (broker.clearing.path.watching.may_see).

Whether the Parties agreed to less is not for the clearing-house to assume: it shows as little as
lets each side do its accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.reported import ReportedActionType
from broker.rulebook.paris.authorization import AuthorizationVersion
from itmo.parties import MECHANISM_REGISTRY
from itmo.serials import SerialRange, merge


@dataclass(frozen=True, slots=True)
class Caller:
    """A node that asks.

    Attributes:
        registries: For which it speaks.
        hosts: Parties that designated it.
    """

    registries: frozenset[str]
    hosts: frozenset[str]

    @property
    def parties(self) -> frozenset[str]:
        """Parties that it has to do with."""
        return self.hosts | {registry[:3] for registry in self.registries}


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so: the ledger (reported_by is empty), or a registry up to a moment."""

    reported_by: str = ""
    as_of: datetime | None = None


LEDGER = Source()


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Units and where they are, by one source.

    Attributes:
        holder: The registry that holds them.
        holder_party: The Party that holds them, where its node may be another one.
        account_id: Empty in a report.
    """

    registry: str
    first: int
    last: int
    holder: str
    holder_party: str
    account_id: str
    account_type: int
    vintage: int
    cooperative_approach: str
    host: str
    first_transferred: bool
    source: Source = LEDGER

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something done with units, by one source; accounts are empty in a report."""

    at: datetime
    place: tuple[int, int]
    """Order among deeds of the same source."""
    type: TransactionType | ReportedActionType
    action_id: str
    registry: str
    first: int
    last: int
    from_registry: str
    to_registry: str
    from_account: str
    to_account: str
    first_transfer: bool
    source: Source = LEDGER


@dataclass(frozen=True, slots=True)
class History:
    """What a caller sees of a unit."""

    deeds: tuple[Deed, ...]
    positions: tuple[Position, ...]
    withheld: bool
    """Whether there is more; always false where the caller never held the unit, which it then does
    not even learn to exist."""


def holds(caller: Caller, position: Position) -> bool:
    """True when the caller may know where these units are."""
    if position.source.reported_by:
        return position.source.reported_by in caller.registries
    return position.holder in caller.registries or position.holder_party in caller.hosts


def positions_for(caller: Caller, positions: Iterable[Position]) -> list[Position]:
    """Of positions those that the caller may see; accounts of other nodes without their name."""
    return [
        each if each.holder in caller.registries else replace(each, account_id="")
        for each in positions
        if holds(caller, each)
    ]


def takes_part(caller: Caller, deed: Deed) -> bool:
    """True when a registry of the caller is a side, or said it."""
    sides = {deed.from_registry, deed.to_registry, deed.source.reported_by}
    return bool(sides & caller.registries)


def deeds_for(caller: Caller, deeds: Iterable[Deed]) -> list[Deed]:
    """Of deeds those that the caller took part in."""
    return [each for each in deeds if takes_part(caller, each)]


def history_for(caller: Caller, deeds: Sequence[Deed], positions: Sequence[Position]) -> History:
    """Of the history of a unit what the caller may see.

    Args:
        caller: Who asks.
        deeds: Everything that happened to the unit, oldest first.
        positions: Where it is, by every source.
    """
    in_ledger = [each for each in deeds if not each.source.reported_by]
    known = len(in_ledger)
    if not any(holds(caller, each) for each in positions if not each.source.reported_by):
        last = [at for at, each in enumerate(in_ledger, 1) if takes_part(caller, each)]
        known = last[-1] if last else 0
    unlocked = {id(each) for each in in_ledger[:known]}
    seen = [
        _without_accounts(caller, each)
        for each in deeds
        if id(each) in unlocked or (each.source.reported_by and takes_part(caller, each))
    ]
    shown = positions_for(caller, positions)
    more = len(seen) < len(deeds) or len(shown) < len(positions)
    return History(tuple(seen), tuple(shown), withheld=more and bool(seen or shown))


def ids_for(
    caller: Caller, host: str, units: Iterable[tuple[str, SerialRange]]
) -> list[tuple[str, SerialRange]]:
    """The ids of a host's first transferred units, neighbours joined: cuts tell of holders.

    Args:
        caller: Who asks.
        host: The Party.
        units: Its first transferred units: originating registry and range.

    Raises:
        PermissionError: the host has not designated the caller.
    """
    if host not in caller.hosts:
        raise PermissionError(host)
    ranges: dict[str, list[SerialRange]] = {}
    for name, run in units:
        ranges.setdefault(name, []).append(run)
    return [(name, run) for name in sorted(ranges) for run in merge(ranges[name])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Units of a cooperative approach by what became of them; nobody is named."""

    cooperative_approach: str
    issued: int
    held: int
    used: int
    cancelled: int
    first_transferred: int


def totals_for(
    caller: Caller, approach_parties: Iterable[str], totals: Totals
) -> tuple[Totals, bool]:
    """Totals as the caller may see them, and whether it sees those of a participant."""
    participant = bool(caller.parties & set(approach_parties))
    return (totals if participant else replace(totals, held=0)), participant


def issued_for(caller: Caller, version: AuthorizationVersion, issued: int) -> int:
    """What was issued under an authorization, as the caller may see it; 0 for others."""
    parties = {version.party, MECHANISM_REGISTRY} | version.parties
    return issued if caller.parties & parties else 0


def _without_accounts(caller: Caller, deed: Deed) -> Deed:
    """A deed with its accounts only where the caller is a side."""
    if {deed.from_registry, deed.to_registry} & caller.registries:
        return deed
    return replace(deed, from_account="", to_account="")
