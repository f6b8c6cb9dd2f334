# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Random histories of three Parties: a real clearing-house allows and counts what single units say."""

from __future__ import annotations

import random
from typing import Any

import pytest

from broker.app import invariants_of
from broker.known_regimes import ALL_REGIMES
from broker.reports.audit import broken_invariants
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, answer_to, failed, new_world
from tests.kit.kyoto import kyoto, open_kyoto, state, take_part
from tests.kit.kyoto_units import (
    AAU,
    ALLOWANCE,
    ASSIGNED,
    EMISSIONS,
    FUND,
    LAND_USE,
    RMU,
    SETTLED,
    VERIFIED,
    Units,
    Wish,
)
from tests.kit.many import many

PARTIES = ("GBR", "CHE", "NOR")
STEPS = 90
DONE, VALID = decision_pb2.STATE_COMPLETED, decision_pb2.STATE_VALIDATED


async def three_parties() -> ClearingWorld:
    world = await new_world(regimes=ALL_REGIMES)
    for number, days in {
        1: ("2008-01-01", "2012-12-31", "2030-01-01"),
        2: ("2013-01-01", "2020-12-31", "2030-01-01"),
    }.items():
        first, last, ends = days
        said = kyoto_pb2.CommitmentPeriod(
            period=number, first_day=first, last_day=last, true_up_ends=ends
        )
        if number == 1:
            said.carry_over_from, said.carry_over_until = "2015-11-19", "2030-01-01"
        await state(world, period=said)
    for party in (*PARTIES, FUND):
        sender = await world.admit(party.lower(), f"{party}01")
        await take_part(world, f"{party}01", "kyoto")
        await open_kyoto(sender, f"{party}01", 100, fund=party == FUND)
        if party == FUND:
            continue
        for kind in (120, 130):
            await open_kyoto(sender, f"{party}01", kind)
        for kind in (210, 230, 300):
            for period in (1, 2):
                await open_kyoto(sender, f"{party}01", kind, number=period, period=period)
        await _stated(world, party)
    for party, period in SETTLED:
        settled = kyoto_pb2.Compliance(party=party, period=period, settled_on="2016-08-01")
        await state(world, compliance=settled)
    return world


def notice_of(party: str, activity: int) -> int:
    """The log's notice to a Party that an activity was a net source; it asks for more than there is."""
    return 10 * (PARTIES.index(party) + 1) + activity


async def _stated(world: ClearingWorld, party: str) -> None:
    for period, quantity in ASSIGNED.items():
        amount = kyoto_pb2.AssignedAmount(party=party, period=period, quantity=quantity)
        await state(world, assigned_amount=amount)
        for activity in (
            attributes_pb2.LULUCF_ACTIVITY_AFFORESTATION_AND_REFORESTATION,
            attributes_pb2.LULUCF_ACTIVITY_DEFORESTATION,
        ):
            allowed = kyoto_pb2.RemovalAllowance(
                party=party, period=period, activity=activity, quantity=ALLOWANCE
            )
            await state(world, removal_allowance=allowed)
    await state(world, eligibility=kyoto_pb2.Eligibility(party=party, eligible=True))
    inventory = kyoto_pb2.Inventory(
        party=party, year=2019, emissions=EMISSIONS, reviewed_on="2021-04-15"
    )
    await state(world, inventory=inventory)
    for number, land_use in LAND_USE.items():
        await state(world, project=kyoto_pb2.Project(project=f"{party}{number}", land_use=land_use))
    for number in (1, 2):
        notice = kyoto_pb2.LogNotice(
            number=notice_of(party, number), type=kyoto_pb2.LOG_NOTICE_TYPE_NET_SOURCE,
            registry=f"{party}01", quantity=1_000_000,
        )  # fmt: skip
        notice.activity = number  # type: ignore[assignment]  # numbers of the enum
        await state(world, log_notice=notice)
    verified = kyoto_pb2.Verification(
        project=f"{party}22", verification_number=1, from_day="2013-01-01", to_day="2013-12-31",
        quantity=VERIFIED, final=True,
    )  # fmt: skip
    await state(world, verification=verified)


