# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Random histories of tCERs and lCERs in a real clearing-house, against a naive model of single units."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.known_regimes import ALL_REGIMES
from broker.reports.kyoto.history import History
from broker.reports.kyoto.log_notices import standings
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, answer_to, failed
from tests.kit.forest import (
    acquire,
    forest_world,
    give_notice,
    into,
    replacement,
    under,
    waiting,
)
from tests.unit.broker.regime.test_kyoto_story import tallies

Unit = tuple[str, int]
NOTICES = {3: 15, 4: 12}
"""How many units the notices of these types ask for; a notice has the number of its type."""
ACCOUNTS = {411: "tCER", 421: "lCER", 422: "lCER"}
"""What is replaced into accounts of these types."""


@dataclass
class One:
    """A unit."""

    kind: str
    period: int = 2
    project: int = 0
    expiry: date | None = None
    account: int = 100
    replaced_by: str = ""
    locked: str = ""


def _group(first: int, last: int, one: One) -> dict[Unit, One]:
    return {("IND01", number): One(**vars(one)) for number in range(first, last + 1)}


def all_units() -> dict[Unit, One]:
    """40 AAUs; tCERs of both periods; lCERs of two projects."""
    return {
        **{("GBR01", number): One("AAU") for number in range(1, 41)},
        **_group(1, 12, One("tCER", 1, 7, date(2027, 12, 31))),
        **_group(101, 112, One("lCER", 2, 7, date(2026, 12, 31))),
        **_group(113, 118, One("lCER", 2, 8, date(2026, 12, 31))),
        **_group(201, 208, One("tCER", 2, 7, date(2033, 12, 31))),
    }


@dataclass
class Step:
    """What is tried; spans are of one registry, from a first serial."""

    what: str
    account: int
    acting: tuple[str, int, int]
    replaced: tuple[int, int]
    notice: int
    wait: bool

    @property
    def twice(self) -> bool:
        """True where a unit acts and is named at once."""
        registry, first, count = self.acting
        named = range(self.replaced[0], sum(self.replaced))
        both = set(range(first, first + count)).intersection(named)
        return self.what == "replace" and registry == "IND01" and bool(both)


@dataclass
class Model:
    """Single units, what waits, and what was done for notices."""

    units: dict[Unit, One] = field(default_factory=all_units)
    open: dict[str, tuple[Step, list[One], list[One]]] = field(default_factory=dict)
    met: dict[int, int] = field(default_factory=lambda: dict.fromkeys(NOTICES, 0))
    kept: dict[int, int] = field(default_factory=lambda: dict.fromkeys(NOTICES, 0))

    def acting(self, step: Step) -> list[One | None]:
        registry, first, count = step.acting
        return [self.units.get((registry, first + n)) for n in range(count)]

    def named(self, step: Step) -> list[One | None]:
        first, count = step.replaced
        return [self.units.get(("IND01", first + n)) for n in range(count)]

    def allows(self, step: Step, today: date) -> bool:
        """By the rules, unit by unit."""
        acting = [each for each in self.acting(step) if each is not None]
        here = len(acting) == step.acting[2] and len({each.period for each in acting}) == 1
        if not here or any(each.account != 100 or each.locked for each in acting):
            return False
        if step.what == "cancel":
            return self._fits(step, acting, step.notice == 4)
        if any(each.expiry and each.expiry < today for each in acting):
            return False
        if step.what == "retire":
            return not step.notice
        replaced = [each for each in self.named(step) if each is not None]
        asked = step.notice == (4 if step.account == 422 else 3)
        return (
            len(replaced) == step.replaced[1] == len(acting)
            and all(each.period == 2 for each in acting)
            and all(self._replaceable(step, each) for each in replaced)
            and all(self._stands_for(step, one, other) for one in acting for other in replaced)
            and (step.account != 422 or step.notice == 4)
            and self._fits(step, replaced, asked)
        )

    def _replaceable(self, step: Step, each: One) -> bool:
        used = each.account in {300, 411, 421, 422}
        return (
            each.kind == ACCOUNTS[step.account]
            and used
            and not each.replaced_by
            and not each.locked
        )

    def _stands_for(self, step: Step, one: One, other: One) -> bool:
        if one.expiry is None or other.expiry is None:
            return True
        if one.kind == "tCER":
            return step.account == 411 and one.expiry > other.expiry
        return step.account == 422 and one.project == other.project

    def _fits(self, step: Step, about: list[One], asked: bool) -> bool:
        if not step.notice:
            return True
        types = {3: {"tCER", "lCER"}, 4: {"lCER"}}[step.notice]
        left = NOTICES[step.notice] - self.met[step.notice] - self.kept[step.notice]
        return (
            asked
            and all(each.kind in types for each in about)
            and all(step.notice != 4 or each.project == 7 for each in about)
            and step.acting[2] <= left
        )

    def begin(self, name: str, step: Step) -> None:
        acting = [each for each in self.acting(step) if each is not None]
        named = [each for each in self.named(step) if each is not None]
        named = named if step.what == "replace" else []
        for each in (*acting, *named):
            each.locked = name
        if step.notice:
            self.kept[step.notice] += len(acting)
        self.open[name] = (step, acting, named)

    def end(self, name: str, *, done: bool) -> None:
        step, acting, named = self.open.pop(name)
        for each in (*acting, *named):
            each.locked = ""
        if step.notice:
            self.kept[step.notice] -= len(acting)
        if not done:
            return
        for each in acting:
            each.account = {"retire": 300, "cancel": 250}.get(step.what, step.account)
        for each in named:
            assert not each.replaced_by, "a unit is replaced once"
            each.replaced_by = name
        if step.notice:
            self.met[step.notice] += len(acting)


