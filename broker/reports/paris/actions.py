# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The action history of units: what each movement was for each Party, derived from the record."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aef.model import ActionSubtype, ActionType
from broker.reports.completed import Only
from broker.reports.paris.aef.action_table import (
    BETWEEN,
    FINAL,
    MEANINGS,
    First,
    Happening,
    Meaning,
    Reporter,
)
from broker.reports.paris.chosen_movements import movements_within
from broker.reports.paris.movements import Movement, Replay
from broker.reports.paris.stated_authorizations import (
    AuthorizationTerms,
    authorization_terms,
    for_use,
)
from broker.reports.snapshot import snapshot
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.purposes import FirstTransferDefinition
from broker.store.log_head import log_size
from itmo.nomenclature import ADAPTATION_FUND
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a movement was for one Party, as AEF table 3 has it.

    Attributes:
        party: Whose action it is.
        registry: The registry in which that Party tracked it.
        transferring_party: Of an acquisition only.
        acquiring_party: Of a first transfer or transfer to another Party only.
        purpose: For which the units were used or cancelled, other than an NDC.
        spending_party: Party that used or cancelled them for it.
        spending_entity: Entity that did.
        year_of_use: Calendar year for which they were used towards an NDC.
    """

    party: str
    type: ActionType
    subtype: ActionSubtype | None
    registry: str
    movement: Movement
    transferring_party: str = ""
    acquiring_party: str = ""
    purpose: str = ""
    spending_party: str = ""
    spending_entity: str = ""
    year_of_use: int | None = None

    @property
    def at(self) -> datetime:
        """When it was decided."""
        return self.movement.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A movement of a unit, and what it was for the Parties; none: it stayed within one Party."""

    movement: Movement
    actions: tuple[Action, ...]


def actions(
    connection: Connection,
    *,
    party: str | None = None,
    year: int | None = None,
    approach: str | None = None,
    registry: str | None = None,
    timeline: sqlite3.Connection | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Action]:
    """Actions in the order of the log. The caller keeps the connection until it has taken the last.

    Args:
        connection: The database.
        party: Only those of this Party; None: all.
        year: Only those decided in this calendar year (UTC); None: all.
        approach: Only of units of this cooperative approach, in six digits; None: all.
        registry: Only those tracked in this registry; None: all.
        timeline: Its tables, at the end of the record; None: the whole record is read.
        progress: Is told the place in the log of each movement that is looked at, and how many places there are.
    """
    terms = authorization_terms(connection)
    span = None if year is None else (end_of(year - 1), end_of(year))
    if timeline is None:
        movements = Replay(connection).movements(before=span[1] if span else None)
    else:
        movements = movements_within(connection, timeline, party, span)
    size = log_size(connection)
    for movement in movements:
        if progress is not None:
            progress(movement.log_index, size)
        if year is not None and movement.at.year != year:
            continue
        if approach is not None and movement.units.cooperative_approach != approach:
            continue
        for action in actions_of(movement, terms):
            if party in (None, action.party) and registry in (None, action.registry):
                yield action


def unit_history(connection: Connection, registry: str, serial: int) -> list[Chapter]:
    """Everything that ever happened to a unit, oldest first; empty where no such unit was issued.

    Args:
        connection: The database.
        registry: Originating registry.
        serial: Serial number.
    """
    with snapshot(connection):
        terms = authorization_terms(connection)
        only = Only.unit(registry, serial)
        return [
            Chapter(movement=movement, actions=tuple(actions_of(movement, terms)))
            for movement in Replay(connection, only).movements()
        ]


def end_of(year: int) -> datetime:
    """The moment at which a calendar year is over: 31 December, 24:00 UTC."""
    return datetime(year + 1, 1, 1, tzinfo=UTC)


