# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Random histories of three Parties, kept unit by unit: what their reports must say is counted, not derived.

Every unit is an object of its own, and every report is a count of units and of what happened to single
units. Nothing here uses the code that derives reports but the form of its entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from sef.entries import Entry, EntryKind
from sef.model import Row, RowKey, Side, Spot, Table, Unit

PARTIES = ("CH", "NO", "NZ")
YEARS = range(2013, 2018)
PERIODS = (1, 2)
CARRY_OVER_FROM = 2016
LAND = {
    1: Row.AFFORESTATION, 2: Row.DEFORESTATION, 3: Row.FOREST, 4: Row.CROPLAND, 5: Row.GRAZING,
    6: Row.REVEGETATION, 7: Row.WETLAND,
}  # fmt: skip
TRACKS = {1: Row.PARTY_VERIFIED, 2: Row.INDEPENDENT}
ISSUED = {1: Row.ISSUED_PARTY_VERIFIED, 2: Row.ISSUED_INDEPENDENT}
HOLDING = (100, 121, 130)
PLAIN = (Unit.AAU, Unit.ERU, Unit.RMU, Unit.CER)
ADD, SUB, ONE = Side.ADDITIONS, Side.SUBTRACTIONS, Side.QUANTITY


@dataclass(eq=False, slots=True)
class Single:
    """One unit."""

    kind: Unit
    period: int
    party: str
    account: int
    row: Row
    track: int = 0
    from_land: bool = False
    transferred: bool = False
    expired: bool = False


Key = tuple[str, int, int]
"""Party, period and year."""