def drawn(rng: random.Random, units: Units) -> Wish:
    """Something that somebody might want: often possible, often just not."""
    party = rng.choice(PARTIES)
    what = rng.choice(
        ["ISSUANCE"] * 2 + ["CONVERSION", "TRANSFER", "TRANSFER", "TRANSFER"]
        + ["CANCELLATION", "RETIREMENT", "CARRY_OVER"]
    )  # fmt: skip
    waits = rng.random() < 0.3
    if what == "ISSUANCE":
        used = [n for origin, n in units.units if origin == party]
        first = max(used, default=0) + rng.choice([1, 1, 1, 1, 0, 20])
        size, kind = rng.choice([40, 80, 160, 3]), rng.choice([AAU, AAU, AAU, RMU])
        return Wish(
            what, party, party, max(first, 1), max(first, 1) + size, kind=kind,
            period=rng.choice([1, 2]), activity=rng.choice([1, 2]) if kind == RMU else 0,
            waits=waits,
        )  # fmt: skip
    mine = [key for key, unit in units.units.items() if unit.holder == party]
    origin, first = rng.choice(mine) if mine else (party, 1)
    at = units.units.get((origin, first))
    valid, place = (at.valid, at.account) if at else (1, 100)
    common: dict[str, Any] = {
        "what": what, "giver": party, "origin": origin, "first": first,
        "last": first + rng.choice([0, 1, 2, 5, 9, 14, 40]), "waits": waits,
        "from_type": place if place in {100, 120, 130} else 100,
    }  # fmt: skip
    given = at is not None and at.to_be_given
    if what == "CONVERSION":
        supplementary = rng.choice([56, 57, 57, 0]) if valid == 2 else 0
        extra: dict[str, Any] = {"project": rng.choice([22, 22, 23]), "track": rng.choice([1, 2])}
        return Wish(**common | extra | {"taker": party, "supplementary": supplementary})
    if what == "TRANSFER":
        taker = rng.choice([*PARTIES, FUND, FUND] if valid == 2 else PARTIES)
        if given:
            taker = rng.choice([FUND, FUND, taker])
        to_type = rng.choice([100, 100, 120, 130]) if taker == party else 100
        supplementary = (49 if given else 47) if taker == FUND and rng.random() < 0.8 else 0
        extra = {"taker": taker, "to_type": to_type, "supplementary": supplementary}
        return Wish(**common | extra)
    account_period = rng.choice([valid, valid, valid, 3 - valid])
    common["taker"] = party
    if what == "CANCELLATION":
        to_type = rng.choice([230, 210])
        activity = rng.choice([1, 2]) if to_type == 210 or rng.random() < 0.1 else 0
        extra = {"to_type": to_type, "activity": activity, "account_period": account_period}
        return Wish(**common | extra)
    if what == "RETIREMENT":
        return Wish(**common | {"to_type": 300, "account_period": account_period})
    to_type = 130 if at is not None and at.kind == AAU else common["from_type"]
    return Wish(**common | {"to_type": rng.choice([to_type, to_type, 130])})


