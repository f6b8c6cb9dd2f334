# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An invented life of the registry of the clean development mechanism that comes to the printed totals.

Invented are activities, dates, accounts, the size of every transaction, who got what, how much of what
was transferred had been transferred before, and from which units the cancelled ones were. The same
seed makes the same life.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.replay.cdm_printed import (
    CER,
    FIRST,
    LAST,
    LCER,
    PROGRAMMES,
    SHARE,
    TCER,
    TO_PROGRAMMES,
    WITH_UNITS,
    Row,
    Window,
    scaled,
)

HOSTS: Final = ("CHN", "IND", "BRA", "KOR", "VNM", "MEX", "IDN", "CHL", "THA", "MYS", "ZAF", "PER")
"""Invented shares of the hosts; the earlier in the list, the more activities."""


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity, or a component of a programme."""

    host: str
    number: int
    programme: bool
    exempt: bool

    @property
    def name(self) -> str:
        return f"{self.host}{self.number}"


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one activity that are alike."""

    activity: Activity
    kind: int
    period: int
    first: int
    last: int

    @property
    def quantity(self) -> int:
        return self.last - self.first + 1

    def cut(self, quantity: int) -> tuple[Units, Units]:
        """The first so many, and the rest."""
        middle = self.first + quantity
        return replace(self, last=middle - 1), replace(self, first=middle)


@dataclass(frozen=True, slots=True)
class Issuance:
    units: Units
    share: int


PENDING, FUND = "pending", "fund"
VOLUNTARY, ADMINISTRATIVE = 230, 260
HOLDINGS: Final = 20
"""Holding accounts of participants in the registry."""
PARTIES: Final = ("GBR01", "CHE01", "DEU01", "JPN01", "NLD01")
EXTERNAL: Final = 40
"""One forwarding in so many goes to the registry of a Party; the others stay in the registry."""
_SECOND_PERIOD: Final = 2013


@dataclass(frozen=True, slots=True)
class Transfer:
    """Units of one period that go from one account to another.

    Attributes:
        giver: `PENDING`, `FUND`, or the number of a holding account of the registry.
        taker: Such a number, or the registry of a Party.
    """

    blocks: tuple[Units, ...]
    giver: str | int
    taker: str | int


@dataclass(frozen=True, slots=True)
class Ended:
    """Units of one period that are cancelled out of the pending account."""

    blocks: tuple[Units, ...]
    account_type: int
    purpose: str = ""
    reissued_in: str = ""


@dataclass(slots=True)
class Month:
    """What happens at once; issuances come first, then the rest."""

    at: datetime
    issuances: list[Issuance] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)

    @property
    def transactions(self) -> int:
        return len(self.issuances) + len(self.transfers) + len(self.ended)


@dataclass(slots=True)
class Plan:
    """Everything, month by month.

    Attributes:
        asked: Units that each activity asks for.
        leaving: Units of each activity that leave the pending account, so many as are paid for.
    """

    months: list[Month]
    activities: list[Activity]
    asked: dict[Activity, int]
    leaving: dict[Activity, int]
    windows: tuple[Window, ...]

    @property
    def transactions(self) -> int:
        return sum(month.transactions for month in self.months)


