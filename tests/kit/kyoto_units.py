# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Kyoto for a child: every unit on its own in a dictionary, and the rules as one would say them.

Nothing of the program is used here: neither its ranges nor its counts nor its checks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

ASSIGNED = {1: 400, 2: 300}
EMISSIONS = 15
RESERVE = {1: min(360, 5 * EMISSIONS), 2: min(270, 8 * EMISSIONS)}
ALLOWANCE = 40
VERIFIED = 30
CARRIED = 10
"""2.5 per cent of 400."""
LAND_USE = {22: False, 23: True}
SETTLED = {("GBR", 1)}
"""Who settled compliance with which period."""
FUND = "XCD"
AAU, RMU, ERU, ERU_OF_RMU = 1, 2, 3, 4


@dataclass
class Unit:
    """A unit: what it is, where it is, and what happened to it."""

    origin: str
    kind: int
    original: int
    valid: int
    holder: str
    account: int
    activity: int = 0
    project: int = 0
    track: int = 0
    left: bool = False
    to_be_given: bool = False
    carried_by: str = ""
    source_of: int = 0
    busy: str = ""


@dataclass(frozen=True)
class Wish:
    """What somebody proposes: in which registry, of which serials, and to whom."""

    what: str
    giver: str
    origin: str
    first: int
    last: int
    taker: str = ""
    from_type: int = 100
    to_type: int = 100
    account_period: int = 0
    kind: int = AAU
    period: int = 1
    activity: int = 0
    project: int = 22
    track: int = 1
    supplementary: int = 0
    waits: bool = False


