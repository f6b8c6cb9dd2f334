# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of the unit ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import and_, bindparam, literal_column, or_, select

from broker.clearing.transactions.postings import from_text, locked_by
from broker.regime.postings import Issue, Units
from broker.rulebook.general.proposal import TransactionType
from broker.store import schema as s
from itmo.lifecycle import HOLDS_LOCK, State
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement
from itmo.serial_sets import Range, difference, overlaps, text

_I: Final = s.issued_block
_U: Final = s.unit_block
_T: Final = s.transaction
_ISSUED: Final = Statement(
    select(_I.c.registry, _I.c.first, _I.c.last).order_by(_I.c.registry, _I.c.first)
)
_UNITS: Final = Statement(
    select(_U.c.registry, _U.c.issued_first, _U.c.first, _U.c.last, _U.c.quantity).order_by(
        _U.c.registry, _U.c.issued_first, _U.c.first
    )
)
_LOCKED: Final = Statement(
    select(_U.c.locked_by, _U.c.registry, _U.c.first, _U.c.last, _U.c.account_id).where(
        _U.c.locked_by.is_not(None)
    )
)
_OPEN: Final = Statement(
    select(_T.c.transaction_id, _T.c.state, _T.c.from_account, _T.c.postings)
    .where(or_(_T.c.state == bindparam("validated"), _T.c.state == bindparam("accepted")))
    .order_by(_T.c.transaction_id)
)
_RESERVED: Final = Statement(select(s.reserved_serials))
_ISSUED_BY: Final = Statement(select(_I.c.transaction_id, _I.c.registry, _I.c.first, _I.c.last))
_ISSUANCES: Final = Statement(
    select(_T.c.transaction_id, _T.c.postings)
    .where(
        or_(_T.c.type == bindparam("issuance"), _T.c.type == bindparam("transition")),
        _T.c.state == bindparam("completed"),
    )
    .order_by(_T.c.transaction_id)
)
_CLOSED: Final = Statement(
    select(_U.c.account_id, _U.c.registry, _U.c.first, _U.c.last).join(
        s.account,
        and_(s.account.c.account_id == _U.c.account_id, s.account.c.closed == literal_column("1")),
    )
)


def issued_blocks_are_partitioned(connection: Connection) -> Iterator[str]:
    """The live ranges of each issued block cover it without gap and without overlap."""
    issued = {(registry, first): last for registry, first, last in in_portions(connection, _ISSUED)}
    expected = {block: block[1] for block in issued}
    for registry, issued_first, first, last, quantity in in_portions(connection, _UNITS):
        block, live = (registry, issued_first), text((registry, first, last))
        if quantity != last - first + 1:
            yield f"{live} is counted as {quantity} units"
        if block not in issued:
            yield f"{live} belongs to no issued block: none begins at {registry}:{issued_first}"
            continue
        if first > expected[block]:
            yield f"{text((registry, expected[block], first - 1))} was issued and is held by nobody"
        elif first < expected[block]:
            yield f"{live} overlaps another live range or begins before its issued block"
        if last > issued[block]:
            yield f"{live} reaches beyond its issued block, which ends at {issued[block]}"
        expected[block] = max(expected[block], last + 1)
    for (registry, first), last in issued.items():
        if expected[(registry, first)] <= last:
            missing = text((registry, expected[(registry, first)], last))
            yield f"{missing} was issued and is held by nobody"


def issued_blocks_come_from_issuances(connection: Connection) -> Iterator[str]:
    """Blocks are disjoint, and are exactly those of the issuances that were completed."""
    blocks: dict[str, list[Range]] = defaultdict(list)
    for transaction_id, *block in in_portions(connection, _ISSUED_BY):
        blocks[transaction_id].append((block[0], block[1], block[2]))
    for double in overlaps(block for listed in blocks.values() for block in listed):
        yield f"{text(double)} was issued twice"
    names = {
        "issuance": TransactionType.ISSUANCE.value,
        "transition": TransactionType.TRANSITION.value,
        "completed": State.COMPLETED.value,
    }
    for transaction_id, postings in in_portions(connection, _ISSUANCES, names):
        planned = [_range(issue.units) for issue in _issues(postings)]
        if sorted(planned) != sorted(blocks.pop(transaction_id, [])):
            yield f"issuance {transaction_id} is completed, but its blocks are not what it issued"
    for transaction_id in blocks:
        yield f"blocks were issued by {transaction_id}, which is no completed issuance"


def locks_belong_to_open_transactions(connection: Connection) -> Iterator[str]:
    """Locked units belong to open transactions, and open transactions hold all their locks."""
    locked: dict[str, list[Range]] = defaultdict(list)
    holders: dict[str, dict[str, list[Range]]] = defaultdict(lambda: defaultdict(list))
    for owner, registry, first, last, account_id in in_portions(connection, _LOCKED):
        locked[owner].append((registry, first, last))
        holders[owner][account_id].append((registry, first, last))
    validated, accepted = sorted(HOLDS_LOCK, reverse=True)
    names = {"validated": validated.value, "accepted": accepted.value}
    for transaction_id, state, account_id, postings in in_portions(connection, _OPEN, names):
        held = locked.pop(transaction_id, [])
        kept = from_text(postings)
        moving = [_range(each.units) for each in kept.moves]
        wanted = [_range(units) for units in locked_by(kept)]
        for gap in difference(wanted, held):
            yield f"transaction {transaction_id} is {state}, but {text(gap)} is not locked for it"
        for extra in difference(held, wanted):
            yield f"{text(extra)} is locked for {transaction_id}, which does not move it"
        # What a transaction changes of units that it does not move may lie in other accounts.
        changed = [_range(each.units) for each in kept.restates] if moving else []
        only = difference(changed, moving)
        elsewhere = holders[transaction_id].keys() - {account_id}
        for other in sorted(a for a in elsewhere if difference(holders[transaction_id][a], only)):
            yield f"transaction {transaction_id} holds locks in account {other}, not {account_id}"
    for owner, ranges in locked.items():
        yield f"{text(ranges[0])} is locked for {owner}, which is not open"


def waiting_issuances_reserve(connection: Connection) -> Iterator[str]:
    """Reserved serials are exactly those that open issuances will issue."""
    reserved = {(row[0], row[1], row[2]): row[3] for row in connection.execute(_RESERVED)}
    validated, accepted = sorted(HOLDS_LOCK, reverse=True)
    names = {"validated": validated.value, "accepted": accepted.value}
    for transaction_id, _, _, postings in in_portions(connection, _OPEN, names):
        for issue in _issues(postings):
            block = _range(issue.units)
            if reserved.pop(block, None) != transaction_id:
                yield f"{text(block)} is not reserved for {transaction_id}, which will issue it"
    for block, transaction_id in reserved.items():
        yield f"{text(block)} is reserved for {transaction_id}, which waits to issue no such block"


def _issues(postings: str) -> Iterator[Issue]:
    """What a transaction issues, under whichever rulebook."""
    for part in from_text(postings).parts:
        yield from part.issues


def _range(units: Units) -> Range:
    return units.registry, units.range.first, units.range.last


def closed_accounts_are_empty(connection: Connection) -> Iterator[str]:
    """No unit is in a closed account."""
    for account_id, *unit in in_portions(connection, _CLOSED):
        yield f"account {account_id} is closed and holds {text((unit[0], unit[1], unit[2]))}"
