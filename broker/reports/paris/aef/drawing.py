# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Parties' AEF submissions say, drawn from the ledger.

Table 2 has the versions of the Party's authorizations that were in force in the year, and those
that its actions and holdings of the year still stand under. Table 3 has its actions of the year.
Table 4 has the units that the Party holds at the end of the year and that exist by an
authorization, first transferred or not: check ISC01 asks for everything authorized or acquired and
not yet spent. (The secretariat's draft interface defaults to first transferred units only; a Party
that reports those has its own units vanish between two years.) Table 5 has the entities that the
authorizations of table 2 name. Rows name the authorization by the id that the reporting Party assigned
(footnotes of tables 3 and 4).

A transfer that was reversed is left out together with its reversal, also from the year in which it
took place: the Party amends what it had submitted for that year (2/CMA.3 annex para 34). So the
years drawn at one time fit each other, and the adjustments, which a reversal books back.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import func, select

from aef.drawn_document import ledger_source
from aef.model import ActionRow, Heading, HoldingRow, Submission
from broker.reports.completed import void
from broker.reports.paris import parties
from broker.reports.paris.actions import actions_of, end_of
from broker.reports.paris.aef.aef_rows import (
    action_row,
    authorization_row,
    entity_rows,
    holding_row,
)
from broker.reports.paris.aef.own_authorizations import OwnAuthorizations
from broker.reports.paris.as_of import Held, joined
from broker.reports.paris.movements import Movement, Replay
from broker.reports.paris.stated_authorizations import (
    AuthorizationTerms,
    StatedVersion,
    authorization_versions,
    for_use,
    terms_of,
)
from broker.reports.snapshot import snapshot
from broker.rulebook.paris.approaches import ApproachFacts
from broker.store import schema as s
from itmo.clock import from_ms
from itmo.nomenclature import ADAPTATION_FUND
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

Selection = tuple[str, int]
"""A Party and a reported year."""
FIRST_VERSION: Final = "1.0"
"""Version of a first submission (common nomenclatures item 2)."""
_SPAN: Final = Statement(
    select(func.min(s.log_leaf.c.decided_at), func.max(s.log_leaf.c.decided_at))
)
_MOVES: Final = Statement(select(func.count()).select_from(s.transaction))
"""At least as many as there are movements of whole transactions: for a progress bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What was stated, besides the units."""

    versions: Mapping[str, Sequence[StatedVersion]]
    terms: AuthorizationTerms
    approaches: Mapping[str, ApproachFacts]


@dataclass(slots=True)
class _Drawn:
    """What was found for one Party and year.

    Attributes:
        held: What of its holdings is no row yet; the last first once it is in order.
        named: Versions of authorizations that units of the rows stand under.
    """

    actions: list[ActionRow] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    ordered: bool = False
    holdings: list[HoldingRow] = field(default_factory=list)
    named: set[tuple[str, int]] = field(default_factory=set)


class Book:
    """What was found for the Parties and years that are wanted."""

    def __init__(
        self, knowledge: Knowledge, wanted: Collection[Selection] | None, only: str | None = None
    ) -> None:
        """Nothing is noted yet.

        Args:
            knowledge: What was stated.
            wanted: As `draw_all`.
            only: As `draw_all`.
        """
        self._knowledge = knowledge
        self._only = only
        self._everything = wanted is None
        self._drawn = {selection: _Drawn() for selection in wanted or ()}
        self._own: dict[str, OwnAuthorizations] = {}

    def note(self, movement: Movement) -> int:
        """Notes what a movement was for each Party that is wanted; returns how many actions they are."""
        noted = 0
        for action in actions_of(movement, self._knowledge.terms):
            if found := self._of(action.party, movement.at.year):
                units = movement.units
                named = self._own_of(action.party).id_for(units, movement.at.date())
                found.actions.append(action_row(action, named))
                found.named.add((units.authorization_id, units.authorization_version))
                noted += 1
        return noted

    def hold(self, held: Held, year: int) -> bool:
        """Notes what was held at the end of a year; returns whether it is reported."""
        side, lot = held.side, held.units
        if not side.holds or not for_use(lot, self._knowledge.terms):
            return False
        found = self._of(held.party, year)
        if found is None:
            return False
        found.held.append(held)
        found.named.add((lot.authorization_id, lot.authorization_version))
        return True

    def settle(self, most: int) -> bool:
        """Makes rows of so many holdings at most, once all is noted; True once all are rows."""
        for (party, year), drawn in self._drawn.items():
            if not drawn.ordered:
                drawn.held = _by_registry(drawn.held)[::-1]
                drawn.ordered = True
            own, end = self._own_of(party), date(year, 12, 31)
            while drawn.held:
                if not most:
                    return False
                held, most = drawn.held.pop(), most - 1
                named = own.id_for(held.units, end)
                drawn.holdings.append(holding_row(held.units, held.side.registry, named))
        return True

    def submissions(
        self, connection: Connection, *, version: str, submitted: date | None
    ) -> list[Submission]:
        """The AEFs, by Party and year, once all is noted."""
        self.settle(sys.maxsize)
        if self._everything:
            self._close_gaps(years_of_record(connection))
        return [
            self._submission(connection, selection, drawn, version, submitted)
            for selection, drawn in sorted(self._drawn.items())
        ]

    def _submission(
        self,
        connection: Connection,
        selection: Selection,
        drawn: _Drawn,
        version: str,
        submitted: date | None,
    ) -> Submission:
        party, year = selection
        facts = parties.party_facts(connection, party)
        period = facts.period_of(year) if facts else None
        stated = list(_in_force(self._knowledge.versions.get(party, ()), year, drawn.named))
        approaches = self._knowledge.approaches
        return Submission(
            source=ledger_source(party, year),
            heading=Heading(
                party=party,
                version=version,
                reported_year=year,
                submitted=submitted,
                ndc_first=period.years.first if period else None,
                ndc_last=period.years.last if period else None,
            ),
            authorizations=tuple(
                authorization_row(each, approaches.get(each.version.cooperative_approach))
                for each in stated
                if each.version.purposes
            ),
            actions=tuple(drawn.actions),
            holdings=tuple(drawn.holdings),
            entities=tuple(row for each in stated for row in entity_rows(each)),
            from_ledger=True,
        )

    def _own_of(self, party: str) -> OwnAuthorizations:
        if party not in self._own:
            stated = self._knowledge.versions.get(party, ())
            self._own[party] = OwnAuthorizations(party, stated, self._knowledge.terms)
        return self._own[party]

    def _of(self, party: str, year: int) -> _Drawn | None:
        """Where to note something of a Party and year; None where it is not wanted."""
        if self._only not in (None, party):
            return None
        found = self._drawn.get((party, year))
        if found is None and self._everything and party != ADAPTATION_FUND:
            found = self._drawn[party, year] = _Drawn()
        return found

    def _close_gaps(self, years: Collection[int]) -> None:
        """Adds the years in which a Party did nothing new, and Parties that did nothing at all.

        Those that take part in a cooperative approach report that they did nothing: who reports
        nothing leaves the checks of the others undetermined.
        """
        begun = [*self._drawn]
        for listed in self._knowledge.versions.values():
            begun += [(each.version.party, each.version.date.year) for each in listed]
        for approach in self._knowledge.approaches.values():
            begun += [(party, year) for party in approach.parties for year in years]
        for party, first in begun:
            for year in years:
                if year >= first:
                    self._of(party, year)


