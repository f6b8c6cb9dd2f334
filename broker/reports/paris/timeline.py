# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every unit was and when, in a database of its own beside the ledger: the timeline.

It follows from the record and holds nothing else, so it is brought up to the record when a question
comes, and made anew where it does not fit. Decisions never wait for it.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from functools import partial
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, select

from broker.clearing.transactions.postings import from_text
from broker.ledger.units import UnitLedger, UnitRow
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import carried_over, read_state
from broker.regime.paris.stated_keys import RULEBOOK
from broker.regime.postings import Postings, Restate, Units
from broker.reports.completed import LAST, completed, nth_completion, restated
from broker.reports.paris.booked_sums import take_entries
from broker.reports.paris.fates import fate
from broker.reports.paris.holders import Holders, Side
from broker.reports.paris.timeline_file import in_use, make_anew, of_ledger, opened, when_free
from broker.reports.paris.timeline_tables import FOR_EVER, LIVING, Lived, read, size_class
from broker.reports.snapshot import snapshot
from broker.store import schema as s
from broker.store.decoding import Row
from broker.store.log_head import log_size
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.serials import SerialRange

TURN: Final = 1_000
"""Ranges of units taken in at a time: some 0.2 s of one core. What one decision changed is not parted: of a batch of
a thousand transfers it is half a second."""
WINDOW: Final = 4_000
"""Decisions looked at in a turn, and no more than complete as many transactions as a turn has ranges: a server may sort
all that it is asked for before it hands over the first."""
_LEAF: Final = Statement(
    select(s.log_leaf.c.leaf_hash).where(s.log_leaf.c.log_index == bindparam("place"))
)
_END: Final = (
    "UPDATE lived SET until = ? WHERE registry = ? AND size = ? AND first = ? AND since = ?"
)
_DROP: Final = "DELETE FROM lived WHERE registry = ? AND size = ? AND first = ? AND since = ?"
_ADD: Final = f"INSERT INTO lived VALUES ({', '.join('?' * len(fields(Lived)))})"  # noqa: S608  # marks
_SUMS: Final = (
    "SELECT held, used, cancelled, first_transferred FROM summed WHERE approach = ?"
    " ORDER BY since DESC LIMIT 1"
)
_TOUCH: Final = "INSERT OR IGNORE INTO touched VALUES (?, ?, ?, ?, ?, ?)"
_CONCERN: Final = "INSERT INTO concerned VALUES (?, ?, ?, ?, ?)"
_NOTE: Final = "INSERT INTO done VALUES (?, ?, ?, ?, ?, ?)"
_LATEST: Final = "SELECT latest FROM step ORDER BY place DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class _Change:
    """What one transaction, or one statement that restates units, does to units."""

    log_index: int
    ordinal: int
    decided_at: int
    transaction_id: str
    accounts: tuple[str, ...]
    postings: Postings

    @property
    def touched(self) -> list[Units]:
        """The ranges of units that it changes, one of them as often as it does."""
        made = self.postings
        return [
            *(each.units for each in made.issues),
            *(each.units for each in made.moves),
            *(each.units for each in made.restates),
        ]