@dataclass
class Units:
    """All of them, by origin and serial, and what waits."""

    units: dict[tuple[str, int], Unit] = field(default_factory=dict)
    waiting: dict[str, Wish] = field(default_factory=dict)
    first_left: Counter[tuple[str, int]] = field(default_factory=Counter)
    shares: Counter[tuple[int, str, int]] = field(default_factory=Counter)
    after_share: Counter[tuple[str, int]] = field(default_factory=Counter)

    def meant(self, wish: Wish) -> list[Unit]:
        serials = range(wish.first, wish.last + 1)
        return [self.units[wish.origin, n] for n in serials if (wish.origin, n) in self.units]

    def others(self, what: str, **like: object) -> int:
        """Units that proposals which wait are about."""
        return sum(
            each.last - each.first + 1
            for each in self.waiting.values()
            if each.what == what and all(getattr(each, k) == v for k, v in like.items())
        )

    # -- what may be done -----------------------------------------------------------------------

    def may(self, wish: Wish) -> bool:
        if wish.what == "ISSUANCE":
            return self._may_issue(wish)
        units = self.meant(wish)
        if len(units) != wish.last - wish.first + 1 or len({u.valid for u in units}) != 1:
            return False
        if any(
            (u.holder, u.account) != (wish.giver, wish.from_type) or u.busy for u in units
        ) or wish.from_type in {210, 230, 300}:
            return False
        by_name = {
            "CONVERSION": self._may_convert,
            "TRANSFER": self._may_move,
            "CANCELLATION": self._may_cancel,
            "RETIREMENT": self._may_retire,
            "CARRY_OVER": self._may_carry,
        }
        return by_name[wish.what](wish, units)

    def _may_issue(self, wish: Wish) -> bool:
        wanted = wish.last - wish.first + 1
        serials = set(range(wish.first, wish.last + 1))
        if any((wish.origin, n) in self.units for n in serials):
            return False
        for other in self.waiting.values():
            taken = set(range(other.first, other.last + 1))
            if other.what == "ISSUANCE" and other.origin == wish.origin and serials & taken:
                return False
        like = {"kind": wish.kind, "period": wish.period, "activity": wish.activity}
        so_far = self.others("ISSUANCE", origin=wish.origin, **like) + sum(
            (u.origin, u.original, u.activity) == (wish.origin, wish.period, wish.activity)
            and (u.kind in {RMU, ERU_OF_RMU}) == (wish.kind == RMU)
            for u in self.units.values()
        )
        if wish.kind == AAU:
            return so_far + wanted <= ASSIGNED[wish.period]
        sources = self.others("CANCELLATION", giver=wish.origin, activity=wish.activity) + sum(
            (u.holder, u.valid, u.source_of) == (wish.origin, wish.period, wish.activity)
            for u in self.units.values()
        )
        return so_far + wanted <= ALLOWANCE and not sources

    def _may_convert(self, wish: Wish, units: list[Unit]) -> bool:
        if wish.from_type == 130 or any(
            u.kind not in {AAU, RMU} or u.origin != wish.giver for u in units
        ):
            return False
        if any(u.kind == RMU for u in units) and not LAND_USE[wish.project]:
            return False
        if wish.track == 2:
            verified = VERIFIED if wish.project == 22 else 0
            so_far = self.others(
                "CONVERSION", giver=wish.giver, project=wish.project, track=2
            ) + sum(
                (u.origin, u.project, u.track) == (wish.giver, wish.project, 2)
                for u in self.units.values()
            )
            if so_far + len(units) > verified:
                return False
        due = [u for u in units if u.original == 2]
        if not due or wish.supplementary == 56:
            return True
        if wish.supplementary != 57:
            return False
        so_far = self.after_share[wish.giver, 2] + self._waiting_after_share(wish.giver)
        return self._given(49, wish.giver, so_far + len(due))

    def _waiting_after_share(self, party: str) -> int:
        return sum(
            len(self.meant(w))
            for w in self.waiting.values()
            if w.what == "CONVERSION" and w.giver == party and w.supplementary == 57
            if self.meant(w)[0].valid == 2
        )

    def _given(self, kind: int, party: str, others: int) -> bool:
        """Whether of all units, those given among them, two in a hundred were given."""
        given = self.shares[kind, party, 2]
        return 100 * given >= 2 * (given + others)

    def _may_move(self, wish: Wish, units: list[Unit]) -> bool:
        if any(u.to_be_given != (wish.supplementary == 49) for u in units):
            return False
        if (wish.from_type == 130) != (wish.to_type == 130):
            return False
        if wish.giver == wish.taker:
            return wish.from_type != wish.to_type and not wish.supplementary
        if (wish.taker == FUND) != bool(wish.supplementary):
            return False
        fresh = [u for u in units if self._owes(u, wish.giver)]
        if wish.supplementary == 47 and len(fresh) != len(units):
            return False
        period = units[0].valid
        leaving = sum(
            self._leaving(w, period) for w in self.waiting.values() if w.giver == wish.giver
        )
        if not self._keeps_reserve(wish, units, leaving):
            return False
        if wish.supplementary == 47 or not fresh:
            return True
        so_far = self.first_left[wish.giver, period] + sum(
            self._owes(u, wish.giver) and u.valid == period
            for w in self.waiting.values()
            if w.what == "TRANSFER" and w.giver == wish.giver != w.taker and w.supplementary != 47
            for u in self.meant(w)
        )
        return self._given(47, wish.giver, so_far + len(fresh))

    def _first(self, unit: Unit, party: str) -> bool:
        return unit.origin == party and not unit.left

    def _owes(self, unit: Unit, party: str) -> bool:
        return unit.kind == AAU and unit.original == 2 and self._first(unit, party)

    def _keeps_reserve(self, wish: Wish, units: list[Unit], leaving: int) -> bool:
        counted = [u for u in units if not (u.track == 2 and self._first(u, wish.giver))]
        period = units[0].valid
        kept = sum(
            (u.holder, u.valid) == (wish.giver, period) and u.account not in {210, 230}
            for u in self.units.values()
        )
        return not counted or kept - leaving - len(counted) >= RESERVE[period]

    def _leaving(self, wish: Wish, period: int) -> int:
        """What of a period leaves what counts towards the reserve when it is carried out."""
        abroad = wish.what == "TRANSFER" and wish.giver != wish.taker
        if not abroad and wish.what not in {"CANCELLATION", "CARRY_OVER"}:
            return 0
        return sum(u.valid == period for u in self.meant(wish))

    def may_be_done(self, wish: Wish) -> bool:
        """Whether what waited may still be carried out: others may have cancelled since."""
        abroad = wish.what == "TRANSFER" and wish.giver != wish.taker
        return not abroad or self._keeps_reserve(wish, self.meant(wish), 0)

    def _may_cancel(self, wish: Wish, units: list[Unit]) -> bool:
        if units[0].valid != wish.account_period:
            return False
        if wish.to_type != 210:
            return not wish.activity
        issued = self.others(
            "ISSUANCE", origin=wish.giver, period=units[0].valid, activity=wish.activity
        ) + sum(
            (u.origin, u.original, u.activity) == (wish.giver, units[0].valid, wish.activity)
            for u in self.units.values()
        )
        return wish.activity != 0 and not issued

    def _may_retire(self, wish: Wish, units: list[Unit]) -> bool:
        period = units[0].valid
        fits = period == wish.account_period and (wish.giver, period) not in SETTLED
        return fits and not any(u.to_be_given for u in units)

    def _may_carry(self, wish: Wish, units: list[Unit]) -> bool:
        if (wish.giver, units[0].valid) not in SETTLED or wish.from_type == 130:
            return False
        kinds = {u.kind for u in units}
        if any(u.to_be_given for u in units) or not kinds <= {AAU, ERU}:
            return False
        if kinds == {AAU}:
            return wish.to_type == 130
        if kinds != {ERU} or wish.to_type != wish.from_type:
            return False
        waits = sum(
            u.kind == ERU
            for w in self.waiting.values()
            if w.what == "CARRY_OVER" and w.giver == wish.giver
            for u in self.meant(w)
        )
        done = sum(u.carried_by == wish.giver and u.kind == ERU for u in self.units.values())
        return done + waits + len(units) <= CARRIED

    # -- what is done ---------------------------------------------------------------------------

    def wait(self, name: str, wish: Wish) -> None:
        self.waiting[name] = wish
        if wish.what != "ISSUANCE":
            for unit in self.meant(wish):
                unit.busy = name

    def end(self, name: str) -> Wish:
        """It waits no more; whether it is done is another matter."""
        wish = self.waiting.pop(name)
        if wish.what != "ISSUANCE":
            for unit in self.meant(wish):
                unit.busy = ""
        return wish

    def do(self, wish: Wish) -> None:
        if wish.what == "ISSUANCE":
            for serial in range(wish.first, wish.last + 1):
                assert (wish.origin, serial) not in self.units
                self.units[wish.origin, serial] = Unit(
                    wish.origin, wish.kind, wish.period, wish.period, wish.origin, 100,
                    activity=wish.activity,
                )  # fmt: skip
            return
        units = self.meant(wish)
        if wish.what == "CONVERSION":
            if wish.supplementary == 57:
                self.after_share[wish.giver, units[0].valid] += len(units)
            for unit in units:
                unit.kind += 2
                unit.project, unit.track, unit.left = wish.project, wish.track, False
                unit.to_be_given = wish.supplementary == 56
            return
        if wish.supplementary in {47, 49}:
            self.shares[wish.supplementary, wish.giver, units[0].valid] += len(units)
        for unit in units:
            if wish.what == "TRANSFER" and wish.giver != wish.taker:
                if wish.supplementary != 47 and self._owes(unit, wish.giver):
                    self.first_left[wish.giver, unit.valid] += 1
                if self._first(unit, wish.giver):
                    unit.left, unit.to_be_given = True, False
                unit.holder = wish.taker
            if wish.what == "CARRY_OVER":
                unit.valid, unit.carried_by = unit.valid + 1, wish.giver
            unit.source_of = wish.activity if wish.to_type == 210 else 0
            unit.account = wish.to_type

    # -- what is counted ------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """What every count of the program must be, under its name there."""
        found = Counter[str]()
        for u in self.units.values():
            if u.account in {210, 230}:
                if u.source_of:
                    found[f"net-source:{u.holder}:{u.valid}:{u.source_of}"] += 1
            else:
                found[f"reserve:{u.holder}:{u.valid}"] += 1
                where = "retired" if u.account == 300 else "held"
                found[f"{where}:{u.holder}:{u.valid}"] += 1
            what = f"{u.origin}:{u.original}" + (f":{u.activity}" if u.activity else "")
            found[f"issued:{what}"] += 1
            if u.project:
                found[f"converted:{u.origin}:{u.project}:{u.track}"] += 1
            if u.carried_by and u.kind == ERU:
                found[f"carried:{u.carried_by}:{u.original}:3"] += 1
        for (party, period), n in self.first_left.items():
            found[f"first-transferred:{party}:{period}"] += n
        for (party, period), n in self.after_share.items():
            found[f"converted-after:{party}:{period}"] += n
        for (kind, party, period), n in self.shares.items():
            named = "transfers" if kind == 47 else "conversions"
            found[f"share-{named}:{party}:{period}"] += n
        return {f"kyoto-{name}": n for name, n in found.items() if n}