def draw_all(
    connection: Connection,
    wanted: Collection[Selection] | None = None,
    *,
    version: str = FIRST_VERSION,
    submitted: date | None = None,
    progress: Callable[[int, int], None] | None = None,
    only: str | None = None,
) -> list[Submission]:
    """AEFs of several Parties and years from one reading of the whole record, by Party and year.

    Those of one Party: `broker.reports.paris.aef.party_drawing`.

    Args:
        connection: The database.
        wanted: Parties and reported years; None: every Party that acts, authorizes or takes part in
            a cooperative approach, in each year of the record from its first.
        version: Version of the submissions.
        submitted: Date of submission; None: left open.
        progress: Is told how many movements were read, as they are, and about how many there are.
        only: Of these only those of this Party; None: all.
    """
    with snapshot(connection):
        book = Book(known(connection), wanted, only)
        years = years_of_record(connection) if wanted is None else {year for _, year in wanted}
        done = 0
        of = int(connection.execute(_MOVES).fetchone()[0]) if progress else 0
        replay = Replay(connection, leave_out=void(connection))
        for year in sorted(years):
            for movement in replay.movements(before=end_of(year)):
                if progress is not None:
                    progress(done := min(done + 1, of), of)
                book.note(movement)
            for side, lot in replay.held():
                book.hold(Held(side, lot), year)
        return book.submissions(connection, version=version, submitted=submitted)


def years_of_record(connection: Connection) -> list[int]:
    """Calendar years from the first decision to the last; empty where nothing was decided."""
    first, last = connection.execute(_SPAN).fetchone()
    return [] if first is None else list(range(from_ms(first).year, from_ms(last).year + 1))


def _by_registry(holdings: list[Held]) -> list[Held]:
    """Table 4 knows registries, not accounts: neighbours in two accounts of one are one row."""
    ordered = sorted(holdings, key=lambda held: (held.units.registry, held.units.first))
    return joined([Held(held.side.of_registry(), held.units) for held in ordered])


def _in_force(
    versions: Collection[StatedVersion], year: int, named: set[tuple[str, int]]
) -> Iterator[StatedVersion]:
    """Versions that were in force in a year, or that are named; by id and version.

    A version is in force from the date that it states to the date of the next one; one that revokes
    is the last of its authorization and in force in the year that it is dated.
    """
    listed = list(versions)
    for place, each in enumerate(listed):
        follower = listed[place + 1] if place + 1 < len(listed) else None
        superseded = follower is not None and follower.version.id == each.version.id
        ends = follower.version.date.year if superseded and follower else None
        if each.version.revoked:
            ends = each.version.date.year
        begun = each.version.date.year <= year and each.taken_in_at < end_of(year)
        in_force = begun and (ends is None or ends >= year)
        if in_force or (each.version.id, each.version.version) in named:
            yield each


def known(connection: Connection) -> Knowledge:
    """Everything that was stated until now."""
    stated = authorization_versions(connection)
    versions: dict[str, list[StatedVersion]] = defaultdict(list)
    for each in stated:
        versions[each.version.party].append(each)
    approaches = {
        str(each.cooperative_approach): each for each in parties.known_approaches(connection)
    }
    return Knowledge(versions=versions, terms=terms_of(stated), approaches=approaches)
