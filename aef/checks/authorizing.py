# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which authorization stands behind a row: the reporting Party's own, and that of the host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from aef.checks.casefile import CaseFile, Entry
from aef.checks.filed import Filed
from aef.checks.states import Note, Reference
from aef.model import ActionRow, ActionSubtype, ActionType, AuthorizationRow, UnitRow
from itmo.nomenclature import ACTIVITY_TYPES, SECTORS


@dataclass(frozen=True, slots=True)
class Authorized:
    """A row of table 2 and the submission it stands in."""

    filed: Filed
    row: AuthorizationRow

    def reference(self, field: str = "") -> Reference:
        """Where it stands, or a field of it."""
        place = self.filed.cell("authorizations", field, self.row.place)
        return Reference(self.filed, place, f"authorization {self.row.authorization_id}")


_FIRST: Final = ActionType.FIRST_TRANSFER


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


def only_at_use(terms: AuthorizationRow) -> bool:
    """True where nothing but a use or cancellation first transfers the units."""
    return events_allowed(terms) == {ActionSubtype.USE_OR_CANCELLATION.value}


Classification = tuple[frozenset[str], frozenset[str]]
"""Sectors and activity types."""
_SECTORS: Final = frozenset(SECTORS)
_ACTIVITY_TYPES: Final = frozenset(ACTIVITY_TYPES)


def is_listed(known: Classification) -> bool:
    """True where sectors and activity types are named, by words of the nomenclatures' list.

    Other words may mean the same as these; nothing is judged by them.
    """
    sectors, activities = known
    return bool(sectors and activities) and sectors <= _SECTORS and activities <= _ACTIVITY_TYPES


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

    def versions(self, entry: Entry, latest: Authorized | None) -> list[Authorized]:
        """The versions of an authorization under which a row's units may stand, the latest first.

        Units keep the version under which they were authorized, until a notice gives them a later one
        (7/CMA.4 synthesis report, para 29); a row names the authorization, and not its version. So it
        may be any from the one of the day on which the host authorized the units to the latest one.
        """
        if latest is None:
            return []
        listed = self._by_id[_key(latest.filed.party, latest.row.authorization_id)]
        if len(listed) == 1:
            return [latest]
        until = latest.row.date or date.max
        earlier = [
            each
            for each in listed
            if (each.row.version, each.row.date) != (latest.row.version, latest.row.date)
            and each.row.cooperative_approach == latest.row.cooperative_approach
            and (each.row.date or date.min) <= until
        ]
        since = self._authorized_on(entry)
        if since is not None:
            dates = (each.row.date or date.min for each in (*earlier, latest))
            begin = max((each for each in dates if each < since), default=date.min)
            earlier = [each for each in earlier if (each.row.date or date.max) >= begin]
        return [latest, *earlier]

    def _authorized_on(self, entry: Entry) -> date | None:
        """The first day on which the host reports the units of a row as authorized or transferred."""
        host, types = entry.row.first_transferring_party, (ActionType.AUTHORIZATION, _FIRST)
        rows = [(entry, entry.row), *self._case.acting_on(entry, *types)]
        days = (
            row.date
            for each, row in rows
            if isinstance(row, ActionRow) and row.type in types and each.filed.party == host
        )
        return min((each for each in days if each is not None), default=None)

    def judged(
        self, entry: Entry, latest: Authorized, notes: Callable[[Authorized], Iterable[Note]]
    ) -> list[Note]:
        """What stands against a row under every version of an authorization that it may be under.

        None where one version lets it stand; else what stands against it under the latest one.
        """
        found = list(notes(latest))
        if not found or any(not list(notes(each)) for each in self.versions(entry, latest)[1:]):
            return []
        return found

    def defined_event(self, entry: Entry) -> ActionSubtype | None:
        """The one event that makes the first transfer of a row's units; None where it may be another."""
        known = self.versions(entry, self.behind(entry))
        allowed = frozenset[str]().union(*(events_allowed(each.row) for each in known))
        events = [each for each in ActionSubtype if each.value in allowed]
        return events[0] if len(events) == len(allowed) == 1 else None

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
