# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Counts that Kyoto's limits are judged by, computed anew from units and from the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from sqlalchemy import literal_column, select

from broker.clearing.transactions.postings import from_text
from broker.ledger.tallies import NO_TALLY
from broker.regime.kyoto.reading import issued_attributes
from broker.regime.kyoto.stated_keys import RULEBOOK
from broker.reports.kyoto.unit_views import kyoto_units
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES, RETIREMENT
from broker.rulebook.kyoto.codes import IN_RESERVE, UnitType
from broker.rulebook.kyoto.effects import counts
from broker.store import schema as s
from broker.store.tallies import every_tally
from itmo.identifiers import RegistryId, registry_party
from itmo.lifecycle import HOLDS_LOCK, State
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement

_I: Final = s.issued_block
_T: Final = s.transaction
_ISSUED: Final = Statement(
    select(_I.c.registry, _I.c.first, _I.c.last, _I.c.attributes).where(
        _I.c.rulebook == literal_column(f"'{RULEBOOK}'")
    )
)
_PLANNED: Final = Statement(
    select(_T.c.state, _T.c.postings).where(
        _T.c.rulebook == literal_column(f"'{RULEBOOK}'"),
        _T.c.state.in_(
            [literal_column(f"'{state}'") for state in sorted({State.COMPLETED, *HOLDS_LOCK})]
        ),
    )
)
_ENDS_IN_RESERVE: Final = {TransactionType.RETIREMENT, TransactionType.REPLACEMENT}
_OF_UNITS: Final = ("kyoto-held:", "kyoto-retired:", "kyoto-reserve:", "kyoto-issued:")
"""Counts that can be read off the units."""
_OF_TRANSACTIONS: Final = (
    *_OF_UNITS, "kyoto-converted", "kyoto-net-source:", "kyoto-first-transferred:", "kyoto-share-",
    "kyoto-forest-acquired:", "kyoto-carried:", "kyoto-issued-to:", "kyoto-left-pending:",
    "kyoto-met:", "kyoto-opened:",
)  # fmt: skip
"""Counts that no statement changes."""


def counts_are_those_of_units(connection: Connection) -> Iterator[str]:
    """What is held, retired, kept in reserve and issued is what the units say."""
    found = Counter[str]()
    for unit in kyoto_units(connection):
        party = registry_party(RegistryId(unit.holder_registry))
        are, quantity = unit.attributes, unit.range.quantity
        account = ACCOUNT_TYPES[unit.account_type]
        if unit.account_type == RETIREMENT:
            found[counts.retired(party, are.applicable_period)] += quantity
        elif not account.final:
            found[counts.held(party, are.applicable_period)] += quantity
        # What replaces others goes on counting towards the reserve, as what is retired does.
        kept = not account.final or account.entered_by & _ENDS_IN_RESERVE
        if kept and are.unit_type in IN_RESERVE:
            found[counts.in_reserve(party, are.applicable_period)] += quantity
    for registry, first, last, attributes in in_portions(connection, _ISSUED):
        are, party = issued_attributes(attributes, registry), registry_party(RegistryId(registry))
        if are.unit_type is UnitType.AAU:
            found[counts.issued(party, are.original_period)] += last - first + 1
        elif are.unit_type is UnitType.RMU:
            name_of = counts.issued_for(party, are.original_period, are.activity)
            found[name_of] += last - first + 1
    tallies = every_tally(connection)
    for name in sorted({each for each in tallies if each.startswith(_OF_UNITS)} | found.keys()):
        quantity = tallies.get(name, NO_TALLY).quantity
        if quantity != found[name]:
            yield f"units make {found[name]} of {name}; its tally says {quantity}"


def counts_come_from_transactions(connection: Connection) -> Iterator[str]:
    """A count is the sum of what completed transactions added; those that wait reserve theirs."""
    added, waits = Counter[str](), Counter[str]()
    for state, postings in in_portions(connection, _PLANNED):
        planned = from_text(postings)
        if state == State.COMPLETED:
            added.update(dict(planned.tallies))
        else:
            waits.update(dict(planned.reserves))
    kept = every_tally(connection)
    names = {each for each in (*kept, *added, *waits) if each.startswith(_OF_TRANSACTIONS)}
    for name in sorted(names):
        tally = kept.get(name, NO_TALLY)
        if tally.quantity != added[name]:
            yield f"transactions added {added[name]} to {name}; its tally says {tally.quantity}"
        if tally.reserved != waits[name]:
            yield f"{waits[name]} of {name} wait; its tally says {tally.reserved}"
