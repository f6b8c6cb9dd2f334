# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was booked against what units are, and totals that are kept beside the units."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, literal_column, or_, select

from broker.adjustments.entries import GHG
from broker.clearing.transactions.postings import from_text
from broker.ledger.tallies import NO_TALLY
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import read_state
from broker.regime.paris.tallies import first_transferred, issued, unspent, used
from broker.reports.paris.views import of_paris, paris_account, paris_unit
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE, AccountType
from broker.rulebook.paris.attributes import Attributes, Metric, UnitType
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.first_transfer import AUTHORIZED
from broker.rulebook.paris.mechanism import current_type
from broker.store import schema as s
from broker.store.decoding import entry
from broker.store.tallies import every_tally
from itmo.lifecycle import HOLDS_LOCK
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement
from itmo.serial_sets import Range, difference, overlaps, text

_YES: Final[ColumnElement[int]] = literal_column("1")
_E: Final = s.adjustment_entry
_I: Final = s.issued_block
_U: Final = paris_unit
_T: Final = s.transaction
_ENTRIES: Final = Statement(select(_E).order_by(_E.c.entry_id))
_ISSUED: Final = Statement(
    select(_I.c.registry, _I.c.first, _I.c.last, _I.c.attributes).where(of_paris(_I.c.rulebook))
)
_UNDER: Final = Statement(
    select(_U.c.registry, _U.c.first, _U.c.last, _U.c.issued_first, _U.c.authorization_id)
)
_UNITS: Final = Statement(
    select(
        _U.c.registry,
        _U.c.first,
        _U.c.last,
        _U.c.issued_first,
        _U.c.vintage,
        _U.c.first_transferred,
        paris_account.c.account_type,
        paris_account.c.final,
        s.registry.c.party,
        paris_account.c.party.label("tied_to"),
        _U.c.authorization_id,
    )
    .join(paris_account, paris_account.c.account_id == _U.c.account_id)
    .join(s.registry, s.registry.c.registry == paris_account.c.registry)
    .where(or_(_U.c.first_transferred == _YES, paris_account.c.final == _YES))
    .order_by(_U.c.registry, _U.c.first)
)
_WAITING: Final = Statement(
    select(_T.c.postings).where(
        of_paris(_T.c.rulebook),
        _T.c.state.in_([literal_column(f"'{state}'") for state in sorted(HOLDS_LOCK)]),
    )
)
_USED: Final = Statement(
    select(
        _U.c.registry, _U.c.issued_first, _U.c.authorization_id, paris_account.c.account_type,
        _U.c.quantity,
    )
    .join(paris_account, paris_account.c.account_id == _U.c.account_id)
    .where(paris_account.c.final == _YES)
)  # fmt: skip
_MECHANISM: Final = "XMR"
_USABLE: Final = AUTHORIZED | {UnitType.CER}

Booked = tuple[str, str, int, int, str]
"""Why, whom, which year, which sign, which metric."""


@dataclass(frozen=True, slots=True)
class _Unit:
    range: Range
    attributes: Attributes
    usable: bool
    vintage: int
    first_transferred: bool
    account_type: int
    final: bool
    holder: str


def entries_match_units(connection: Connection) -> Iterator[str]:
    """First transferred units are booked once for the host, used ones once for the user.

    The host is booked for the year of the mitigation. The year of a use is what its transaction
    says, see `entries_match_transactions`. What a reversal undid does not count.
    """
    booked: dict[tuple[Booked, int], list[Range]] = defaultdict(list)
    undone: dict[tuple[Booked, int], list[Range]] = defaultdict(list)
    by_kind: dict[tuple[str, int], list[Range]] = defaultdict(list)
    for row in map(entry, in_portions(connection, _ENTRIES)):
        sign = 1 if row.credit == row.party else -1
        block = (row.registry, row.first, row.last)
        by_kind[(row.kind, row.generation)].append(block)
        if row.kind == EntryKind.FIRST_TRANSFER_REVERSAL:
            cause = (EntryKind.FIRST_TRANSFER.value, row.party, row.year, -sign, row.metric)
            undone[(cause, row.generation)].append(block)
        else:
            year = row.year if row.kind == EntryKind.FIRST_TRANSFER else 0
            of = (row.kind, row.party, year, sign, row.metric)
            booked[(of, row.generation)].append(block)
    for (kind, _), listed in by_kind.items():
        for double in overlaps(listed):
            yield f"{text(double)} is booked twice for {kind}"
    for (cause, generation), listed in undone.items():
        for never in difference(listed, booked[(cause, generation)]):
            yield f"{text(never)} is reversed, and was never booked, as {_told(cause)}"
    standing: dict[Booked, list[Range]] = defaultdict(list)
    for (cause, generation), listed in booked.items():
        standing[cause] += difference(listed, undone[(cause, generation)])
    yield from _compared(standing, _expected(connection))


def _expected(connection: Connection) -> dict[Booked, list[Range]]:
    """What must stand in the ledger for the units as they are."""
    expected: dict[Booked, list[Range]] = defaultdict(list)
    for unit in _units(connection):
        for cause in _causes(unit):
            expected[cause].append(unit.range)
    return expected


