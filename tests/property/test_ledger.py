# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The unit ledger against a model that is too simple to be wrong: one entry per serial number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from broker.ledger.units import LedgerInvariantBroken, UnitChanges, UnitLedger, UnitRow
from itmo.serials import SerialRange

SERIALS = 24
HOME = "home"


@dataclass(frozen=True)
class Unit:
    """What is true of one serial number."""

    account: str
    locked_by: str | None
    transferred: bool
    issued_first: int


@st.composite
def spans(draw: st.DrawFn) -> SerialRange:
    first = draw(st.integers(1, SERIALS))
    return SerialRange(first, draw(st.integers(first, SERIALS)))


SPANS = spans()
ACCOUNTS = st.sampled_from([HOME, "away"])
NEW, MARKED = "new", "marked"
NAMES = st.sampled_from(["t1", "t2", "t3"])


def row(span: SerialRange, account: str) -> UnitRow:
    return UnitRow("THA01", span.first, span.last, span.first, account, NEW)


class Ledger(RuleBasedStateMachine):
    """Every posting happens to both; where the model says no, the ledger says so too."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = UnitLedger([])
        self.model: dict[int, Unit] = {}
        self.stored: dict[int, UnitRow] = {}

    @initialize(span=SPANS)
    def issued(self, span: SerialRange) -> None:
        self.issue(span, HOME)
        self.commit()

    def rows(self) -> list[UnitRow]:
        return self.ledger.overlapping("THA01", SerialRange(1, SERIALS + 10))

    def both(self, post: Callable[[UnitLedger], None], *, allowed: bool) -> bool:
        if allowed:
            post(self.ledger)
            return True
        # A posting that is refused may have changed some rows already: a group is given up then.
        with pytest.raises(LedgerInvariantBroken):
            post(UnitLedger(self.rows()))
        return False

    def units(self, span: SerialRange) -> list[Unit | None]:
        return [self.model.get(serial) for serial in range(span.first, span.last + 1)]

    def change(self, span: SerialRange, **fields: object) -> None:
        for serial in range(span.first, span.last + 1):
            self.model[serial] = replace(self.model[serial], **fields)  # type: ignore[arg-type]

    @rule(span=SPANS, account=ACCOUNTS)
    def issue(self, span: SerialRange, account: str) -> None:
        allowed = not any(self.units(span))
        if self.both(lambda ledger: ledger.issue(row(span, account)), allowed=allowed):
            for serial in range(span.first, span.last + 1):
                self.model[serial] = Unit(account, None, False, span.first)

    @rule(span=SPANS, name=NAMES)
    def lock(self, span: SerialRange, name: str) -> None:
        allowed = all(unit and unit.locked_by is None for unit in self.units(span))
        if self.both(lambda ledger: ledger.lock("THA01", span, name), allowed=allowed):
            self.change(span, locked_by=name)

    @rule(span=SPANS, name=NAMES)
    def release(self, span: SerialRange, name: str) -> None:
        allowed = all(unit and unit.locked_by == name for unit in self.units(span))
        if self.both(lambda ledger: ledger.release("THA01", span, name), allowed=allowed):
            self.change(span, locked_by=None)

    @rule(span=SPANS, source=ACCOUNTS, taker=ACCOUNTS)
    def move(self, span: SerialRange, source: str, taker: str) -> None:
        allowed = all(
            unit and unit.account == source and unit.locked_by is None for unit in self.units(span)
        )
        if self.both(lambda ledger: ledger.move("THA01", span, source, taker), allowed=allowed):
            self.change(span, account=taker)

    @rule(span=SPANS, source=ACCOUNTS, taker=ACCOUNTS, name=NAMES, marks=st.booleans())
    def hand_over(
        self, span: SerialRange, source: str, taker: str, name: str, *, marks: bool
    ) -> None:
        allowed = all(
            unit
            and unit.account == source
            and unit.locked_by == name
            and not (marks and unit.transferred)
            for unit in self.units(span)
        )
        states, sides = ((NEW, MARKED) if marks else None), (source, taker)

        def post(ledger: UnitLedger) -> None:
            ledger.hand_over("THA01", span, sides, name, "", states)

        if self.both(post, allowed=allowed):
            changes = {"transferred": True} if marks else {}
            self.change(span, account=taker, locked_by=None, **changes)

    @rule(span=SPANS)
    def mark(self, span: SerialRange) -> None:
        allowed = all(
            unit and unit.locked_by is None and not unit.transferred for unit in self.units(span)
        )
        if self.both(lambda ledger: ledger.restate("THA01", span, NEW, MARKED), allowed=allowed):
            self.change(span, transferred=True)

    @rule()
    def commit(self) -> None:
        """Writes the changes as the store does: what was joined goes, rows change, then new ones."""
        changes = self.ledger.changes()
        for gone in changes.deleted:
            assert self.stored.pop(gone.first) == gone
            before = [one for one in self.stored.values() if one.last == gone.first - 1]
            assert [one.issued_first for one in before] == [gone.issued_first]
        for changed in (*changes.updated, *changes.resized):
            if changed in changes.resized:
                assert self.stored[changed.first].account_id == changed.account_id
            del self.stored[changed.first]
            assert not any(
                one.first <= changed.last and changed.first <= one.last
                for one in self.stored.values()
            )
            self.stored[changed.first] = changed
        for kept in (*changes.moved, *changes.marked):
            was = self.stored[kept.first]
            assert was.last == kept.last
            if kept in changes.marked:
                assert was.account_id == kept.account_id
            self.stored[kept.first] = kept
        for added in changes.inserted:
            assert not any(
                one.first <= added.last and added.first <= one.last for one in self.stored.values()
            )
            self.stored[added.first] = added
        self.ledger = UnitLedger(self.stored.values())
        assert self.ledger.changes() == UnitChanges()

    @invariant()
    def both_say_the_same(self) -> None:
        rows = self.rows()
        assert [one.first for one in rows] == sorted(one.first for one in rows)
        said = {
            serial: Unit(one.account_id, one.locked_by, one.state == MARKED, one.issued_first)
            for one in rows
            for serial in range(one.first, one.last + 1)
        }
        assert said == self.model
        assert sum(one.quantity for one in rows) == len(self.model)
        # The rows are the longest runs of like units.
        assert [one.first for one in rows] == [
            serial
            for serial in sorted(self.model)
            if self.model[serial] != self.model.get(serial - 1)
        ]

    @rule(span=SPANS)
    def look(self, span: SerialRange) -> None:
        found = {
            serial
            for one in self.ledger.overlapping("THA01", span)
            for serial in range(one.first, one.last + 1)
        }
        wanted = set(range(span.first, span.last + 1)) & self.model.keys()
        assert wanted <= found
        assert self.ledger.overlapping("CHE01", span) == []


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


class LongLedger(Ledger):
    """The same with more histories."""


TestLongLedger = pytest.mark.slow(LongLedger.TestCase)
TestLongLedger.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