def written(world: ClearingWorld, wish: Wish) -> proposal_pb2.ProposedTransaction:
    giver, taker = f"{wish.giver}01", f"{wish.taker or wish.giver}01"
    proposed = kyoto(
        world, wish.what, wish.first, wish.last, giver=giver, taker=taker, units=f"{wish.origin}01"
    )
    number = wish.account_period or 1
    proposed.from_account = make_account_id(RegistryId(giver), wish.from_type, 1)
    proposed.to_account = (
        proposed.from_account
        if wish.what == "CONVERSION"
        else make_account_id(RegistryId(taker), wish.to_type, number)
    )
    terms = proposed.terms.kyoto
    if wish.what == "ISSUANCE":
        said = proposed.blocks[0].attributes.kyoto
        said.unit_type = wish.kind  # type: ignore[assignment]  # numbers of the enum
        said.original_period = said.applicable_period = wish.period
        said.lulucf_activity = wish.activity  # type: ignore[assignment]  # the same
    if wish.what == "CONVERSION":
        terms.become.project = f"{wish.giver}{wish.project}"
        terms.become.track = wish.track  # type: ignore[assignment]  # the same
    if wish.what == "CANCELLATION":
        terms.net_source_activity = wish.activity  # type: ignore[assignment]  # the same
        if wish.to_type == 210 and wish.activity:
            terms.log_notice = notice_of(wish.giver, wish.activity)
    if wish.what == "CARRY_OVER":
        terms.become.applicable_period = 2
    terms.supplementary_type = wish.supplementary
    if wish.waits:
        proposed.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    return proposed


async def ended(world: ClearingWorld, units: Units, name: str, rng: random.Random) -> None:
    """One that waits is carried out, or is withdrawn, or must go on waiting."""
    wish = units.waiting[name]
    giver = world.senders[wish.giver.lower()]
    row, _ = await world.house.transaction(giver.node, name)
    if rng.random() < 0.25 and row.state is State.VALIDATED:
        told = await answer_to(giver, PayloadKind.WITHDRAWAL, name)
        assert told.effective, (wish, told.refusal)
        units.end(name)
        return
    kinds = []
    if row.receiver_node and row.state is State.VALIDATED:
        kinds.append((world.senders[wish.taker.lower()], PayloadKind.ACCEPTANCE))
    if wish.waits:
        kinds.append((giver, PayloadKind.COMPLETION))
    for sender, kind in kinds:
        told = await answer_to(sender, kind, name)
        assert told.effective == units.may_be_done(wish), (wish, told.refusal)
        if not told.effective:
            assert told.refusal.code == "KP_TRF_RESERVE"
            return
    units.do(units.end(name))


def tallies(world: ClearingWorld) -> dict[str, int]:
    rows = world.connection.execute("SELECT name, quantity FROM tally WHERE quantity > 0")
    return {name: quantity for name, quantity in rows if not name.startswith("kyoto-met:")}


async def played(seed: int, steps: int) -> tuple[int, int]:
    """How many proposals were taken and refused."""
    rng = random.Random(seed)  # a story that anybody can play again
    world, units = await three_parties(), Units()
    taken = refused = 0
    for step in range(steps):
        if units.waiting and rng.random() < 0.35:
            await ended(world, units, rng.choice(sorted(units.waiting)), rng)
        else:
            wish = drawn(rng, units)
            proposed = written(world, wish)
            verdict = await world.senders[wish.giver.lower()].propose(proposed)
            place = (seed, step, wish, failed(verdict))
            assert (verdict.state in {DONE, VALID}) == units.may(wish), place
            taken, refused = taken + units.may(wish), refused + (not units.may(wish))
            if verdict.state == DONE:
                units.do(wish)
            elif verdict.state == VALID:
                units.wait(proposed.transaction_id, wish)
        assert tallies(world) == units.counts(), (seed, step)
    assert broken_invariants(world.connection, invariants_of(ALL_REGIMES)) == []
    return taken, refused


async def shows_both(seed: int, steps: int) -> None:
    """A history in which much is taken and something refused; else it would show nothing."""
    taken, refused = await played(seed, steps)
    assert taken > steps // 6
    assert refused > 5


@pytest.mark.parametrize("seed", many(range(4), {"0", "1"}))
async def test_what_single_units_say_is_allowed_and_counted(seed: int) -> None:
    await shows_both(seed, STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
async def test_long_histories_too(seed: int) -> None:
    await shows_both(seed, 400)