def _compared(
    standing: dict[Booked, list[Range]], expected: dict[Booked, list[Range]]
) -> Iterator[str]:
    for cause in sorted(standing.keys() | expected.keys()):
        held, due = standing.get(cause, []), expected.get(cause, [])
        for missing in difference(due, held):
            yield f"{text(missing)} is not booked, but should be, as {_told(cause)}"
        for extra in difference(held, due):
            yield f"{text(extra)} is booked, and should not be, as {_told(cause)}"


def approach_totals_are_true(connection: Connection) -> Iterator[str]:
    """The totals of each cooperative approach are those of its units."""
    counted = Counter[str]()
    for unit in _units(connection):
        approach, count = unit.attributes.cooperative_approach, unit.range[2] - unit.range[1] + 1
        if unit.first_transferred:
            counted[first_transferred(approach)] += count
            counted[unspent(approach)] += 0 if unit.final else count
    kinds = (first_transferred(""), unspent(""))
    yield from _miscounted(connection, kinds, counted, Counter())


def authorization_totals_are_true(connection: Connection) -> Iterator[str]:
    """The quantity issued under each authorization is that of the units under it.

    A notice moves units, and their quantity with them, to another authorization.
    """
    hosts = {
        (registry, first): stated_attributes(attributes).first_transferring_party
        for registry, first, _, attributes in in_portions(connection, _ISSUED)
    }
    counted = Counter[str]()
    for registry, first, last, issued_first, authorization in in_portions(connection, _UNDER):
        host = hosts.get((registry, issued_first))
        if host is not None and authorization:
            counted[issued(host, authorization)] += last - first + 1
    waiting = Counter[str]()
    for (postings,) in in_portions(connection, _WAITING):
        for issue in from_text(postings).issues:
            host, state = (
                stated_attributes(issue.attributes).first_transferring_party,
                read_state(issue.state),
            )
            if state.authorization_id:
                waiting[issued(host, state.authorization_id)] += issue.units.range.quantity
    for registry, issued_first, authorization, account_type, quantity in in_portions(
        connection, _USED
    ):
        host = hosts.get((registry, issued_first))
        purpose = PURPOSE_OF_TYPE.get(account_type)
        if host is not None and authorization and purpose is not None:
            counted[used(host, authorization, purpose)] += quantity
    yield from _miscounted(connection, ("issued:", "used:"), counted, waiting)


def _miscounted(
    connection: Connection,
    kinds: tuple[str, ...],
    counted: Counter[str],
    waiting: Counter[str],
) -> Iterator[str]:
    """Tallies of some kinds that are not what was counted, or not there."""
    kept = {n: each for n, each in every_tally(connection).items() if n.startswith(kinds)}
    for name in sorted(kept.keys() | counted.keys() | waiting.keys()):
        tally = kept.get(name, NO_TALLY)
        if tally.quantity != counted[name]:
            yield f"{counted[name]} units are {name}; its tally says {tally.quantity}"
        if tally.reserved != waiting[name]:
            yield f"{waiting[name]} units wait to be {name}; its tally says {tally.reserved}"


def _units(connection: Connection) -> Iterator[_Unit]:
    """Units that were first transferred, used or cancelled, with what they were issued as."""
    issued = {
        (row[0], row[1]): stated_attributes(row[3]) for row in in_portions(connection, _ISSUED)
    }
    for registry, first, last, issued_first, vintage, *rest in in_portions(connection, _UNITS):
        attributes = issued.get((registry, issued_first))
        if attributes is not None:  # else see `issued_blocks_are_partitioned`
            first_transferred, account_type, final, party, tied_to, authorization = rest
            yield _Unit(
                range=(registry, first, last),
                attributes=attributes,
                # What was issued without authorization may have been authorized later.
                usable=current_type(attributes.unit_type, authorized=bool(authorization))
                in _USABLE,
                vintage=vintage,
                first_transferred=bool(first_transferred),
                account_type=account_type,
                final=bool(final),
                # The mechanism registry is no Party: its accounts are tied to one, or the host's.
                holder=tied_to or attributes.first_transferring_party
                if party == _MECHANISM
                else party,
            )


def _causes(unit: _Unit) -> Iterator[Booked]:
    """What must have been booked for a unit."""
    stated = unit.attributes
    if stated.metric is None:
        return
    ghg = stated.metric is Metric.GHG
    sign, metric = (1, GHG) if ghg else (-1, stated.non_ghg_metric)
    if unit.first_transferred:
        host = stated.first_transferring_party
        yield EntryKind.FIRST_TRANSFER.value, host, unit.vintage, sign, metric
    if unit.account_type == AccountType.USE_NDC.value and unit.usable:
        yield EntryKind.USE.value, unit.holder, 0, -sign, metric


def _told(cause: Booked) -> str:
    kind, party, year, sign, metric = cause
    when = f" for {year}" if year else ""
    direction = "an addition" if sign > 0 else "a subtraction"
    return f"{kind} of {party}{when}, {direction} in {metric}"
