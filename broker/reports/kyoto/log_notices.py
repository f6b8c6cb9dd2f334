# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices of the log as of a moment: what they ask for, what was done for it, and by which transactions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, cast

from sqlalchemy import bindparam, func, literal_column, select

from broker.regime.kyoto.regime import KYOTO
from broker.regime.kyoto.stated_keys import LOG_NOTICE, RULEBOOK, log_notice
from broker.reports.snapshot import snapshot, until
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.effects.counts import met as met_of
from broker.rulebook.kyoto.log_notice import LogNotice, NoticeStatus, as_it_stands
from broker.store import schema as s
from broker.store.stated import Span, stated_messages
from itmo.clock import from_ms
from itmo.identifiers import RegistryId, registry_party
from itmo.lifecycle import HOLDS_LOCK, State
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_T: Final = s.transaction
_E: Final = s.transaction_event
_NAMING: Final = Statement(
    select(
        _T.c.transaction_id,
        _T.c.type,
        _T.c.postings,
        _T.c.proposed_at,
        _E.c.to_state,
        s.log_leaf.c.decided_at,
    )
    .select_from(_T)
    .join(_E, _E.c.transaction_id == _T.c.transaction_id)
    .join(s.log_leaf, s.log_leaf.c.log_index == _E.c.log_index)
    .where(
        _T.c.rulebook == bindparam("of_rulebook"),
        s.log_leaf.c.decided_at <= bindparam("until"),
        func.instr(_T.c.postings, literal_column(f"'{met_of(0).removesuffix('0')}'"))
        > literal_column("0"),
    )
    .order_by(_T.c.proposed_at, _T.c.transaction_id, _E.c.ordinal)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one message stated of a notice."""

    log_index: int
    at: datetime
    stated: LogNotice


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A transaction that names a notice, as it stands."""

    transaction_id: str
    type: TransactionType
    state: State
    quantity: int
    proposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A notice as of a moment.

    Attributes:
        notice: With every update so far.
        status: How it stands on the day.
        met: Units of completed transactions that name it.
        waiting: Units of those that wait.
        history: What was stated of it, the oldest first.
        answers: Transactions that name it, the oldest first.
    """

    notice: LogNotice
    status: NoticeStatus
    met: int
    waiting: int
    history: tuple[Said, ...]
    answers: tuple[Answer, ...]

    @property
    def party(self) -> str:
        """The Party of the registry that is to act."""
        return registry_party(RegistryId(self.notice.registry))

    @property
    def left(self) -> int:
        """Units that are still asked for, and that nothing waits to be done for."""
        return max(self.notice.quantity - self.met - self.waiting, 0)


def standings(connection: Connection, today: date, as_of: datetime | None = None) -> list[Standing]:
    """Every notice, by number.

    Args:
        connection: The database.
        today: The day by which notices are overdue.
        as_of: Leave out what was stated or decided later; None: nothing.
    """
    with snapshot(connection):
        said = _said(connection, as_of)
        answers = _answers(connection, as_of)
    return [
        _standing(history, answers.get(number, []), today)
        for number, history in sorted(said.items())
    ]


def _standing(history: list[Said], answers: list[Answer], today: date) -> Standing:
    notice = as_it_stands(each.stated for each in history)
    met = sum(each.quantity for each in answers if each.state is State.COMPLETED)
    return Standing(
        notice=notice,
        status=notice.standing(met, today),
        met=met,
        waiting=sum(each.quantity for each in answers if each.state in HOLDS_LOCK),
        history=tuple(history),
        answers=tuple(answers),
    )


def _said(connection: Connection, as_of: datetime | None) -> dict[int, list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    for each in stated_messages(connection, Span.every(RULEBOOK, LOG_NOTICE)):
        if each.decided_at <= until(as_of):
            number = int(each.name)
            stated = cast("LogNotice", KYOTO.read(log_notice(number), each.payload))
            at = from_ms(each.decided_at)
            found[number].append(Said(log_index=each.log_index, at=at, stated=stated))
    return found


def _answers(connection: Connection, as_of: datetime | None) -> dict[int, list[Answer]]:
    """Transactions by the notice that they name: each with the last of its states."""
    found: dict[int, dict[str, Answer]] = defaultdict(dict)
    names = {"of_rulebook": RULEBOOK, "until": until(as_of)}
    for name, kind, postings, proposed_at, state, _ in connection.execute(_NAMING, names):
        for number, quantity in _met(postings):
            found[number][name] = Answer(
                transaction_id=name,
                type=TransactionType(kind),
                state=State(state),
                quantity=quantity,
                proposed_at=from_ms(proposed_at),
            )
    return {number: list(each.values()) for number, each in found.items()}


def _met(postings: str) -> Iterator[tuple[int, int]]:
    for name, quantity in json.loads(postings)["tallies"]:
        kind, _, number = name.partition(":")
        if f"{kind}:" == met_of(0).removesuffix("0"):
            yield int(number), quantity
