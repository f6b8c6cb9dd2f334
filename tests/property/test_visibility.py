# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""In random worlds no answer names an account or a holder that its caller has no right to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st

from broker.reports.paris.fates import totals
from broker.reports.paris.meta_answers import rendered_deed, rendered_position
from broker.reports.paris.visibility import (
    Caller,
    Deed,
    Position,
    Source,
    deeds_for,
    history_for,
    ids_for,
    positions_for,
    totals_for,
)
from broker.rulebook.general.proposal import TransactionType
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.serials import SerialRange
from tests.kit.drawn import drawn

REGISTRIES = ("THA01", "CHE01", "CHE02", "GHA01", "VUT01", "SWE01")
HOSTS = ("THA", "GHA")
START = datetime(2023, 8, 1, tzinfo=UTC)


@dataclass
class World:
    """Units one by one: who had them when, by the ledger; and what registries say of them."""

    deeds: list[Deed] = field(default_factory=list)
    reports: list[Position] = field(default_factory=list)
    told: list[Deed] = field(default_factory=list)
    holders: dict[int, str] = field(default_factory=dict)

    def positions(self) -> list[Position]:
        return [position(serial, holder) for serial, holder in self.holders.items()] + self.reports


def account(registry: str) -> str:
    return f"account-of-{registry}"


def position(serial: int, holder: str, reported_by: str = "") -> Position:
    return Position(
        registry="THA01" if serial % 2 else "GHA01",
        first=serial,
        last=serial,
        holder=holder,
        holder_party=holder[:3],
        account_id="" if reported_by else account(holder),
        account_type=100,
        vintage=2022,
        cooperative_approach="CA000003",
        host="THA" if serial % 2 else "GHA",
        first_transferred=serial % 3 == 0,
        source=Source(reported_by, START if reported_by else None),
    )