INDIAN = st.one_of(
    *(
        st.tuples(st.just("IND01"), st.integers(first, last), st.integers(1, 5))
        for first, last in ((1, 12), (101, 118), (201, 208))
    )
)
SPANS = st.one_of(INDIAN, st.tuples(st.just("GBR01"), st.integers(1, 40), st.integers(1, 5)))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    what = draw(st.sampled_from(["retire", "cancel", "replace", "replace", "replace"]))
    acting = draw(SPANS)
    _, first, _ = draw(INDIAN)
    # Nearly always as many, so that most replacements fail for a better reason or not at all.
    more = draw(st.sampled_from([0, 0, 0, 0, 0, 1]))
    return Step(
        what=what,
        account=draw(st.sampled_from(sorted(ACCOUNTS))),
        acting=acting,
        replaced=(first, acting[2] + more),
        notice=draw(st.sampled_from([0, 0, 3, 4])),
        wait=draw(st.booleans()),
    )


DAYS = (date(2026, 6, 1), date(2026, 12, 31), date(2027, 1, 1), date(2028, 1, 1))
MOVES = st.one_of(
    steps(),
    steps(),
    steps(),
    st.sampled_from(["complete", "withdraw"]),
    st.sampled_from(DAYS),
)


def written(world: ClearingWorld, step: Step, model: Model) -> proposal_pb2.ProposedTransaction:
    registry, first, count = step.acting
    span = (first, first + count - 1)
    if step.what == "replace":
        last = step.replaced[0] + step.replaced[1] - 1
        proposed = replacement(
            world, span, (step.replaced[0], last), account_type=step.account, units=registry
        )
    else:
        one = next((each for each in model.acting(step) if each), None)
        kind, account = ("RETIREMENT", 300) if step.what == "retire" else ("CANCELLATION", 250)
        proposed = into(world, kind, account, *span, one.period if one else 2, units=registry)
    if step.notice:
        under(proposed, step.notice)
    return waiting(proposed) if step.wait else proposed


async def propose(world: ClearingWorld, model: Model, step: Step) -> None:
    if step.twice:
        return  # not even a proposal
    proposed = written(world, step, model)
    allowed = model.allows(step, world.clock.now().date())
    verdict = await world.senders["gbr"].propose(proposed)
    taken = verdict.state != decision_pb2.STATE_INVALIDATED
    assert taken == allowed, (step, failed(verdict))
    if not taken:
        return
    model.begin(proposed.transaction_id, step)
    if not step.wait:
        assert verdict.state == decision_pb2.STATE_COMPLETED
        model.end(proposed.transaction_id, done=True)


async def move_on(world: ClearingWorld, model: Model, kind: PayloadKind) -> None:
    name = min(model.open, default="")
    if not name:
        return
    fields = {"reason": "changed"} if kind is PayloadKind.WITHDRAWAL else {}
    told = await answer_to(world.senders["gbr"], kind, name, **fields)
    assert told.effective, told.refusal
    model.end(name, done=kind is PayloadKind.COMPLETION)


async def pass_time(world: ClearingWorld, model: Model, day: date) -> None:
    """Whatever waits is over: its deadline has come, at the latest."""
    then = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    if (then - world.clock.now()).days < 2:
        return
    world.clock.set(then)
    await world.house.expire_due()
    for name in list(model.open):
        model.end(name, done=False)


def compare(world: ClearingWorld, model: Model) -> None:
    history = History(world.connection)
    for _ in history.events():
        pass
    found = {
        (lot.registry, number): (holder.account_type, lot.attributes.replaced_by)
        for holder, lot in history.held()
        for number in range(lot.range.first, lot.range.last + 1)
        if (lot.registry, number) in model.units
    }
    assert found == {name: (one.account, one.replaced_by) for name, one in model.units.items()}
    counts = tallies(world)
    for each in standings(world.connection, world.clock.now().date()):
        number = each.notice.number
        assert each.met == model.met[number]
        assert each.waiting == model.kept[number]
        done = [a.quantity for a in each.answers if a.state == "COMPLETED"]
        assert sum(done) == each.met
        assert counts.get(f"kyoto-met:{number}", (0, 0)) == (each.met, each.waiting)
    replaced = sum(1 for one in model.units.values() if one.replaced_by)
    assert replaced == sum(1 for one in model.units.values() if one.account in ACCOUNTS)


async def play(moves: list[Step | str | date]) -> None:
    world, model = await forest_world(), Model()
    await acquire(world, "tCER", 1, 12)
    await acquire(world, "lCER", 101, 112, period=2)
    await acquire(world, "lCER", 113, 118, period=2, project=8)
    await acquire(world, "tCER", 201, 208, period=2, expiry="2033-12-31")
    await give_notice(world, 3, 3, quantity=NOTICES[3])
    await give_notice(world, 4, 4, quantity=NOTICES[4], project="IND7")
    for serial in (1, 101, 113):  # a part of each is used from the start
        await propose(world, model, Step("retire", 0, ("IND01", serial, 4), (1, 1), 0, wait=False))
    for each in moves:
        if isinstance(each, Step):
            await propose(world, model, each)
        elif isinstance(each, date):
            await pass_time(world, model, each)
        else:
            done = PayloadKind.COMPLETION if each == "complete" else PayloadKind.WITHDRAWAL
            await move_on(world, model, done)
    compare(world, model)
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


@pytest.mark.slow
@given(st.lists(MOVES, min_size=8, max_size=25))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_unit_is_replaced_twice_and_notices_are_met_by_what_completed(
    moves: list[Step | str | date],
) -> None:
    asyncio.run(play(moves))