@dataclass
class History:
    """A random history while it is made."""

    random: Random
    units: list[Single] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    told: dict[Key, Counter[Spot]] = field(default_factory=dict)
    held: dict[Key, Counter[tuple[Row, Unit]]] = field(default_factory=dict)
    corrected: set[Key] = field(default_factory=set)
    corrections: int = 0
    now: datetime = datetime(2013, 1, 1, tzinfo=UTC)

    # -- counting ---------------------------------------------------------------------------------

    def tell(
        self, one: Single, table: Table, row: RowKey, side: Side, unit: Unit, period: int = 0
    ) -> None:
        key = (one.party, period or one.period, self.now.year)
        self.told.setdefault(key, Counter())[Spot(table, row, side, unit)] += 1

    def close_year(self) -> None:
        for party in PARTIES:
            for period in PERIODS:
                counted = Counter(
                    (one.row, one.kind)
                    for one in self.units
                    if one.party == party and one.period == period
                )
                self.held[party, period, self.now.year] = counted

    # -- choosing ---------------------------------------------------------------------------------

    def choose(self, wanted: Callable[[Single], bool], most: int = 5) -> list[Single]:
        """Units that are alike, so that they make one entry."""
        found = [one for one in self.units if one.account in HOLDING and wanted(one)]
        if not found:
            return []
        first = self.random.choice(found)
        alike = [one for one in found if _alike(one) == _alike(first)]
        self.random.shuffle(alike)
        return alike[: self.random.randint(1, most)]

    def enter(self, kind: EntryKind, ones: list[Single], **fields: object) -> None:
        one = ones[0]
        said: dict[str, object] = {
            "at": self.now,
            "kind": kind,
            "party": one.party,
            "period": one.period,
            "unit": one.kind,
            "quantity": len(ones),
            "source": one.account,
            "track": one.track,
        }
        self.entries.append(Entry(**said | fields))  # type: ignore[arg-type]

    # -- what may happen --------------------------------------------------------------------------

    def issue(self) -> None:
        party, period = self.random.choice(PARTIES), self.random.choice(PERIODS)
        count = self.random.randint(1, 12)
        kind = self.random.choice([Unit.AAU, Unit.AAU, Unit.RMU])
        activity = self.random.randint(1, 5 + period) if kind is Unit.RMU else 0
        made = [
            Single(kind, period, party, 100, Row.PARTY_HOLDING, from_land=kind is Unit.RMU)
            for _ in range(count)
        ]
        self.units += made
        self.enter(EntryKind.ISSUANCE, made, source=0, target=100, activity=activity)
        for one in made:
            if kind is Unit.AAU:
                self.tell(one, Table.STARTING_VALUES, Row.ISSUED_AAUS, ADD, kind)
            else:
                self.tell(one, Table.INTERNAL, LAND[activity], ADD, kind)

    def forward(self) -> None:
        """CERs come from the registry of the clean development mechanism."""
        party, period = self.random.choice(PARTIES), self.random.choice(PERIODS)
        kind = self.random.choice([Unit.CER, Unit.TCER, Unit.LCER])
        made = [
            Single(kind, period, party, 121, Row.ENTITY_HOLDING)
            for _ in range(self.random.randint(1, 8))
        ]
        self.units += made
        self.enter(EntryKind.TRANSFER_IN, made, source=0, target=121, counterpart="CDM")
        for one in made:
            self.tell(one, Table.EXTERNAL, "CDM", ADD, kind)

    def convert(self) -> None:
        ones = self.choose(lambda one: one.kind in {Unit.AAU, Unit.RMU} and one.account != 130)
        if not ones:
            return
        track, kind = self.random.choice([1, 2]), ones[0].kind
        self.enter(EntryKind.CONVERSION, ones, into=Unit.ERU, track=track)
        for one in ones:
            self.tell(one, Table.INTERNAL, TRACKS[track], SUB, kind)
            self.tell(one, Table.INTERNAL, TRACKS[track], ADD, Unit.ERU)
            if one.period == 2:
                self.tell(one, Table.PROCEEDS, ISSUED[track], Side.TRANSFERRED, Unit.ERU)
            one.kind, one.track, one.transferred = Unit.ERU, track, False

    def transfer(self) -> None:
        ones = self.choose(lambda one: not one.expired)
        if not ones:
            return
        giver, kind, first = ones[0].party, ones[0].kind, not ones[0].transferred
        taker = self.random.choice([each for each in PARTIES if each != giver])
        reserve = ones[0].account == 130
        target = 130 if reserve else self.random.choice([100, 121])
        self.enter(EntryKind.TRANSFER_OUT, ones, counterpart=taker, first=first)
        tables = [Table.EXTERNAL, Table.RESERVE] if reserve else [Table.EXTERNAL]
        for one in ones:
            for table in tables:
                self.tell(one, table, taker, SUB, kind)
            if first and kind is Unit.ERU and one.track == 2 and one.period == 1:
                self.tell(one, Table.VERIFIED_ERUS, Row.VERIFIED_ERUS, SUB, kind)
            if first and kind is Unit.AAU and one.period == 2:
                self.tell(one, Table.PROCEEDS, Row.FIRST_TRANSFERS, Side.TRANSFERRED, kind)
            one.party, one.account, one.transferred = taker, target, True
            one.row = _holding_row(target, one.period)
            for table in tables:
                self.tell(one, table, giver, ADD, kind)
        self.enter(
            EntryKind.TRANSFER_IN, ones, source=0, target=target, counterpart=giver, first=first
        )

    def move(self) -> None:
        ones = self.choose(lambda one: one.account != 130)
        if ones:
            target = 100 if ones[0].account == 121 else 121
            self.enter(EntryKind.INTERNAL, ones, target=target)
            for one in ones:
                one.account, one.row = target, _holding_row(target, one.period)

    def retire(self) -> None:
        ones = self.choose(lambda one: not one.expired)
        if not ones:
            return
        corrective = self._corrective(ones[0])
        number = self._number(ones[0]) if corrective else ""
        self.enter(
            EntryKind.RETIREMENT, ones, target=300, corrective=corrective, transaction=number
        )
        for one in ones:
            if corrective:
                self.tell(one, Table.CORRECTED_RETIREMENT, number, ONE, one.kind)
            else:
                self.tell(one, Table.RETIREMENT, Row.RETIREMENT, ONE, one.kind)
                if one.account == 130 and one.period == 2:
                    self.tell(one, Table.RETIREMENT, Row.FROM_RESERVE, ONE, one.kind)
            one.account, one.row = 300, Row.RETIREMENT

    def cancel(self) -> None:
        ones = self.choose(lambda one: not one.expired)
        if not ones:
            return
        kind, period = ones[0].kind, ones[0].period
        choices = [(230, 0), (250, 0)]
        if kind in PLAIN:
            choices += [(210, 0), (220, 0)]
        if kind is Unit.LCER or (period == 1 and kind in PLAIN):
            choices += [(250, 4), (250, 5)]
        if kind is Unit.AAU and period == 2:
            choices += [(270, 0), (280, 0)]
        account, notice = self.random.choice(choices)
        activity = self.random.randint(1, 5 + period) if account == 210 else 0
        corrective = account == 230 and self._corrective(ones[0])
        number = self._number(ones[0]) if corrective else ""
        self.enter(
            EntryKind.CANCELLATION, ones, target=account, notice=notice, activity=activity,
            corrective=corrective, transaction=number,
        )  # fmt: skip
        row = _cancelled_row(account, notice, period)
        for one in ones:
            if corrective:
                self.tell(one, Table.CORRECTIONS, number, SUB, kind)
            elif row in {Row.NON_COMPLIANCE, Row.SURPLUS, Row.REMAINING}:
                self.tell(one, Table.STARTING_VALUES, row, SUB, kind)
            else:
                self.tell(one, Table.INTERNAL, LAND[activity] if activity else row, SUB, kind)
            if notice and period == 1:
                self.tell(one, Table.EXPIRY, row, Side.REPLACEMENT, kind)
            if notice and period == 2:
                subject = Row.SUBJECT_REVERSAL if notice == 4 else Row.SUBJECT_REPORT
                self.tell(one, Table.EXPIRY, subject, Side.CANCELLATION, kind)
            one.account, one.row = account, row

    def replace(self) -> None:
        account = self.random.choice([411, 421, 422, 423])
        fitting = {
            411: (*PLAIN, Unit.TCER),
            421: PLAIN,
            422: (*PLAIN, Unit.LCER),
            423: (*PLAIN, Unit.LCER),
        }
        ones = self.choose(lambda one: not one.expired and one.kind in fitting[account])
        if not ones:
            return
        rows = {
            411: (Row.REPLACE_TCERS, Row.TCERS_EXPIRED),
            421: (Row.REPLACE_LCERS, Row.LCERS_EXPIRED),
            422: (Row.REPLACE_REVERSAL, Row.SUBJECT_REVERSAL),
            423: (Row.REPLACE_REPORT, Row.SUBJECT_REPORT),
        }
        self.enter(EntryKind.REPLACEMENT, ones, target=account)
        row, of_table_3 = rows[account]
        for one in ones:
            self.tell(one, Table.INTERNAL, row, SUB, one.kind)
            shown = row if one.period == 1 else of_table_3
            self.tell(one, Table.EXPIRY, shown, Side.REPLACEMENT, one.kind)
            one.account, one.row = account, row

    def carry_over(self) -> None:
        ones = self.choose(
            lambda one: (
                one.period == 1
                and not one.from_land
                and one.kind in {Unit.AAU, Unit.ERU, Unit.CER}
                and self.now.year >= CARRY_OVER_FROM
            )
        )
        if not ones:
            return
        reserve = ones[0].kind is Unit.AAU
        target = 130 if reserve else ones[0].account
        self.enter(EntryKind.CARRY_OVER, ones, target=target)
        row = Row.CARRY_OVER_RESERVE if reserve else Row.CARRY_OVER
        for one in ones:
            one.period, one.account, one.row = 2, target, _holding_row(target, 2)
            self.tell(one, Table.STARTING_VALUES, row, ADD, one.kind)

    def expire(self) -> None:
        kinds = {Unit.TCER, Unit.LCER}
        found = [one for one in self.units if one.kind in kinds and one.period == 1]
        found = [one for one in found if not one.expired and one.account in (*HOLDING, 300, 411)]
        if not found:
            return
        first = self.random.choice(found)
        ones = [one for one in found if _alike(one) == _alike(first)][:3]
        self.enter(EntryKind.EXPIRY, ones)
        held = first.account in HOLDING
        rows = {
            (Unit.TCER, False): Row.TCERS_EXPIRED,
            (Unit.TCER, True): Row.TCERS_EXPIRED_HELD,
            (Unit.LCER, False): Row.LCERS_EXPIRED,
            (Unit.LCER, True): Row.LCERS_EXPIRED_HELD,
        }
        for one in ones:
            one.expired = True
            row = rows[one.kind, held]
            self.tell(one, Table.EXPIRY, row, Side.REQUIREMENT, one.kind, period=2)

    def cancel_expired(self) -> None:
        ones = self.choose(lambda one: one.expired)
        if not ones:
            return
        self.enter(EntryKind.CANCELLATION, ones, target=250, expired=True)
        held = Row.TCERS_EXPIRED_HELD if ones[0].kind is Unit.TCER else Row.LCERS_EXPIRED_HELD
        for one in ones:
            self.tell(one, Table.EXPIRY, held, Side.CANCELLATION, one.kind, period=2)
            self.tell(one, Table.INTERNAL, Row.VOLUNTARY, SUB, one.kind)
            one.account, one.row = 250, Row.VOLUNTARY

    def require(self) -> None:
        notice, period = self.random.choice([(4, 1), (5, 1), (4, 2), (5, 2), (12, 2), (13, 2)])
        rows = {
            4: (Row.SUBJECT_REVERSAL, Unit.LCER),
            5: (Row.SUBJECT_REPORT, Unit.LCER),
            12: (Row.CCS_REVERSAL, Unit.CER),
            13: (Row.CCS_REPORT, Unit.CER),
        }
        row, kind = rows[notice]
        party = self.random.choice(PARTIES)
        asked = [
            Single(kind, period, party, 0, Row.TOTAL) for _ in range(self.random.randint(1, 4))
        ]
        self.enter(EntryKind.REQUIREMENT, asked, notice=notice)
        for one in asked:
            self.tell(one, Table.EXPIRY, row, Side.REQUIREMENT, kind)

    def _corrective(self, one: Single) -> bool:
        chosen = self.now.year > YEARS.start and self.random.random() < 0.05
        if chosen:
            self.corrected.add((one.party, one.period, self.now.year))
        return chosen

    def _number(self, one: Single) -> str:
        self.corrections += 1
        return f"{one.party}{self.corrections}"

    def play(self, steps: int) -> History:
        acts = (
            self.issue, self.issue, self.forward, self.forward, self.convert, self.transfer,
            self.transfer, self.move, self.retire, self.cancel, self.cancel, self.replace,
            self.carry_over, self.expire, self.cancel_expired, self.require,
        )  # fmt: skip
        for year in YEARS:
            # The first and the last moment of a year are those that are easily got wrong.
            self.now = datetime(year, 1, 1, tzinfo=UTC)
            self.random.choice(acts)()
            step = timedelta(days=360) / steps
            for _ in range(steps):
                self.now += step
                self.random.choice(acts)()
            self.now = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
            self.random.choice(acts)()
            self.close_year()
        return self

    # -- what a report must say -------------------------------------------------------------------

    def expected(self, party: str, year: int, period: int) -> dict[Spot, int]:
        """Every cell of a report with a quantity, but for sums."""
        found: Counter[Spot] = Counter()
        for table, at in ((Table.START, year - 1), (Table.END, year)):
            for (row, unit), count in self.held.get((party, period, at), Counter()).items():
                found[Spot(table, row, ONE, unit)] += count
        for spot, count in self.told.get((party, period, year), Counter()).items():
            if spot.table is not Table.STARTING_VALUES:
                found[spot] += count
        for each in range(YEARS.start, year + 1):
            for spot, count in self.told.get((party, period, each), Counter()).items():
                for cell in _summed(spot, each, year):
                    found[cell] += count
        return dict(found)


