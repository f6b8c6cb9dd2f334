# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The whole clearing-house against a naive model, over a few serial numbers, under each regime."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broker.reports.paris.as_of import holdings_as_of
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    failed,
    split_for_nothing,
    state_of,
)
from tests.kit.own_aefs import judged, told
from tests.kit.plays import PARIS, UNDER_KYOTO, UNDER_TOY, Play

SERIALS = 20
BY_PROPOSER = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
LIFETIME = timedelta(hours=24)
T = TypeVar("T")


@st.composite
def spans(draw: st.DrawFn) -> tuple[int, int]:
    first = draw(st.integers(1, SERIALS))
    return first, draw(st.integers(first, SERIALS))


SPANS = spans()
PLACES = st.integers(0, 5)


@dataclass
class Open:
    """A transaction that is not final."""

    name: str
    giver: str
    taker: str
    serials: range
    deadline: datetime
    by_proposer: bool
    accepted: bool = False
    ends: bool = False
    reverses: Done | None = None


@dataclass
class Done:
    """A completed transfer, and which of its units had never moved."""

    name: str
    giver: str
    taker: str
    serials: range
    first: set[int]
    agreed: bool = False
    reversed: bool = False


class House(RuleBasedStateMachine):
    """What the model expects of each message is what the house must decide."""

    play: ClassVar[Play]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world: ClearingWorld = self.run(self.play.world())
        self.owner = dict.fromkeys(range(1, SERIALS + 1), "tha")
        self.locked: dict[int, str] = {}
        self.transferred: set[int] = set()
        self.used: set[int] = set()
        self.moved_by: dict[int, str] = {}
        self.first_transfers = 0
        self.undone = 0
        self.done: list[Done] = []
        self.open: list[Open] = []
        self.ended: list[tuple[str, str]] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    # -- the model --------------------------------------------------------------------------------

    def free(self, serials: range, owner: str) -> bool:
        return all(self.owner[s] == owner and s not in self.locked for s in serials)

    def settle(self, ended: Open) -> None:
        first = set[int]()
        for serial in ended.serials:
            self.locked.pop(serial, None)
            self.owner[serial] = "used" if ended.ends else ended.taker
            self.moved_by[serial] = ended.name
            if ended.ends:
                self.used.add(serial)
            elif ended.reverses is None and serial not in self.transferred:
                first.add(serial)
        if ended.reverses is not None:
            ended.reverses.reversed = True
            self.transferred -= ended.reverses.first
            self.undone += len(ended.reverses.first)
        elif not ended.ends:
            self.transferred |= first
            self.first_transfers += len(first)
            self.done.append(Done(ended.name, ended.giver, ended.taker, ended.serials, first))
        self.end(ended, "COMPLETED")

    def end(self, ended: Open, state: str) -> None:
        for serial in ended.serials:
            if self.locked.get(serial) == ended.name:
                del self.locked[serial]
        self.open.remove(ended)
        self.ended.append((ended.name, state))

    # -- messages ---------------------------------------------------------------------------------

    @rule(span=SPANS, giver=st.sampled_from(["tha", "che"]), by_proposer=st.booleans())
    def propose(self, span: tuple[int, int], giver: str, *, by_proposer: bool) -> None:
        taker = "che" if giver == "tha" else "tha"
        wanted = self.play.transfer(
            self.world, *span, giver=f"{giver.upper()}01", taker=f"{taker.upper()}01"
        )
        self.proposed(wanted, Open("", giver, taker, range(0), LATER, by_proposer), span)

    @rule(span=SPANS, by_proposer=st.booleans())
    def take_for_good(self, span: tuple[int, int], *, by_proposer: bool) -> None:
        wanted = self.play.ended(self.world, *span)
        self.proposed(wanted, Open("", "che", "che", range(0), LATER, by_proposer, ends=True), span)

    @precondition(lambda self: self.done and self.play.reverses)
    @rule(place=PLACES, agree=st.booleans(), by_proposer=st.booleans())
    def reverse(self, place: int, *, agree: bool, by_proposer: bool) -> None:
        done = self.done[place % len(self.done)]
        if agree and not done.agreed:
            agreement = statements_pb2.ReversalStatement(
                transaction_id=done.name, reason="both ask"
            )
            self.run(self.world.operator.state(PayloadKind.REVERSAL_STATEMENT, agreement))
            done.agreed = True
        span = (done.serials[0], done.serials[-1])
        wanted = self.play.transfer(
            self.world,
            *span,
            giver=f"{done.taker.upper()}01",
            taker=f"{done.giver.upper()}01",
            kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
        )
        wanted.reverses = done.name
        made = Open("", done.taker, done.giver, range(0), LATER, by_proposer, reverses=done)
        self.proposed(wanted, made, span)

    def proposed(
        self, wanted: proposal_pb2.ProposedTransaction, made: Open, span: tuple[int, int]
    ) -> None:
        made.name, made.serials = wanted.transaction_id, range(span[0], span[1] + 1)
        made.deadline = self.world.clock.now() + LIFETIME
        if made.by_proposer:
            wanted.completion = BY_PROPOSER
        verdict = self.run(self.world.senders[made.giver].propose(wanted))
        valid = self.free(made.serials, made.giver)
        expected = {"ID_LOCKED", "ID_KNOWN_AND_HELD"}
        if made.reverses is not None:
            expected |= {"STATE_REVERSAL_AGREED", "REV_FITS_TRANSFER"}
            stayed = {self.moved_by[serial] for serial in made.serials} == {made.reverses.name}
            valid = valid and stayed and made.reverses.agreed and not made.reverses.reversed
        if not valid:
            assert verdict.state == decision_pb2.STATE_INVALIDATED
            assert failed(verdict).keys() & expected
            self.ended.append((made.name, "INVALIDATED"))
            return
        self.open.append(made)
        if made.ends and not made.by_proposer:
            assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
            self.settle(made)
            return
        assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
        for serial in made.serials:
            self.locked[serial] = made.name

    def answered(self, sender: str, kind: PayloadKind, named: Open) -> bool:
        return self.run(answer_to(self.world.senders[sender], kind, named.name)).effective

    @precondition(lambda self: self.open)
    @rule(place=PLACES)
    def accept(self, place: int) -> None:
        named = self.open[place % len(self.open)]
        effective = self.answered(named.taker, PayloadKind.ACCEPTANCE, named)
        assert effective == (not named.ends and not named.accepted)
        if effective and named.by_proposer:
            named.accepted = True
        elif effective:
            self.settle(named)

    @precondition(lambda self: self.open)
    @rule(place=PLACES)
    def reject(self, place: int) -> None:
        named = self.open[place % len(self.open)]
        effective = self.answered(named.taker, PayloadKind.REJECTION, named)
        assert effective == (not named.ends and not named.accepted)
        if effective:
            self.end(named, "REJECTED")

    @precondition(lambda self: self.open)
    @rule(place=PLACES)
    def withdraw(self, place: int) -> None:
        named = self.open[place % len(self.open)]
        effective = self.answered(named.giver, PayloadKind.WITHDRAWAL, named)
        assert effective == (not named.accepted)
        if effective:
            self.end(named, "TERMINATED")

    @precondition(lambda self: self.open)
    @rule(place=PLACES)
    def complete(self, place: int) -> None:
        named = self.open[place % len(self.open)]
        effective = self.answered(named.giver, PayloadKind.COMPLETION, named)
        assert effective == (named.by_proposer and (named.ends or named.accepted))
        if effective:
            self.settle(named)

    @precondition(lambda self: self.ended)
    @rule(place=PLACES, kind=st.sampled_from([PayloadKind.ACCEPTANCE, PayloadKind.WITHDRAWAL]))
    def speak_of_what_has_ended(self, place: int, kind: PayloadKind) -> None:
        name, _ = self.ended[place % len(self.ended)]
        for sender in ("tha", "che"):
            assert not self.run(answer_to(self.world.senders[sender], kind, name)).effective

    @rule(hours=st.integers(1, 20))
    def wait(self, hours: int) -> None:
        self.world.clock.advance(timedelta(hours=hours))
        due = [each for each in self.open if each.deadline <= self.world.clock.now()]
        assert self.run(self.world.house.expire_due()) == len(due)
        for each in due:
            self.end(each, "TERMINATED")

    # -- what must hold ---------------------------------------------------------------------------

    @invariant()
    def ledgers_agree(self) -> None:
        held: dict[int, tuple[str, str | None, bool]] = {}
        for first, last, registry, final, locked_by, state in self.world.connection.execute(
            "SELECT u.first, u.last, a.registry, a.final, u.locked_by,"
            " u.state FROM unit_block u JOIN account a ON a.account_id = u.account_id WHERE u.first <= ?",
            (SERIALS,),
        ):
            transferred = json.loads(state).get(self.play.moved or "nothing")
            owner = "used" if final else registry[:3].lower()
            for serial in range(first, min(last, SERIALS) + 1):
                held[serial] = (owner, locked_by, bool(transferred))
        marked = self.transferred if self.play.moved else set()
        assert held == {
            serial: (self.owner[serial], self.locked.get(serial), serial in marked)
            for serial in range(1, SERIALS + 1)
        }
        assert self.first_transfers - self.undone == len(self.transferred)
        assert self.play.broken(self.world.connection) == []
        assert split_for_nothing(self.world.connection) == []

    def teardown(self) -> None:
        for name, state in self.ended:
            assert state_of(self.world, name) == state
        assert self.play.problems(self.world.connection) == ()
        self.run(self.world.house.stop())
        self.runner.close()
        self.world.connection.close()


