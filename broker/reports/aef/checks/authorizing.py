# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which authorization stands behind a row: the reporting Party's own, and that of the host."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from broker.reports.aef.checks.casefile import CaseFile, Entry
from broker.reports.aef.checks.filed import Filed
from broker.reports.aef.checks.states import Reference
from broker.reports.aef.model import ActionRow, ActionSubtype, ActionType, AuthorizationRow, UnitRow


@dataclass(frozen=True, slots=True)
class Authorized:
    """A row of table 2 and the submission it stands in."""

    filed: Filed
    row: AuthorizationRow

    def reference(self, field: str = "") -> Reference:
        """Where it stands, or a field of it."""
        place = self.filed.cell("authorizations", field, self.row.place)
        return Reference(self.filed, place, f"authorization {self.row.authorization_id}")


def _key(party: str, authorization_id: str) -> tuple[str, str]:
    return party, " ".join(authorization_id.split()).casefold()


def events_allowed(terms: AuthorizationRow) -> frozenset[str]:
    """Subtypes of first transfer that an authorization asks for; none where it does not tell.

    For use towards NDCs the first international transfer, for other purposes what the host defined,
    for both the earlier of the two (2/CMA.3 annex para 2); an authorization is earlier than any other.
    """
    other = terms.purposes - {"NDC"}
    defined = terms.first_transfer_definition
    if not terms.purposes or (other and not defined):
        return frozenset()
    allowed = {defined} if other else set()
    if "NDC" in terms.purposes and ActionSubtype.AUTHORIZATION.value not in allowed:
        allowed.add(ActionSubtype.FIRST_INTERNATIONAL.value)
    return frozenset(allowed)


def defined_event(authorized: Authorized | None) -> ActionSubtype | None:
    """The one event that an authorization makes the first transfer; None where there are two."""
    allowed = events_allowed(authorized.row) if authorized is not None else frozenset()
    known = [each for each in ActionSubtype if each.value in allowed]
    return known[0] if len(known) == len(allowed) == 1 else None


Classification = tuple[frozenset[str], frozenset[str]]
"""Sectors and activity types."""


class Authorizations:
    """Every authorization reported, by Party and id."""

    def __init__(self, case: CaseFile) -> None:
        self._case = case
        self._own: dict[Entry, Authorized | None] = {}
        self.classified: dict[Entry, Classification] = {}

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], list[Authorized]]:
        found: dict[tuple[str, str], list[Authorized]] = defaultdict(list)
        for filed in self._case.current:
            for row in filed.submission.authorizations:
                found[_key(filed.party, row.authorization_id)].append(Authorized(filed, row))
        return dict(found)

    def of(self, party: str, row: UnitRow, near: Filed | None = None) -> Authorized | None:
        """A Party's authorization with the id that a row names.

        One for the same cooperative approach, or else any; of its versions, the last one dated no
        later than the row, or else the first one; of equal ones, that in the submission `near`.
        """
        if not row.authorization_id:
            return None
        found = self._by_id.get(_key(party, row.authorization_id), [])
        on = row.date if isinstance(row, ActionRow) else None

        def rank(each: Authorized) -> tuple[bool, bool, int, bool]:
            dated = (each.row.date or date.min).toordinal()
            in_time = on is None or dated <= on.toordinal()
            same = each.row.cooperative_approach == row.cooperative_approach
            return same, in_time, dated if in_time else -dated, each.filed is near

        return max(found, key=rank, default=None)

    def since(self, authorized: Authorized) -> date | None:
        """The date of the first version of an authorization for its cooperative approach."""
        versions = self._by_id[_key(authorized.filed.party, authorized.row.authorization_id)]
        approach = authorized.row.cooperative_approach
        dates = (each.row.date for each in versions if each.row.cooperative_approach == approach)
        return min((each for each in dates if each is not None), default=None)

    def own(self, entry: Entry) -> Authorized | None:
        """The reporting Party's authorization of a row."""
        if entry not in self._own:
            self._own[entry] = self.of(entry.filed.party, entry.row, entry.filed)
        return self._own[entry]

    def of_host(self, entry: Entry) -> Authorized | None:
        """The first transferring Party's authorization of a row's units.

        By the id in the row; where that is the user's own, by the row in which the host reports the
        first transfer of the same units.
        """
        host = entry.row.first_transferring_party
        if (found := self.of(host, entry.row, entry.filed)) is not None or not entry.series:
            return found
        types = (ActionType.FIRST_TRANSFER, ActionType.AUTHORIZATION)
        for other, row in self._case.acting_on(entry, *types):
            if other.filed.party == host and (found := self.of(host, row, other.filed)):
                return found
        return None

    def behind(self, entry: Entry) -> Authorized | None:
        """The host's authorization where it is known, or else the reporting Party's."""
        return self.of_host(entry) or self.own(entry)


def classification(authorizations: Authorizations, entry: Entry) -> Classification:
    """Sectors and activity types of a row's units: its own, or those of its authorization."""
    known = authorizations.classified.get(entry)
    if known is None:
        known = authorizations.classified[entry] = _classification(authorizations, entry)
    return known


def _classification(authorizations: Authorizations, entry: Entry) -> Classification:
    row = entry.row
    sectors = frozenset({row.sector} if row.sector else ())
    activities = frozenset({row.activity_type} if row.activity_type else ())
    if sectors and activities:
        return sectors, activities
    behind = authorizations.own(entry) or authorizations.of_host(entry)
    if behind is None:
        return sectors, activities
    return (
        sectors or frozenset(behind.row.sectors),
        activities or frozenset(behind.row.activity_types),
    )