def _summed(spot: Spot, at: int, year: int) -> Iterable[Spot]:
    """The cells of the summaries in which what happened in a year is told."""
    table, row, side, unit = spot
    if table is Table.STARTING_VALUES:
        yield spot
    if table in {Table.INTERNAL, Table.EXTERNAL}:
        yield Spot(Table.YEARS, at, side, unit)
    if table is Table.CORRECTIONS and at <= year:
        yield Spot(Table.YEARS, at - 1, side, unit)
    if table is Table.RESERVE:
        yield Spot(Table.RESERVE_YEARS, at, side, unit)
    if table is Table.EXPIRY:
        yield Spot(Table.REPLACEMENT_YEARS, at, side, unit)
    if table is Table.RETIREMENT and row is Row.RETIREMENT:
        yield Spot(Table.RETIREMENT_YEARS, at, side, unit)


def _alike(one: Single) -> tuple[object, ...]:
    return (
        one.kind, one.period, one.party, one.account, one.track, one.transferred, one.expired,
        one.from_land,
    )  # fmt: skip


def _holding_row(account: int, period: int) -> Row:
    if account == 130:
        return Row.RESERVE if period == 2 else Row.PARTY_HOLDING
    return Row.PARTY_HOLDING if account == 100 else Row.ENTITY_HOLDING


def _cancelled_row(account: int, notice: int, period: int) -> Row:
    if account == 250:
        if notice == 4:
            return Row.REPLACE_REVERSAL if period == 1 else Row.CANCEL_REVERSAL
        if notice == 5:
            return Row.REPLACE_REPORT if period == 1 else Row.CANCEL_REPORT
        return Row.VOLUNTARY if period == 1 else Row.REMAINING
    rows = {
        210: Row.NET_SOURCE, 220: Row.NON_COMPLIANCE, 230: Row.VOLUNTARY, 270: Row.SURPLUS,
        280: Row.AMBITION,
    }  # fmt: skip
    return rows[account]
