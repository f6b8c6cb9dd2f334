# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Temporary units in a clearing-house: tCERs and lCERs that the United Kingdom holds and has retired."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from broker.known_regimes import ALL_REGIMES
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from tests.kit.cdm import CDM, ask, cers, letter, out_of_pending, state_activity
from tests.kit.clearing import ClearingWorld, failed, new_world
from tests.kit.kyoto import kyoto, open_kyoto, state, take_part

TODAY: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""Within the second period, as it is stated here; tCERs of the first expire at its end."""
EXPIRY: Final = {"tCER": "2027-12-31", "lCER": "2026-12-31"}
_TYPES: Final = {
    "tCER": attributes_pb2.UNIT_TYPE_TCER,
    "lCER": attributes_pb2.UNIT_TYPE_LCER,
    "CER": attributes_pb2.UNIT_TYPE_CER,
}
AAUS: Final = 10_000
BASE: Final = {1: 200_000, 2: 125_000}
"""Base-year emissions of each Party, of which a hundredth a year makes as many AAUs."""
ASKED: Final = 100_000
"""Units that issuance was asked for of each activity; their share of administration is paid."""
REPLACEMENT: Final = (411, 421, 422, 423)
PERIODS: Final = (
    ("2015-01-01", "2019-12-31", "2035-12-31"),
    ("2020-01-01", "2027-12-31", "2035-12-31"),
)


async def forest_world(world: ClearingWorld | None = None) -> ClearingWorld:
    """The United Kingdom with 10 000 AAUs of the second period and every account; the registry of the mechanism issues to it.

    The true-up of the first period is as long as a test needs it.
    """
    world = world or await new_world(regimes=ALL_REGIMES)
    world.clock.advance(TODAY - world.clock.now())
    for number, (first, last, until) in enumerate(PERIODS, 1):
        said = kyoto_pb2.CommitmentPeriod(
            period=number, first_day=first, last_day=last, true_up_ends=until
        )
        await state(world, period=said)
    for party in ("GBR", "CHE"):
        for number in (1, 2):
            amount = kyoto_pb2.AssignedAmount(
                party=party,
                period=number,
                quantity=AAUS,
                base_emissions=BASE[number],
                base_year=1990,
                per_myriad=100,
            )
            await state(world, assigned_amount=amount)
        await state(world, eligibility=kyoto_pb2.Eligibility(party=party, eligible=True))
    gbr, che = await world.admit("gbr", "GBR01"), await world.admit("che", "CHE01")
    cdm = await world.admit("cdm", CDM)
    for registry in ("GBR01", "CHE01", CDM):
        await take_part(world, registry, "kyoto")
    for number in (7, 8):
        project = f"IND{number}"
        await state_activity(world, project, land_use=True)
        await ask(world, ASKED, 20 * ASKED, project=project)
        await letter(world, "GBR", project)
    await open_kyoto(cdm, CDM, 110)
    await open_kyoto(che, "CHE01", 100)
    await open_kyoto(gbr, "GBR01", 100)
    for kind in (210, 220, 230, 250, 300, *REPLACEMENT):
        for period in (1, 2):
            await open_kyoto(gbr, "GBR01", kind, number=period, period=period)
    issued = kyoto(world, "ISSUANCE", 1, AAUS)
    for each in ("original_period", "applicable_period"):
        setattr(issued.blocks[0].attributes.kyoto, each, 2)
    assert (made := await gbr.propose(issued)).state == decision_pb2.STATE_COMPLETED, failed(made)
    return world


async def issue(
    world: ClearingWorld,
    kind: str,
    first: int,
    last: int,
    *,
    period: int = 1,
    project: int = 7,
    expiry: str = "",
) -> None:
    """Units of an Indian project come into being, in the registry of the mechanism."""
    stated = attributes_pb2.UnitAttributes(
        unit_type=_TYPES[kind],
        original_period=period,
        applicable_period=period,
        project=f"IND{project}",
    )
    if kind != "CER":
        stated.lulucf_activity = attributes_pb2.LULUCF_ACTIVITY_AFFORESTATION_AND_REFORESTATION
        stated.expiry_date = expiry or EXPIRY[kind]
    made = await world.senders["cdm"].propose(cers(world, first, last, stated))
    assert made.state == decision_pb2.STATE_COMPLETED, failed(made)


async def acquire(
    world: ClearingWorld, kind: str, first: int, last: int, **what: int | str
) -> None:
    """The United Kingdom comes to hold units of an Indian project."""
    await issue(world, kind, first, last, **what)  # type: ignore[arg-type]  # as `issue` has them
    holding = make_account_id(RegistryId("GBR01"), 100, 1)
    moved = out_of_pending(world, "TRANSFER", first, last, holding)
    made = await world.senders["cdm"].propose(moved)
    assert made.state == decision_pb2.STATE_VALIDATED, failed(made)
    accepted = await world.senders["gbr"].accept(moved.transaction_id)
    assert accepted.state == decision_pb2.STATE_COMPLETED, accepted.refusal


async def retire(world: ClearingWorld, first: int, last: int, *, period: int = 1) -> None:
    """Temporary units are used for compliance with a period."""
    made = await world.senders["gbr"].propose(into(world, "RETIREMENT", 300, first, last, period))
    assert made.state == decision_pb2.STATE_COMPLETED, failed(made)


def into(
    world: ClearingWorld,
    kind: str,
    account_type: int,
    first: int,
    last: int,
    period: int = 2,
    units: str = "IND01",
) -> proposal_pb2.ProposedTransaction:
    """A British transaction into an account of a period."""
    proposed = kyoto(world, kind, first, last, to_type=account_type, units=units)
    proposed.to_account = make_account_id(RegistryId("GBR01"), account_type, period)
    return proposed


def replacement(
    world: ClearingWorld,
    acting: tuple[int, int],
    replaced: tuple[int, int],
    *,
    account_type: int = 411,
    units: str = "GBR01",
    notice: int = 0,
) -> proposal_pb2.ProposedTransaction:
    """Units of a registry replace Indian ones."""
    proposed = into(world, "REPLACEMENT", account_type, *acting, units=units)
    first, last = replaced
    proposed.blocks.append(
        units_pb2.UnitBlock(
            registry="IND01", first=first, last=last, role=units_pb2.UNIT_ROLE_NAMED
        )
    )
    if notice:
        proposed.terms.kyoto.log_notice = notice
    return proposed


def waiting(proposed: proposal_pb2.ProposedTransaction) -> proposal_pb2.ProposedTransaction:
    """The same, to be completed by its proposer's word."""
    proposed.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    return proposed


async def give_notice(world: ClearingWorld, number: int, kind: int, **said: Any) -> None:  # noqa: ANN401  # fields
    """The log's operator gives the United Kingdom a notice, or updates one."""
    notice = kyoto_pb2.LogNotice(
        number=number,
        type=kyoto_pb2.LogNoticeType.ValueType(kind),
        registry=said.pop("registry", "GBR01"),
        **said,
    )
    await state(world, log_notice=notice)


def under(
    proposed: proposal_pb2.ProposedTransaction, notice: int
) -> proposal_pb2.ProposedTransaction:
    """The same, in answer to a notice."""
    proposed.terms.kyoto.log_notice = notice
    return proposed