def deed(at: int, serial: int, giver: str, taker: str, reported_by: str = "") -> Deed:
    return Deed(
        at=START + timedelta(hours=at),
        place=(at, 0),
        type=TransactionType.TRANSFER if giver else TransactionType.ISSUANCE,
        action_id=f"t{at}",
        registry="THA01" if serial % 2 else "GHA01",
        first=serial,
        last=serial,
        from_registry=giver,
        to_registry=taker,
        from_account="" if reported_by or not giver else account(giver),
        to_account="" if reported_by else account(taker),
        first_transfer=False,
        source=Source(reported_by, START if reported_by else None),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world = World()
    for at in range(draw(st.integers(1, 25))):
        serial = draw(st.integers(1, 6))
        registry = draw(st.sampled_from(REGISTRIES))
        other = draw(st.sampled_from(REGISTRIES))
        kind = draw(st.sampled_from(["move", "move", "report", "told"]))
        if kind == "report":  # true or false: nobody checks it here
            reported = position(serial, registry, registry)
            if reported not in world.reports:
                world.reports.append(reported)
        elif kind == "told" and other != registry:
            world.told.append(deed(at, serial, other, registry, registry))
        elif kind == "move":
            giver = world.holders.get(serial, "")
            if giver != registry:
                world.deeds.append(deed(at, serial, giver, registry))
                world.holders[serial] = registry
    return world


@st.composite
def callers(draw: st.DrawFn) -> Caller:
    registries = frozenset(draw(st.sets(st.sampled_from(REGISTRIES), min_size=1, max_size=2)))
    return Caller(registries, frozenset(draw(st.sets(st.sampled_from(HOSTS), max_size=1))))


def owns(caller: Caller, registry: str) -> bool:
    return registry in caller.registries


def known_accounts(caller: Caller, world: World) -> set[str]:
    """Its own, and those of the other side of its own transactions."""
    known = {account(registry) for registry in caller.registries}
    for each in world.deeds:
        if owns(caller, each.from_registry) or owns(caller, each.to_registry):
            known |= {each.from_account, each.to_account}
    return known


def known_holders(caller: Caller, world: World, serial: int) -> set[str]:
    """Registries of a unit that the caller may hear of."""
    known = set(caller.registries)
    for each in world.told:
        sides = {each.from_registry, each.to_registry}
        if each.first == serial and sides & caller.registries:
            known |= sides
    mine = [each for each in world.deeds if each.first == serial]
    holder = world.holders.get(serial, "")
    if owns(caller, holder) or holder[:3] in caller.hosts:
        return known | {r for each in mine for r in (each.from_registry, each.to_registry)}
    ends = [
        at
        for at, each in enumerate(mine)
        if owns(caller, each.from_registry) or owns(caller, each.to_registry)
    ]
    for each in mine[: ends[-1] + 1 if ends else 0]:
        known |= {each.from_registry, each.to_registry}
    return known


def check(answer: bytes, caller: Caller, world: World, serial: int | None) -> None:
    accounts = known_accounts(caller, world)
    for registry in REGISTRIES:
        if account(registry) not in accounts:
            assert account(registry).encode() not in answer, registry
    if serial is not None:
        # The originating registries of the units are no secret: they are part of every id.
        for registry in set(REGISTRIES) - known_holders(caller, world, serial):
            if registry not in ("THA01", "GHA01"):
                assert registry.encode() not in answer, registry


@drawn(worlds(), callers(), few=40, many=100)
def test_histories_leak_nothing(world: World, caller: Caller) -> None:
    for serial in range(1, 7):
        happened = sorted(
            [each for each in [*world.deeds, *world.told] if each.first == serial],
            key=lambda each: each.at,
        )
        where = [each for each in world.positions() if each.first == serial]
        seen = history_for(caller, happened, where)
        answer = pb.GetUnitHistoryResponse(
            actions=map(rendered_deed, seen.deeds),
            positions=map(rendered_position, seen.positions),
            withheld=seen.withheld,
        )
        check(answer.SerializeToString(), caller, world, serial)
        holder = world.holders.get(serial, "")
        for each in answer.positions:
            assert owns(caller, each.holder) or (
                each.holder == holder and holder[:3] in caller.hosts
            )
        if not owns(caller, holder) and holder[:3] not in caller.hosts:
            assert not [each for each in answer.positions if not each.source.reported_by]


@drawn(worlds(), callers(), few=40, many=100)
def test_lists_leak_nothing(world: World, caller: Caller) -> None:
    seen = positions_for(caller, world.positions())
    answer = pb.ListUnitsResponse(units=map(rendered_position, seen)).SerializeToString()
    check(answer, caller, world, None)
    for each in seen:
        assert owns(caller, each.holder) or each.holder_party in caller.hosts
    actions = deeds_for(caller, [*world.deeds, *world.told])
    check(
        pb.ListActionsResponse(actions=map(rendered_deed, actions)).SerializeToString(),
        caller,
        world,
        None,
    )
    for action in actions:
        assert {action.from_registry, action.to_registry} & caller.registries


@drawn(worlds(), callers(), few=40, many=100)
def test_totals_name_nobody_and_count_every_unit_once(world: World, caller: Caller) -> None:
    found = world.positions()
    everything = totals("CA000003", found)
    shown, participant = totals_for(caller, ("THA", "CHE"), everything)
    assert participant == bool(caller.parties & {"THA", "CHE"})
    assert shown.held == (everything.held if participant else 0)
    assert everything.issued == len({(each.registry, each.first) for each in found})
    assert not any(registry in repr(shown) for registry in REGISTRIES)


@drawn(worlds(), callers(), few=40, many=100)
def test_ids_of_a_host_say_nothing_of_holders(world: World, caller: Caller) -> None:
    for host in HOSTS:
        if host not in caller.hosts:
            with pytest.raises(PermissionError):
                ids_for(caller, host, ())
            continue
        serials = sorted(world.holders)
        one_by_one = [("THA01", SerialRange(serial, serial)) for serial in serials]
        at_once = [("THA01", run) for _, run in ids_for(caller, host, one_by_one)]
        assert ids_for(caller, host, at_once) == at_once, "however they are cut, the same ids"
        assert [s for _, run in at_once for s in range(run.first, run.last + 1)] == serials