class ParisHouse(House):
    """What Paris keeps besides: adjustments, and holdings as they were."""

    play = PARIS

    def __init__(self) -> None:
        super().__init__()
        self.once: dict[int, dict[int, tuple[str, bool]]] = {}

    @invariant()
    def what_is_booked_agrees(self) -> None:
        booked = dict(
            self.world.connection.execute(
                "SELECT kind, sum(amount) FROM adjustment_entry GROUP BY kind"
            )
        )
        expected = {
            "FIRST_TRANSFER": self.first_transfers,
            "FIRST_TRANSFER_REVERSAL": self.undone,
            "USE": len(self.used),
        }
        assert booked == {kind: count for kind, count in expected.items() if count}
        leaf = self.world.connection.execute("SELECT max(log_index) FROM log_leaf").fetchone()[0]
        self.once[leaf] = {s: (self.owner[s], s in self.transferred) for s in self.owner}

    def as_it_was(self, log_index: int) -> dict[int, tuple[str, bool]]:
        found = {}
        for held in holdings_as_of(self.world.connection, up_to=log_index):
            owner = held.side.registry[:3].lower() if held.side.holds else "used"
            for serial in range(held.units.first, min(held.units.last, SERIALS) + 1):
                found[serial] = (owner, held.units.first_transferred)
        return found

    def teardown(self) -> None:
        for log_index, expected in self.once.items():
            assert self.as_it_was(log_index) == expected
        assert told(judged(self.world.connection)) == []
        super().teardown()


class ToyHouse(House):
    """The engine alone."""

    play = UNDER_TOY


class KyotoHouse(House):
    """Units of Kyoto; no transfer is taken back."""

    play = UNDER_KYOTO


LATER = datetime.max.replace(tzinfo=UTC)

TestHouse = ParisHouse.TestCase
TestHouse.settings = settings(max_examples=10, stateful_step_count=25, deadline=None)
TestToyHouse = ToyHouse.TestCase
TestToyHouse.settings = settings(max_examples=4, stateful_step_count=25, deadline=None)
TestKyotoHouse = KyotoHouse.TestCase
TestKyotoHouse.settings = settings(max_examples=2, stateful_step_count=25, deadline=None)


class LongParisHouse(ParisHouse):
    """The same with more histories."""


class LongToyHouse(ToyHouse):
    """Likewise."""


TestLongHouse = pytest.mark.slow(LongParisHouse.TestCase)
TestLongHouse.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestLongToyHouse = pytest.mark.slow(LongToyHouse.TestCase)
TestLongToyHouse.settings = settings(max_examples=6, stateful_step_count=25, deadline=None)
