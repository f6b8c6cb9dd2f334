# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A house that judges by the toy alone, and valid proposals of it."""

from __future__ import annotations

from typing import Any, Final

from broker.bench.field import UNITS_PER_GIVER, Ground
from broker.regime.regimes import Regimes
from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto
from itmo.payloads import PayloadKind
from tests.kit import clearing
from tests.kit.clearing import ClearingWorld, failed, new_world
from tests.kit.toy.case import HELD, KEPT
from tests.kit.toy.regime import NAME, TOY

REGIMES: Final = Regimes((TOY,))


async def trading_world(regimes: Regimes = REGIMES) -> ClearingWorld:
    """Thailand may issue a million units and holds 1 to 100 000; Switzerland has accounts."""
    return await prepared(await new_world(regimes=regimes))


async def prepared(world: ClearingWorld) -> ClearingWorld:
    """A house in which nobody is yet, made ready to trade."""
    for name, registry in (("tha", "THA01"), ("che", "CHE01")):
        sender = await world.admit(name, registry)
        await world.operator.set_registry_status(
            registry, OperationalStatus.OPERATIONAL, "", [NAME]
        )
        await world.open_account(sender, registry, HELD, rulebook=NAME)
        await world.open_account(sender, registry, KEPT, rulebook=NAME)
    await world.operator.state(PayloadKind.KYOTO_STATEMENT, allowed("THA", 1_000_000))
    verdict = await world.senders["tha"].propose(issuance(world, 1, 100_000))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    return world


def allowed(party: str, quantity: int) -> kyoto.KyotoStatement:
    """The operator lets a Party issue so many units."""
    return kyoto.KyotoStatement(
        assigned_amount=kyoto.AssignedAmount(party=party, quantity=quantity)
    )


GROUND: Final = Ground(
    regimes=REGIMES,
    rulebook=NAME,
    stated=((PayloadKind.KYOTO_STATEMENT, allowed("THA", 100 * UNITS_PER_GIVER)),),
    granted=(),
    attributes=rulebooks_pb2.UnitAttributes(),
)
"""For a broker in a process of its own."""


def issuance(world: ClearingWorld, first: int, last: int) -> proposal_pb2.ProposedTransaction:
    """Units of Thailand come into being; nothing is stated of them."""
    made = clearing.issuance(world, "THA01", first, last)
    made.rulebook = NAME
    made.blocks[0].attributes.CopyFrom(rulebooks_pb2.UnitAttributes())
    return made


def transfer(
    world: ClearingWorld,
    first: int,
    last: int,
    **changes: Any,  # noqa: ANN401  # arguments of `tests.kit.clearing.transfer`
) -> proposal_pb2.ProposedTransaction:
    """As in the kit, under the toy."""
    made = clearing.transfer(world, first, last, **changes)
    made.rulebook = NAME
    return made


def retirement(world: ClearingWorld, first: int, last: int) -> proposal_pb2.ProposedTransaction:
    """Switzerland keeps units for good."""
    kind = proposal_pb2.TRANSACTION_TYPE_RETIREMENT
    return transfer(world, first, last, giver="CHE01", taker="CHE01", to_type=KEPT, kind=kind)