class Timeline:
    """The timeline of one ledger, used by one thread at a time; opened when it is first read."""

    def __init__(self, file: Path | None = None) -> None:
        """Takes a file for it; None: beside the ledger, where that is a file, else until it is closed."""
        self._file = file
        self._opened: sqlite3.Connection | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """Its tables (see `timeline_tables`), once something was read."""
        if self._opened is None:
            raise LookupError("the timeline was not read yet")
        return self._opened

    def open(self, ledger: Connection) -> sqlite3.Connection:
        """Opens it, if it is not open yet; returns its tables."""
        if self._opened is None:
            file = self._file or of_ledger(ledger)
            self._opened = when_free(lambda: opened(file))
        return self._opened

    def make_anew(self, ledger: Connection) -> None:
        """Throws away what is in it."""
        tables = self.open(ledger)
        when_free(lambda: make_anew(tables))

    def decisions(self, ledger: Connection) -> int:
        """How many decisions are in it."""
        return int(self.open(ledger).execute("SELECT log_index FROM place").fetchone()[0]) + 1

    def read_on(self, ledger: Connection, end: int = LAST, most: int | None = None) -> bool:
        """Takes in what a turn holds; True once it stands at the end of the record, or at a place.

        While another process has its turn, there is nothing to do but to come again.

        Args:
            ledger: What it is made of.
            end: The last place in the log that is wanted.
            most: Ranges of units that are taken in; none: TURN.
        """
        self.open(ledger)
        try:
            # Its own turn first: another process of this broker may have taken in what is newer.
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if in_use(error):
                return False
            raise
        try:
            done = self._is_ahead(ledger)
            with snapshot(ledger):
                done = done or self._take(ledger, end, most or TURN)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return done

    def read_all(self, ledger: Connection) -> sqlite3.Connection:
        """Takes in all that is left; returns its tables."""
        while not self.read_on(ledger):
            pass
        return self.connection

    @contextmanager
    def standing(self, ledger: Connection, place: int) -> Iterator[sqlite3.Connection | None]:
        """Its tables, as they are at one time, once they have come to a place in the log.

        None while they have not: then a turn was read. Another process may begin it anew between two questions.
        """
        if not self.read_on(ledger, place):
            yield None
            return
        with snapshot(self.connection):
            yield self.connection if self.decisions(ledger) > place else None

    def close(self) -> None:
        """Closes it."""
        if self._opened is not None:
            self._opened.close()

    def _is_ahead(self, ledger: Connection) -> bool:
        """Whether another process has taken in what the caller's own snapshot does not show yet."""
        (place,) = self.connection.execute("SELECT log_index FROM place").fetchone()
        return ledger.in_transaction is True and int(place) >= log_size(ledger)

    def _take(self, ledger: Connection, end: int, most: int) -> bool:
        place, leaf = self.connection.execute("SELECT log_index, leaf_hash FROM place").fetchone()
        if place >= 0 and leaf_at(ledger, place) != leaf:  # an older copy was put in place
            make_anew(self.connection)
            place = -1
        goal = min(end, log_size(ledger) - 1)
        full = nth_completion(ledger, place, most)
        reach = min(goal, place + WINDOW, goal if full is None else full)
        done = bool(reach >= goal)
        last, taken, holders = place, 0, Holders(ledger)
        with closing(_changes(ledger, place, reach)) as changes:
            for change in changes:
                if taken >= most and change.log_index != last:
                    reach, done = last, False
                    break
                if change.log_index != last:
                    self._step(change)
                self._put(holders, change)
                last, taken = change.log_index, taken + len(change.touched)
        take_entries(self.connection, ledger, reach)
        if reach > place:
            self.connection.execute(
                "UPDATE place SET log_index = ?, leaf_hash = ?", (reach, leaf_at(ledger, reach))
            )
        return done

    def _put(self, holders: Holders, change: _Change) -> None:
        postings, place = change.postings, change.log_index
        self._note(holders, change)
        blocks = {}
        for issue in postings.issues:
            stated = stated_attributes(issue.attributes)
            blocks[issue.units.registry, issue.units.range.first] = (
                stated.cooperative_approach,
                stated.first_transferring_party,
            )
        before = {(row.registry, row.first): row for row in self._living(change.touched)}
        for row in before.values():
            blocks[row.registry, row.issued_first] = row.approach, row.host
        units = UnitLedger(row.unit for row in before.values())
        _post(units, postings)
        changes = units.changes()
        gone = [before[row.registry, row.first] for row in (*changes.deleted, *changes.changed)]
        came = [
            _lived(row, place, holders.side(row.account_id), blocks)
            for row in (*changes.changed, *changes.inserted)
        ]
        # What one decision made and ended was never there.
        ended = [row for row in gone if row.since != place]
        self.connection.executemany(_DROP, (_key(row) for row in gone if row.since == place))
        self.connection.executemany(_END, ((place, *_key(row)) for row in ended))
        self.connection.executemany(_ADD, (row.row for row in came))
        self.connection.executemany(_TOUCH, map(partial(_touch, change), change.touched))
        self.connection.executemany(
            _CONCERN,
            (
                (party, change.decided_at, place, change.ordinal, change.transaction_id)
                for party in {name for row in (*gone, *came) for name in (row.party, row.host)}
            ),
        )
        self._sum(place, gone, came)

    def _living(self, named: Iterable[Units]) -> Iterator[Lived]:
        """Live rows that share a serial with one of the ranges, or lie beside one."""
        for units in dict.fromkeys(named):
            run = units.range
            names = {"registry": units.registry, "first": run.first - 1, "last": run.last + 1}
            yield from map(read, self.connection.execute(LIVING, names))

    def _step(self, change: _Change) -> None:
        """When a decision was made that changed units."""
        latest = self.connection.execute(_LATEST).fetchone()
        self.connection.execute(
            "INSERT INTO step VALUES (?, ?)",
            (change.log_index, max(change.decided_at, latest[0] if latest else 0)),
        )

    def _note(self, holders: Holders, change: _Change) -> None:
        """In which registries it was done."""
        registries = [holders.side(each).registry for each in change.accounts]
        sides = {tuple(registries), tuple(reversed(registries))} if registries else ()
        self.connection.executemany(
            _NOTE,
            (
                (
                    one, change.decided_at, change.log_index, change.ordinal,
                    change.transaction_id, other,
                )
                for one, other in sides
            ),
        )  # fmt: skip

    def _sum(self, place: int, gone: Iterable[Lived], came: Iterable[Lived]) -> None:
        """Adds up each approach as it is from a decision on."""
        more: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for sign, rows in ((-1, gone), (1, came)):
            for row in rows:
                units = sign * (row.last - row.first + 1)
                more[row.approach][fate(row.account_type)] += units
                more[row.approach][3] += units if row.first_transferred else 0
        for approach, added in more.items():
            if any(added):
                sums = self.connection.execute(_SUMS, (approach,)).fetchone() or ("0",) * 4
                now = [str(int(old) + new) for old, new in zip(sums, added, strict=True)]
                self.connection.execute(
                    "INSERT OR REPLACE INTO summed VALUES (?, ?, ?, ?, ?, ?)",
                    (approach, place, *now),
                )


