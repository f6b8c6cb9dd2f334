# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Live unit ranges of one group of decisions, and the five things that can happen to them.

The ledger knows accounts, locks and ranges; what they mean is the rulebook's business. A range is
split when a posting needs a part of it; the row that keeps the first serial shrinks in place and
the parts behind it become rows of their own. Children inherit every attribute and flag. After each
posting, neighbours that differ in nothing but their serials are one row again: the rows are always
the longest runs of like units, whatever was split before and however decisions were grouped.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from itmo.frozen import quickly_made
from itmo.serials import SerialRange

_PLACE: Final = attrgetter("registry", "first")


class LedgerInvariantBroken(Exception):  # noqa: N818  # the name says what happened, not a mishap
    """A posting would break an invariant: a bug of ours, never of a proposer."""


@quickly_made
@dataclass(frozen=True, slots=True)
class UnitRow:
    """A live range: one holder, at most one lock."""

    registry: str
    first: int
    last: int
    issued_first: int
    account_id: str
    state: str
    """What may change of the units, as their rulebook writes it: canonical JSON."""
    locked_by: str | None = None
    moved_by: str = ""
    """The transaction that brought the units where they are, where it can be reversed; else empty,
    so that units that came together again by other ways are one range again."""

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1

    def continued_by(self, other: UnitRow) -> bool:
        """True when the other begins where this one ends and nothing else tells them apart."""
        return (
            other.first == self.last + 1
            and other.account_id == self.account_id
            and other.state == self.state
            and other.locked_by == self.locked_by
            and other.moved_by == self.moved_by
            and other.issued_first == self.issued_first
            and other.registry == self.registry
        )

    def cut(self, first: int, last: int) -> UnitRow:
        """The same of other serials."""
        return UnitRow(
            self.registry,
            first,
            last,
            self.issued_first,
            self.account_id,
            self.state,
            self.locked_by,
            self.moved_by,
        )


@dataclass(frozen=True, slots=True)
class UnitChanges:
    """Rows to insert, rows that begin where they began but changed, and rows that are no more.

    Those that end elsewhere are in `resized`, those of another account in `moved`, both in `updated`; those that
    are only locked, free or of another state now in `marked`.
    Write them in the order deleted, changed, inserted: then ranges never overlap in between.
    `deleted` are as they were loaded, the last serial first, so that each has a row before it.
    """

    inserted: tuple[UnitRow, ...] = ()
    updated: tuple[UnitRow, ...] = ()
    resized: tuple[UnitRow, ...] = ()
    moved: tuple[UnitRow, ...] = ()
    marked: tuple[UnitRow, ...] = ()
    deleted: tuple[UnitRow, ...] = ()

    @property
    def changed(self) -> tuple[UnitRow, ...]:
        """Rows that begin where they began."""
        return (*self.updated, *self.resized, *self.moved, *self.marked)