def parts(rng: random.Random, total: int, count: int, step: int = 1) -> list[int]:
    """So many uneven parts of a total, each a multiple of a step and none of them empty."""
    whole = total // step
    assert whole * step == total, (total, step)
    assert whole >= count > 0, (total, count, step)
    weights = [rng.randint(1, 1_000) * rng.randint(1, 1_000) for _ in range(count)]
    spare, heavy = whole - count, sum(weights)
    sizes = [1 + spare * weight // heavy for weight in weights]
    sizes[-1] += whole - sum(sizes)
    return [size * step for size in sizes]


class Stock:
    """Units that wait for what becomes of them, first in, first out, those of a period apart."""

    def __init__(self) -> None:
        self._rows: dict[int, deque[Units]] = {1: deque(), 2: deque()}
        self._units = {1: 0, 2: 0}

    def add(self, units: Units) -> None:
        self._rows[units.period].append(units)
        self._units[units.period] += units.quantity

    def draw(self, total: int, count: int, rng: random.Random) -> list[tuple[Units, ...]]:
        """So many lots of units, in all so many, each of one period."""
        if not count:
            assert not total
            return []
        period = max(self._units, key=lambda each: self._units[each])
        if self._units[period] < total:
            assert count > 1, (total, self._units)
            first = self._units[period]
            return self.draw(first, count - 1, rng) + self.draw(total - first, 1, rng)
        return _lots(self._taken(period, total), count, rng)

    def _taken(self, period: int, total: int) -> list[Units]:
        found, rows = list[Units](), self._rows[period]
        self._units[period] -= total
        while total:
            units = rows.popleft()
            if units.quantity > total:
                units, rest = units.cut(total)
                rows.appendleft(rest)
            found.append(units)
            total -= units.quantity
        return found


def _lots(pieces: list[Units], count: int, rng: random.Random) -> list[tuple[Units, ...]]:
    """Pieces put together, or cut, until there are so many lots."""
    if len(pieces) >= count:
        bounds = [len(pieces) * place // count for place in range(count + 1)]
        return [tuple(pieces[start:end]) for start, end in itertools.pairwise(bounds)]
    heap = [(-each.quantity, place, each) for place, each in enumerate(pieces)]
    heapq.heapify(heap)
    for place in range(len(pieces), count):
        _, same, largest = heapq.heappop(heap)
        one, two = largest.cut(rng.randint(1, max(1, largest.quantity - 1)))
        heapq.heappush(heap, (-one.quantity, same, one))
        heapq.heappush(heap, (-two.quantity, place, two))
    return [(each,) for _, _, each in sorted(heap, key=lambda found: found[2].first)]


def plan(seed: int = 1, by: int = 1) -> Plan:
    """The whole life, or one in so many of its transactions."""
    rng = random.Random(seed)
    windows = (FIRST, LAST) if by == 1 else (scaled(FIRST, by), scaled(LAST, by))
    return _Planner(rng, windows, by).plan()


class _Planner:
    def __init__(self, rng: random.Random, windows: tuple[Window, ...], by: int) -> None:
        self.rng, self.windows, self.by = rng, windows, by
        self.activities: list[Activity] = []
        self.pools: dict[tuple[int, bool], list[Activity]] = {}
        self.unused: dict[tuple[int, bool], deque[Activity]] = {}
        self.serials = Counter[str]()
        self.pending, self.fund = Stock(), Stock()
        self.held: list[tuple[int, Units]] = []
        self.made = 0

    def plan(self) -> Plan:
        programmes = self._population()
        months = [
            month
            for place, window in enumerate(self.windows)
            for month in self._window(window, () if place else programmes)
        ]
        asked, leaving = Counter[Activity](), Counter[Activity]()
        for month in months:
            for issuance in month.issuances:
                asked[issuance.units.activity] += issuance.units.quantity
            for blocks in _leaving(month):
                for units in blocks:
                    leaving[units.activity] += units.quantity
        return Plan(months, self.activities, asked, leaving, self.windows)

    # -- activities -------------------------------------------------------------------------------

    def _population(self) -> list[Activity]:
        """Makes every activity; returns the components of programmes, the exempt one last."""
        count = max(2, PROGRAMMES // self.by)
        units = TO_PROGRAMMES // self.by
        odd = units % SHARE > 0
        programmes = [self._activity(programme=True, exempt=False) for _ in range(count - odd)]
        programmes += [self._activity(programme=True, exempt=True)] * odd
        _, rests = _rests(self.windows[0].issued, units)
        sizes = {(kind, True): 1 for kind, _ in rests}
        sizes[CER, True] = max(2, 40 // self.by)
        sizes |= {(TCER, False): max(2, 20 // self.by), (LCER, False): max(1, 2 // self.by)}
        whole = WITH_UNITS // self.by or 1
        sizes[CER, False] = whole - sum(sizes.values())
        for (kind, exempt), size in sizes.items():
            made = [self._activity(exempt=exempt) for _ in range(size)]
            self.pools[kind, exempt], self.unused[kind, exempt] = made, deque(made)
        return programmes

    def _activity(self, *, programme: bool = False, exempt: bool = False) -> Activity:
        place = min(int(self.rng.expovariate(0.45)), len(HOSTS) - 1)
        made = Activity(HOSTS[place], len(self.activities) + 1, programme, exempt)
        self.activities.append(made)
        return made

    def _chosen(self, kind: int, *, exempt: bool) -> Activity:
        """One that got no units yet, or any."""
        fresh = self.unused[kind, exempt]
        return fresh.popleft() if fresh else self.rng.choice(self.pools[kind, exempt])

    # -- issuances --------------------------------------------------------------------------------

    def _issued(
        self, window: Window, programmes: Sequence[Activity]
    ) -> list[tuple[Activity, int, int, int]]:
        """Activity, type, period and quantity of each issuance."""
        made: list[tuple[Activity, int, int, int]] = []
        charged, exempt = window.share.transactions, window.exempt.transactions
        exempt_units = window.exempt.units
        units = TO_PROGRAMMES // self.by if programmes else 0
        if programmes:
            whole, rest = units - units % SHARE, units % SHARE
            lots = parts(self.rng, whole, len(programmes) - bool(rest), SHARE) + [rest] * bool(rest)
            made += [(each, CER, 2, size) for each, size in zip(programmes, lots, strict=True)]
            charged -= len(programmes) - bool(rest)
            exempt, exempt_units = exempt - bool(rest), exempt_units - rest
        sizes, rests = _rests(window.issued, units)
        for (kind, period), rest in rests.items():
            made.append((self._chosen(kind, exempt=True), kind, period, rest))
            exempt, exempt_units = exempt - 1, exempt_units - rest
        largest = max(sizes, key=lambda each: sizes[each])
        sizes[largest] -= exempt_units
        for size in parts(self.rng, exempt_units, exempt):
            made.append((self._chosen(CER, exempt=True), *largest, size))
        counts = _divided(charged, sizes)
        for (kind, period), count in counts.items():
            for size in parts(self.rng, sizes[kind, period], count, SHARE):
                made.append((self._chosen(kind, exempt=False), kind, period, size))
        return made

    def _window(self, window: Window, programmes: Sequence[Activity]) -> list[Month]:
        step = timedelta(days=(window.ends - window.begins).days) / window.months
        start = datetime(window.begins.year, window.begins.month, window.begins.day, 9, tzinfo=UTC)
        months = [Month(start + step * place) for place in range(window.months)]
        late = [month for month in months if month.at.year >= _SECOND_PERIOD] or months
        for activity, kind, period, size in self._issued(window, programmes):
            month = self.rng.choice(months if period == 1 else late)
            month.issuances.append(self._issuance(activity, kind, period, size))
        self._flows(window, months)
        return months

    def _issuance(self, activity: Activity, kind: int, period: int, size: int) -> Issuance:
        first = self.serials[activity.host] + 1
        self.serials[activity.host] += size
        share = 0 if activity.exempt else -(-size // SHARE)
        return Issuance(Units(activity, kind, period, first, first + size - 1), share)

    # -- what becomes of the units ----------------------------------------------------------------

    def _flows(self, window: Window, months: list[Month]) -> None:
        """Month by month as much of each line as came in until then."""
        first = Row(
            window.transfer.transactions - window.again.transactions,
            window.transfer.units - window.again.units,
        )
        endings = {(VOLUNTARY, *told): row for told, row in window.endings.items()} | {
            (ADMINISTRATIVE, "", ""): window.administrative
        }
        total, come = window.issuance.units, 0
        lines: dict[object, _Line] = {
            "first": _Line(first), "again": _Line(window.again), "fund": _Line(window.from_fund),
            **{key: _Line(row) for key, row in endings.items()},
        }  # fmt: skip
        for month in months:
            for each in month.issuances:
                given, rest = each.units.cut(each.share) if each.share else (None, each.units)
                self.pending.add(rest)
                if given:
                    self.fund.add(given)
                come += each.units.quantity
            due = {key: line.due(come, total) for key, line in lines.items()}
            self._forward(month, *due["first"])
            self._again(month, *due["again"])
            for blocks in self.fund.draw(*_drawn(due["fund"]), self.rng):
                month.transfers.append(Transfer(blocks, FUND, self._party()))
            for key in endings:
                kind, purpose, reissued = key
                for blocks in self.pending.draw(*_drawn(due[key]), self.rng):
                    month.ended.append(Ended(blocks, kind, purpose, reissued))

    def _forward(self, month: Month, count: int, units: int) -> None:
        for blocks in self.pending.draw(units, count, self.rng):
            self.made += 1
            # Forest units stay in the registry: a Party may acquire but few of them.
            if self.made % EXTERNAL == 0 and all(each.kind == CER for each in blocks):
                month.transfers.append(Transfer(blocks, PENDING, self._party()))
                continue
            account = self.rng.randint(1, HOLDINGS)
            month.transfers.append(Transfer(blocks, PENDING, account))
            self.held += [(account, each) for each in blocks]

    def _again(self, month: Month, count: int, units: int) -> None:
        """Parts of the largest holdings, on to another account."""
        if not count:
            return
        self.held.sort(key=lambda found: -found[1].quantity)
        chosen, self.held = self.held[:count], self.held[count:]
        whole = sum(each.quantity for _, each in chosen)
        assert len(chosen) == count, (count, len(chosen))
        assert whole >= units, (whole, units)
        left = units
        for place, (account, each) in enumerate(chosen):
            others = count - place - 1
            size = max(1, min(each.quantity, each.quantity * units // whole, left - others))
            if not others:
                size = left
            elif place == 0:
                size = min(each.quantity, size + count)
            left -= size
            moved, rest = each.cut(size)
            month.transfers.append(Transfer((moved,), account, account % HOLDINGS + 1))
            if rest.quantity:
                self.held.append((account, rest))

    def _party(self) -> str:
        return self.rng.choice(PARTIES)


class _Line:
    """A line of the table, of which every month has its part."""

    def __init__(self, row: Row) -> None:
        self.row, self.done = row, Row(0, 0)

    def due(self, come: int, total: int) -> tuple[int, int]:
        """Transactions and units of a month, by what came in until then; a transaction has a unit."""
        count = self.row.transactions * come // total
        units = self.row.units * come // total
        found = count - self.done.transactions, units - self.done.units
        if not found[0] or found[1] < found[0]:
            return 0, 0
        self.done = Row(count, units)
        return found


def _drawn(due: tuple[int, int]) -> tuple[int, int]:
    return due[1], due[0]


def _leaving(month: Month) -> Iterable[tuple[Units, ...]]:
    yield from (each.blocks for each in month.transfers if each.giver == PENDING)
    yield from (each.blocks for each in month.ended if each.account_type == VOLUNTARY)


_Kinds = dict[tuple[int, int], int]


def _rests(issued: _Kinds, programmes: int) -> tuple[_Kinds, _Kinds]:
    """Units by type and period without those of programmes, and what of each makes no whole share.

    That part goes to exempt activities; of the largest kind most of them are anyway.
    """
    sizes = dict(issued)
    sizes[CER, 2] -= programmes
    largest = max(sizes, key=lambda each: sizes[each])
    rests = {key: units % SHARE for key, units in sizes.items() if key != largest}
    rests = {key: rest for key, rest in rests.items() if rest}
    return {key: units - rests.get(key, 0) for key, units in sizes.items()}, rests


def _divided(count: int, sizes: _Kinds) -> dict[tuple[int, int], int]:
    """So many issuances, by how many units there are of each kind; forest units in small ones."""
    fixed = {TCER: 60, LCER: 5}
    counts = {
        key: max(1, min(fixed[key[0]], units // SHARE // 20, count // 20))
        for key, units in sizes.items()
        if key[0] in fixed
    }
    rest = count - sum(counts.values())
    cers = {key: units for key, units in sizes.items() if key[0] == CER}
    whole = sum(cers.values())
    counts |= {key: max(1, rest * units // whole) for key, units in cers.items()}
    counts[max(cers, key=lambda each: cers[each])] += count - sum(counts.values())
    return counts
