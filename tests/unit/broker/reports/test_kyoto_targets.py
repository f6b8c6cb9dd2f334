# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Targets of Parties against their emissions and units, in a real clearing-house."""

from __future__ import annotations

import json
from datetime import timedelta
from fractions import Fraction

import pytest

from broker.reports.kyoto import targets_page
from broker.reports.kyoto.targets import Standing, Used, standings
from broker.reports.log_position import log_position
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.targets import Target
from itmo.forms import Json
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import ClearingWorld, failed
from tests.kit.kyoto import kyoto, kyoto_world, state


def wish(**changes: object) -> kyoto_pb2.Target:
    """Great Britain's first period: base and percentage as recalled, the figure of its SEF."""
    target = kyoto_pb2.Target(
        party="GBR", name="first period", base_year=1990, base_emissions=779_904_144,
        first_year=2008, last_year=2012, least_per_myriad=1250, most_per_myriad=1250, period=1,
    )  # fmt: skip
    for name, value in changes.items():
        setattr(target, name, value)
    return target


async def state_emissions(world: ClearingWorld, party: str, **years: int) -> None:
    for year, emissions in years.items():
        said = kyoto_pb2.Inventory(
            party=party, year=int(year[1:]), emissions=emissions, reviewed_on="2015-04-15"
        )
        await state(world, inventory=said)


def test_the_assigned_amount_of_the_first_period_to_the_tonne() -> None:
    target = Target(
        party="GBR", name="", base_year=1990, base_emissions=779_904_144, first_year=2008,
        last_year=2012, least=1250, most=1250,
    )  # fmt: skip
    assert target.allowed(target.least) == 3_412_080_630


async def test_options_stand_side_by_side_and_what_two_claim_is_named() -> None:
    world = await kyoto_world()
    await state(world, target=wish())
    more = wish(name="if others join", most_per_myriad=2000, conditions_met=False)
    more.conditions.append("a comprehensive global agreement")
    more.abroad_per_myriad = 1000
    await state(world, target=more)
    await state(world, target=wish(party="CHE", name="first period"))
    await state_emissions(world, "GBR", y2008=640_000_000, y2009=580_000_000)
    before = world.clock.now()
    world.clock.advance(timedelta(days=1))
    await state_emissions(world, "GBR", y2009=590_000_000)
    gbr, che = world.senders["gbr"], world.senders["che"]
    assert not failed(
        await che.propose(kyoto(world, "ISSUANCE", 1, 1000, giver="CHE01", units="CHE01"))
    )
    assert not failed(await gbr.propose(kyoto(world, "ISSUANCE", 1, 1000)))
    moved = kyoto(world, "TRANSFER", 1, 100, giver="CHE01", taker="GBR01", units="CHE01")
    await che.propose(moved)
    await gbr.accept(moved.transaction_id)
    await gbr.propose(kyoto(world, "RETIREMENT", 1, 100, to_type=300, units="CHE01"))
    await gbr.propose(kyoto(world, "RETIREMENT", 1, 300, to_type=300))

    swiss, first, others = standings(world.connection)
    assert (swiss.target.party, swiss.emissions, swiss.held) == ("CHE", {}, {UnitType.AAU: 900})
    assert first.at_most == first.at_least == 3_412_080_630
    assert (others.at_least, others.at_most) == (3_119_616_576, 3_412_080_630)
    assert first.emissions == {2008: 640_000_000, 2009: 590_000_000}
    assert not first.complete
    assert first.used.by_type == {UnitType.AAU: 400}
    assert (first.abroad, first.abroad_exceeded) == (Fraction(1, 4), False)
    assert others.abroad_exceeded
    assert first.amount is not None
    assert first.amount.quantity == 1000

    (_, then, _) = standings(world.connection, before)
    assert then.emissions == {2008: 640_000_000, 2009: 580_000_000}
    assert not then.used.total

    told = targets_page.as_data([swiss, first, others])
    assert json.loads(json.dumps(told))[1]["retired_from_abroad"] == "100"
    page = targets_page.page(
        [swiss, first, others], world.clock.now(), log_position(world.connection, None), None
    )
    assert "conditional" in page
    told_of = dict(targets_page.facts(others))
    assert told_of["Retired from abroad"] == "25.00 %, more than the 10.00 % of the target"
    assert "<script" not in page


def test_cers_of_a_host_with_a_target_are_claimed_by_two() -> None:
    target = Target(
        party="GBR", name="a", base_year=1990, base_emissions=10, first_year=2008, last_year=2012,
        least=0, most=0,
    )  # fmt: skip
    used = Used(by_type={UnitType.CER: 7}, abroad=7, claimed={"IND": 5})
    standing = Standing(target=target, emissions={}, used=used, held={}, amount=None)
    facts = dict(targets_page.facts(standing))
    assert facts["Claimed by two"] == "5 CERs of IND: the host's emissions fell by them, too"
    assert facts["Retired"] == "7 CER"
    told: list[Json] = targets_page.as_data([standing])
    assert isinstance(told[0], dict)
    assert told[0]["claimed_by_two"] == {"IND": "5"}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a:b"},
        {"base_emissions": 0},
        {"last_year": 2007},
        {"last_year": 2090},
        {"least_per_myriad": 2000},
        {"most_per_myriad": 10_001},
        {"party": "Britain"},
    ],
)
async def test_a_broken_target_is_refused(changes: dict[str, object]) -> None:
    world = await kyoto_world()
    with pytest.raises(ProtocolError) as raised:
        await state(world, target=wish(**changes))
    assert raised.value.reason in {Reason.PAYLOAD_INVALID, Reason.IDENTIFIER_INVALID}