def actions_of(movement: Movement, terms: AuthorizationTerms) -> Iterator[Action]:
    """What a movement was, for each Party concerned."""
    lot = movement.units
    happening = happening_of(movement)
    if happening is None or not for_use(lot, terms):
        return
    if movement.earlier is not None and for_use(movement.earlier, terms):
        # A notice that names another letter for units that were authorized before is no action.
        return
    for meaning in MEANINGS.get((happening, _first(movement, terms)), ()):
        action = _action(movement, happening, meaning)
        if meaning.reporter is not Reporter.OTHER_SPENDER or action.party != lot.host:
            yield action


def happening_of(movement: Movement) -> Happening | None:
    """What a movement is; None where the units stay with one Party and are not spent."""
    host, giver, taker = movement.units.host, movement.giver, movement.taker
    if movement.kind is None:
        # What the Adaptation Fund holds is reported when it sells it.
        return Happening.AUTHORIZED_LATER if taker.party_of(host) == host else None
    issued = movement.kind is TransactionType.ISSUANCE
    if issued and giver == taker:
        return Happening.ISSUED
    if taker.role in _ALLOTTED and issued:
        return _ALLOTTED[taker.role]
    if taker.account_type in FINAL:
        if giver.party_of(host) == ADAPTATION_FUND:
            return Happening.SPENT_BY_FUND
        return FINAL[taker.account_type]
    if giver.party_of(host) == taker.party_of(host):
        return None
    if taker.party_of(host) == ADAPTATION_FUND:
        return Happening.GIVEN_TO_FUND
    if giver.party_of(host) == ADAPTATION_FUND:
        return Happening.ACQUIRED_FROM_FUND
    return Happening.TRANSFERRED


_ALLOTTED: Mapping[AccountRole | None, Happening] = {
    AccountRole.ADAPTATION_FUND: Happening.ALLOTTED_TO_FUND,
    AccountRole.MANDATORY_OMGE: Happening.ALLOTTED_TO_OMGE,
}
_AT_ISSUANCE: Mapping[FirstTransferDefinition | None, First] = {
    FirstTransferDefinition.AUTHORIZATION: First.AUTHORIZATION,
    FirstTransferDefinition.ISSUANCE: First.ISSUANCE,
}


def _first(movement: Movement, terms: AuthorizationTerms) -> First:
    if not movement.first_transfer:
        return First.NO
    if movement.kind is not TransactionType.ISSUANCE or movement.giver != movement.taker:
        return First.YES
    lot = movement.units
    stated = terms.get((lot.host, lot.authorization_id, lot.authorization_version))
    return _AT_ISSUANCE.get(stated.definition if stated else None, First.ISSUANCE)


def _action(movement: Movement, happening: Happening, meaning: Meaning) -> Action:
    lot, spelled = movement.units, movement.spelled
    giver, taker = movement.giver.party_of(lot.host), movement.taker.party_of(lot.host)
    spender = taker if giver == ADAPTATION_FUND else giver
    party = {
        Reporter.HOST: lot.host,
        Reporter.GIVER: giver,
        Reporter.TAKER: taker,
        Reporter.SPENDER: spender,
        Reporter.OTHER_SPENDER: spender,
    }
    between = happening in BETWEEN
    acquired = meaning.type is ActionType.ACQUISITION
    # A first transfer out of the Fund's account is the host's: both sides name it as the sender.
    sender = lot.host if giver == ADAPTATION_FUND and movement.first_transfer else giver
    side = movement.giver if meaning.reporter is Reporter.GIVER else movement.taker
    # A host tracks what another Party does with its outcomes where they come from.
    abroad = meaning.reporter is Reporter.HOST and lot.host not in (giver, taker)
    return Action(
        party=party[meaning.reporter],
        type=meaning.type,
        subtype=meaning.subtype,
        registry=lot.registry if abroad else side.registry,
        movement=movement,
        transferring_party=sender if acquired else "",
        acquiring_party=taker if between and not acquired else "",
        purpose=spelled.purpose if meaning.other_purpose else "",
        spending_party=spender if meaning.other_purpose else "",
        spending_entity=spelled.entity if meaning.other_purpose else "",
        year_of_use=spelled.year_of_use if happening is Happening.USED_NDC else None,
    )
