# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Kyoto in a clearing-house: what the operator states, accounts and transactions."""

from __future__ import annotations

from typing import Any

from broker.known_regimes import ALL_REGIMES
from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    Sender,
    failed,
    new_world,
    receipt_of,
    trading_world,
)

AAUS = 1_000
"""Assigned amount of each Party for period 1."""


async def state(world: ClearingWorld, **said: Any) -> None:  # noqa: ANN401  # fields of the message
    await world.operator.state(PayloadKind.KYOTO_STATEMENT, kyoto_pb2.KyotoStatement(**said))


async def state_kyoto(world: ClearingWorld) -> None:
    """A period, and of each Party an assigned amount, its eligibility and a project."""
    await state(
        world,
        period=kyoto_pb2.CommitmentPeriod(
            period=1, first_day="2008-01-01", last_day="2012-12-31", true_up_ends="2030-11-18"
        ),
    )
    for party in ("GBR", "CHE"):
        amount = kyoto_pb2.AssignedAmount(party=party, period=1, quantity=AAUS)
        await state(world, assigned_amount=amount)
        await state(world, eligibility=kyoto_pb2.Eligibility(party=party, eligible=True))
        await state(world, project=kyoto_pb2.Project(project=f"{party}22"))
        # So little that the commitment period reserve stops no transfer of these stories.
        little = kyoto_pb2.Inventory(party=party, year=2007, emissions=1, reviewed_on="2009-04-15")
        await state(world, inventory=little)


async def kyoto_world(world: ClearingWorld | None = None) -> ClearingWorld:
    """Great Britain and Switzerland, with accounts: holding, and retirement for period 1."""
    world = world or await new_world(regimes=ALL_REGIMES)
    await state_kyoto(world)
    for name, registry in (("gbr", "GBR01"), ("che", "CHE01")):
        sender = await world.admit(name, registry)
        await take_part(world, registry, "kyoto")
        await open_kyoto(sender, registry, 100)
        await open_kyoto(sender, registry, 300, period=1)
    return world


async def world_of_both() -> ClearingWorld:
    """Paris as in `trading_world`; Switzerland has Kyoto accounts numbered 2 besides, and AAUs 1 to 100."""
    world = await trading_world(ALL_REGIMES)
    await state_kyoto(world)
    che = world.senders["che"]
    await take_part(world, "CHE01", "paris", "kyoto")
    await open_kyoto(che, "CHE01", 100, number=2)
    await open_kyoto(che, "CHE01", 300, number=2, period=1)
    issued = await che.propose(swiss(world, "ISSUANCE", 1, 100))
    assert issued.state == decision_pb2.STATE_COMPLETED, failed(issued)
    return world


def swiss(
    world: ClearingWorld, kind: str, first: int, last: int, to_type: int = 100
) -> proposal_pb2.ProposedTransaction:
    """A transaction of Kyoto over Swiss units, in Swiss accounts."""
    return kyoto(world, kind, first, last, giver="CHE01", number=2, to_type=to_type, units="CHE01")


async def take_part(world: ClearingWorld, registry: str, *rulebooks: str) -> None:
    """The operator says in which rulebooks a registry takes part."""
    await world.operator.set_registry_status(registry, OperationalStatus.OPERATIONAL, "", rulebooks)


async def open_kyoto(
    sender: Sender,
    registry: str,
    kind: int,
    *,
    number: int = 1,
    period: int = 0,
    fund: bool = False,
) -> str:
    account = make_account_id(RegistryId(registry), kind, number)
    statement = statements_pb2.AccountStatement(
        account_id=account, registry=registry, account_type=kind, rulebook="kyoto"
    )
    if period:
        statement.terms.kyoto.period = period
    if fund:
        statement.terms.kyoto.role = terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND
    receipt = receipt_of(await sender.say(PayloadKind.ACCOUNT_STATEMENT, statement))
    assert receipt.effective, receipt.refusal
    return account


def kyoto(
    world: ClearingWorld,
    kind: str,
    first: int,
    last: int,
    *,
    giver: str = "GBR01",
    taker: str = "",
    number: int = 1,
    to_type: int = 100,
    units: str = "GBR01",
) -> proposal_pb2.ProposedTransaction:
    """A transaction over units of a registry."""
    to = taker or giver
    proposed = proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(),
        type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
        from_account=make_account_id(RegistryId(giver), 100, number),
        to_account=make_account_id(RegistryId(to), to_type, number),
        from_registry=giver,
        to_registry=to,
        blocks=[units_pb2.UnitBlock(registry=units, first=first, last=last)],
        rulebook="kyoto",
    )
    if kind == "ISSUANCE":
        proposed.blocks[0].attributes.CopyFrom(rulebooks_pb2.UnitAttributes(kyoto=aau()))
    if kind == "CONVERSION":
        become = attributes_pb2.UnitAttributes(
            project=f"{units[:3]}22", track=attributes_pb2.TRACK_PARTY_VERIFIED
        )
        proposed.terms.kyoto.CopyFrom(terms_pb2.TransactionTerms(become=become))
    return proposed


def aau() -> attributes_pb2.UnitAttributes:
    """An assigned amount unit of period 1."""
    return attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_AAU, original_period=1, applicable_period=1
    )
