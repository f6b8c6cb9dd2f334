# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of transitions: what ended stays ended, and as much began under the other rulebook, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import bindparam, literal_column, or_, select

from broker.clearing.transactions.in_stead import UnevenTransitionError, in_stead
from broker.clearing.transactions.postings import from_text
from broker.regime.postings import Postings, Units
from broker.rulebook.general.proposal import TransactionType
from broker.store import schema as s
from itmo.lifecycle import State
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.serial_sets import Range, overlaps, text

_T: Final = s.transaction
_U: Final = s.unit_block
_I: Final = s.issued_block
_TRANSITIONS: Final = Statement(
    select(_T.c.transaction_id, _T.c.postings)
    .where(
        _T.c.type == literal_column(f"'{TransactionType.TRANSITION}'"),
        _T.c.state == literal_column(f"'{State.COMPLETED}'"),
    )
    .order_by(_T.c.transaction_id)
)
_ELSEWHERE: Final = Statement(
    select(_U.c.registry, _U.c.first, _U.c.last)
    .join(s.account, s.account.c.account_id == _U.c.account_id)
    .where(
        _U.c.registry == bindparam("of_registry"),
        _U.c.first <= bindparam("to_last"),
        _U.c.last >= bindparam("from_first"),
        or_(
            _U.c.account_id != bindparam("ending_account"),
            s.account.c.final == literal_column("0"),
        ),
    )
)
_BEGUN: Final = Statement(
    select(_I.c.transaction_id, _I.c.rulebook).where(
        _I.c.registry == bindparam("of_registry"), _I.c.first == bindparam("from_first")
    )
)


def completed_transitions(connection: Connection) -> Iterator[tuple[str, Postings]]:
    """Every transition that completed, with what it did."""
    for transaction_id, postings in connection.execute(_TRANSITIONS).fetchall():
        yield transaction_id, from_text(postings)


def units_end_once_and_begin_once(connection: Connection) -> Iterator[str]:
    """What a transition ended lies where it ended, and as many units began by it under one other rulebook."""
    ended: dict[str, list[Range]] = defaultdict(list)
    for transaction_id, postings in completed_transitions(connection):
        if postings.begins is None:
            yield f"transition {transaction_id} is completed, and nothing began in it"
            continue
        try:
            pairs = list(in_stead(postings))
        except UnevenTransitionError as error:
            yield f"transition {transaction_id}: {error}"
            continue
        for each in pairs:
            ended[transaction_id].append(_range(each.ended))
            yield from _left(connection, each.ended, postings.begins.ending_account)
        for issue in postings.begins.postings.issues:
            names = {"of_registry": issue.units.registry, "from_first": issue.units.range.first}
            found = connection.execute(_BEGUN, names).fetchone()
            if found != (transaction_id, postings.begins.rulebook):
                yield f"{text(_range(issue.units))} did not begin by transition {transaction_id}"
    for double in overlaps(each for listed in ended.values() for each in listed):
        yield f"{text(double)} ended twice"


def _left(connection: Connection, units: Units, ending_account: str) -> Iterator[str]:
    names = {
        "of_registry": units.registry,
        "from_first": units.range.first,
        "to_last": units.range.last,
        "ending_account": ending_account,
    }
    for row in connection.execute(_ELSEWHERE, names).fetchall():
        yield f"{text((row[0], row[1], row[2]))} ended in {ending_account}, and can be moved or is elsewhere"


def _range(units: Units) -> Range:
    return units.registry, units.range.first, units.range.last
