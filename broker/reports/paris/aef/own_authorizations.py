# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Under which of its own authorizations a Party reports units of another one.

The AEF asks for the authorization id "as assigned by the reporting Party" (footnotes of tables 3 and 4).
A Party that uses outcomes of another may have authorized that itself; the ledger knows only under which
letter of the host the units stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from broker.reports.paris.stated_authorizations import AuthorizationTerms, StatedVersion
from broker.reports.paris.unit_lots import UnitLot
from broker.rulebook.paris.authorization import AuthorizationVersion


class OwnAuthorizations:
    """A Party's own authorizations, by cooperative approach."""

    def __init__(
        self, party: str, stated: Iterable[StatedVersion], terms: AuthorizationTerms
    ) -> None:
        self._party = party
        self._terms = terms
        self._by_approach: dict[str, list[AuthorizationVersion]] = defaultdict(list)
        for each in stated:
            self._by_approach[each.version.cooperative_approach].append(each.version)

    def id_for(self, lot: UnitLot, on: date) -> str:
        """The id under which the Party reports units on a day.

        Of units of another Party, the Party's own authorization for the same cooperative approach,
        dated no later, for their vintage and for a purpose that their host names too; where it has
        none, or several, the host's.
        """
        if lot.host == self._party:
            return lot.authorization_id
        host = self._terms.get((lot.host, lot.authorization_id, lot.authorization_version))
        fitting = {
            each.id
            for each in self._by_approach.get(lot.cooperative_approach, ())
            if each.date <= on
            and lot.vintage in each.vintages
            and (host is None or not host.purposes.isdisjoint(each.purposes))
        }
        return fitting.pop() if len(fitting) == 1 else lot.authorization_id