def leaf_at(ledger: Connection, place: int) -> bytes | None:
    """The leaf at a place in the log; None where the log ends before."""
    found = ledger.execute(_LEAF, {"place": place}).fetchone()
    return found[0] if found else None


def _touch(change: _Change, units: Units) -> tuple[object, ...]:
    first, last = units.range.first, units.range.last
    size = size_class(first, last)
    return units.registry, size, first, change.log_index, change.transaction_id, last


def _key(row: Lived) -> tuple[str, int, int, int]:
    return row.registry, row.size, row.first, row.since


def _lived(
    row: UnitRow, place: int, side: Side, blocks: dict[tuple[str, int], tuple[str, str]]
) -> Lived:
    state = read_state(row.state)
    approach, host = blocks[row.registry, row.issued_first]
    return Lived(
        registry=row.registry,
        first=row.first,
        last=row.last,
        since=place,
        until=FOR_EVER,
        size=size_class(row.first, row.last),
        issued_first=row.issued_first,
        account_id=row.account_id,
        account_type=side.account_type,
        holder=side.registry,
        party=side.party,
        approach=approach,
        host=host,
        vintage=state.vintage,
        first_transferred=state.first_transferred,
        state=row.state,
    )


def _changes(ledger: Connection, after: int, until: int) -> Generator[_Change, None, None]:
    """What changed units behind a place in the log, up to another one, in its order."""
    done = map(_done, completed(ledger, RULEBOOK, after, until=until))
    stated = (
        _Change(place, 0, listed[0][1], "", (), _restating(listed))
        for place, found in groupby(
            restated(ledger, RULEBOOK, after, until=until), key=itemgetter(0)
        )
        for listed in (list(found),)
    )
    yield from merge(done, stated, key=attrgetter("log_index"))


def _done(row: Row) -> _Change:
    """A completed transaction."""
    name, _, giver, taker, _, ordinal, *rest = row
    written, place, at = rest
    return _Change(place, ordinal, at, name, (giver, taker), from_text(written))


def _restating(rows: Iterable[tuple[object, ...]]) -> Postings:
    return Postings(
        restates=tuple(
            Restate(Units(registry, SerialRange(first, last)), before, after)  # type: ignore[arg-type]  # STRICT columns
            for _, _, registry, first, last, before, after in rows
        )
    )


def _post(ledger: UnitLedger, postings: Postings) -> None:
    """Posts as the command path does, but for locks and for who moved what."""
    for issue in postings.issues:
        units = issue.units
        ledger.issue(
            UnitRow(
                registry=units.registry,
                first=units.range.first,
                last=units.range.last,
                issued_first=units.range.first,
                account_id=issue.to_account,
                state=issue.state,
            )
        )
    for move in postings.moves:
        ledger.move(move.units.registry, move.units.range, move.from_account, move.to_account)
    for each in postings.restates:
        registry, wanted = each.units.registry, each.units.range
        for row in ledger.overlapping(registry, wanted):
            part = SerialRange(max(row.first, wanted.first), min(row.last, wanted.last))
            state = carried_over(row.state, each.before, each.after)
            ledger.restate(registry, part, row.state, state)