class UnitLedger:
    """The rows a group of decisions may touch. Rows outside were not loaded and stay as they are.

    Of each range to be posted the rows on either side are loaded too: it may become one with them.
    """

    __slots__ = ("_firsts", "_issued", "_loaded", "_rows", "_touched")

    def __init__(self, rows: Iterable[UnitRow]) -> None:
        self._rows: dict[str, list[UnitRow]] = {}
        for row in sorted(rows, key=_PLACE):
            self._rows.setdefault(row.registry, []).append(row)
        # Beside the rows their first serials: plain numbers are searched in a fraction of the time.
        self._firsts = {name: [row.first for row in own] for name, own in self._rows.items()}
        self._loaded: dict[tuple[str, int], UnitRow] = {}
        self._touched: dict[tuple[str, int], UnitRow | None] = {}
        self._issued = 0
        for listed in self._rows.values():
            for row in listed:
                self._loaded[(row.registry, row.first)] = row

    def overlapping(self, registry: str, wanted: SerialRange) -> list[UnitRow]:
        """Rows that share a serial with the range, in serial order."""
        firsts = self._firsts.get(registry)
        if firsts is None:
            return []
        first, last = wanted.first, wanted.last
        start = bisect_right(firsts, first)
        end = bisect_right(firsts, last, start)
        rows = self._rows[registry][start - 1 if start else 0 : end]
        return rows[1:] if start and rows[0].last < first else rows

    def rows(self) -> Iterator[UnitRow]:
        """Every row, by registry and serial."""
        for registry in sorted(self._rows):
            yield from self._rows[registry]

    def issue(self, row: UnitRow) -> None:
        """Brings units into being.

        Raises:
            LedgerInvariantBroken: a serial of the range lives already.
        """
        if self.overlapping(row.registry, SerialRange(row.first, row.last)):
            raise LedgerInvariantBroken(f"{row.registry}:{row.first}-{row.last} lives already")
        firsts = self._firsts.setdefault(row.registry, [])
        place = bisect_right(firsts, row.first)
        firsts.insert(place, row.first)
        self._rows.setdefault(row.registry, []).insert(place, row)
        self._touched[(row.registry, row.first)] = row
        self._issued += row.quantity

    def lock(self, registry: str, wanted: SerialRange, transaction_id: str) -> None:
        """Locks every unit of the range for a transaction.

        Raises:
            LedgerInvariantBroken: a unit is missing or locked.
        """

        def locked(row: UnitRow, first: int, last: int) -> UnitRow:
            if row.locked_by is not None:
                raise LedgerInvariantBroken(f"{registry}:{first} is locked by {row.locked_by}")
            return UnitRow(
                registry,
                first,
                last,
                row.issued_first,
                row.account_id,
                row.state,
                transaction_id,
                row.moved_by,
            )

        self._apply(registry, wanted, locked)

    def release(self, registry: str, wanted: SerialRange, transaction_id: str) -> None:
        """Releases the transaction's lock on every unit of the range.

        Raises:
            LedgerInvariantBroken: a unit is missing or not locked by it.
        """

        def released(row: UnitRow, first: int, last: int) -> UnitRow:
            if row.locked_by != transaction_id:
                raise LedgerInvariantBroken(f"{registry}:{first} is not locked by it")
            return UnitRow(
                registry,
                first,
                last,
                row.issued_first,
                row.account_id,
                row.state,
                None,
                row.moved_by,
            )

        self._apply(registry, wanted, released)

    def move(
        self,
        registry: str,
        wanted: SerialRange,
        from_account: str,
        to_account: str,
        transaction_id: str = "",
    ) -> None:
        """Moves every unit of the range between accounts, and notes which transaction did it.

        Raises:
            LedgerInvariantBroken: a unit is missing, locked or held elsewhere.
        """

        def moved(row: UnitRow, first: int, last: int) -> UnitRow:
            if row.account_id != from_account or row.locked_by is not None:
                raise LedgerInvariantBroken(f"{registry}:{first} cannot leave {from_account}")
            return UnitRow(
                registry,
                first,
                last,
                row.issued_first,
                to_account,
                row.state,
                None,
                transaction_id,
            )

        self._apply(registry, wanted, moved)

    def restate(self, registry: str, wanted: SerialRange, before: str, after: str) -> None:
        """Gives every unit of the range another state.

        Raises:
            LedgerInvariantBroken: a unit is missing, locked or in another state than it should be.
        """

        def restated(row: UnitRow, first: int, last: int) -> UnitRow:
            if row.locked_by is not None:
                raise LedgerInvariantBroken(f"{registry}:{first} is locked by {row.locked_by}")
            if row.state != before:
                raise LedgerInvariantBroken(
                    f"{registry}:{first} is in state {row.state}, expected {before}"
                )
            return UnitRow(
                registry,
                first,
                last,
                row.issued_first,
                row.account_id,
                after,
                None,
                row.moved_by,
            )

        self._apply(registry, wanted, restated)

    def hand_over(
        self,
        registry: str,
        wanted: SerialRange,
        sides: tuple[str, str],
        locked_by: str,
        moved_by: str,
        states: tuple[str, str] | None,
    ) -> None:
        """Releases, moves and restates every unit of the range, as one posting.

        Args:
            registry: Where the units originate.
            wanted: Their serials.
            sides: From which account to which.
            locked_by: The transaction that has locked them.
            moved_by: What is noted as having moved them.
            states: Their state before and after; None: it stays, whatever it is.

        Raises:
            LedgerInvariantBroken: a unit is missing, not locked by it, held elsewhere, or in another
                state than it should be.
        """
        from_account, to_account = sides

        def handed_over(row: UnitRow, first: int, last: int) -> UnitRow:
            if row.locked_by != locked_by:
                raise LedgerInvariantBroken(f"{registry}:{first} is not locked by it")
            if row.account_id != from_account:
                raise LedgerInvariantBroken(f"{registry}:{first} cannot leave {from_account}")
            state = row.state
            if states is not None:
                before, after = states
                if state != before:
                    raise LedgerInvariantBroken(
                        f"{registry}:{first} is in state {state}, expected {before}"
                    )
                state = after
            return UnitRow(
                registry, first, last, row.issued_first, to_account, state, None, moved_by
            )

        self._apply(registry, wanted, handed_over)

    def changes(self) -> UnitChanges:
        """What differs from what was loaded.

        Raises:
            LedgerInvariantBroken: the rows hold other units than those loaded and those issued.
        """
        inserted: list[UnitRow] = []
        deleted: list[UnitRow] = []
        updated: list[UnitRow] = []
        resized: list[UnitRow] = []
        moved: list[UnitRow] = []
        marked: list[UnitRow] = []
        more = 0
        for key, row in self._touched.items():
            before = self._loaded.get(key)
            more += (row.quantity if row else 0) - (before.quantity if before else 0)
            if row is None:
                if before is not None:
                    deleted.append(before)
            elif before is None:
                inserted.append(row)
            elif before.last != row.last:
                (resized if before.account_id == row.account_id else updated).append(row)
            elif before != row:
                (marked if before.account_id == row.account_id else moved).append(row)
        if more != self._issued:
            raise LedgerInvariantBroken(f"{more} units came, but {self._issued} were issued")
        deleted.sort(key=_PLACE, reverse=True)
        every = inserted, updated, resized, moved, marked, deleted
        return UnitChanges(*map(tuple, every))

    def _apply(
        self, registry: str, wanted: SerialRange, change: Callable[[UnitRow, int, int], UnitRow]
    ) -> None:
        """Changes every unit of the range, and joins what has become alike."""
        rows = self._rows.get(registry, [])
        start = index = max(bisect_right(self._firsts.get(registry, ()), wanted.first) - 1, 0)
        parts: list[UnitRow] = []
        expected = wanted.first
        while expected <= wanted.last:
            if index >= len(rows) or not rows[index].first <= expected <= rows[index].last:
                raise LedgerInvariantBroken(f"{registry}:{expected} does not live")
            row = rows[index]
            end = min(row.last, wanted.last)
            if row.first < expected:
                parts.append(row.cut(row.first, expected - 1))
            parts.append(change(row, expected, end))
            if end < row.last:
                parts.append(row.cut(end + 1, row.last))
            expected = end + 1
            index += 1
        if start > 0:
            start -= 1
            parts.insert(0, rows[start])
        if index < len(rows):
            parts.append(rows[index])
            index += 1
        self._put(registry, start, index, _joined(parts))

    def _put(self, registry: str, start: int, end: int, joined: list[UnitRow]) -> None:
        """Puts rows in the place of others that hold the same units."""
        rows = self._rows[registry]
        before = {row.first: row for row in rows[start:end]}
        rows[start:end] = joined
        self._firsts[registry][start:end] = [row.first for row in joined]
        for row in joined:
            if before.pop(row.first, None) is not row:
                self._touched[(registry, row.first)] = row
        for first in before:
            self._touched[(registry, first)] = None


def _joined(rows: Iterable[UnitRow]) -> list[UnitRow]:
    joined: list[UnitRow] = []
    for row in rows:
        if joined and joined[-1].continued_by(row):
            joined[-1] = joined[-1].cut(joined[-1].first, row.last)
        else:
            joined.append(row)
    return joined
