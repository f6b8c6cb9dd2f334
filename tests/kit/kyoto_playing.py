# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A house that judges by Kyoto alone: AAUs of two Parties, whose reserves hinder nothing."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.message import Message

from broker.bench.field import Ground
from broker.known_regimes import regimes_of
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import statements_pb2 as kyoto
from itmo.payloads import PayloadKind
from tests.kit import clearing
from tests.kit.clearing import ClearingWorld, failed, new_world
from tests.kit.kyoto import aau, open_kyoto, take_part

NAME: Final = "kyoto"
REGIMES: Final = regimes_of([NAME])
HELD, RETIRED = 100, 300
ITS_RESERVE: Final = range(900_001, 900_011)
"""Serial numbers of AAUs that Switzerland never moves: its reserve of one unit lies in them."""


def _stated() -> list[kyoto.KyotoStatement]:
    """The first period, still open; amounts; and inventories of which a small reserve follows."""
    said = [
        kyoto.KyotoStatement(
            period=kyoto.CommitmentPeriod(
                period=1, first_day="2008-01-01", last_day="2012-12-31", true_up_ends="2099-11-18"
            )
        )
    ]
    for party, quantity in (("THA", 10**12), ("CHE", len(ITS_RESERVE))):
        said += [
            kyoto.KyotoStatement(eligibility=kyoto.Eligibility(party=party, eligible=True)),
            kyoto.KyotoStatement(
                assigned_amount=kyoto.AssignedAmount(party=party, period=1, quantity=quantity)
            ),
            kyoto.KyotoStatement(
                inventory=kyoto.Inventory(
                    party=party, year=2010, emissions=1, reviewed_on="2012-04-15"
                )
            ),
        ]
    return said


_UNITS: Final = rulebooks_pb2.UnitAttributes(kyoto=aau())
STATED: Final[tuple[tuple[PayloadKind, Message], ...]] = tuple(
    (PayloadKind.KYOTO_STATEMENT, each) for each in _stated()
)
GROUND: Final = Ground(regimes=REGIMES, rulebook=NAME, stated=STATED, granted=(), attributes=_UNITS)
"""For a broker in a process of its own."""


async def trading_world() -> ClearingWorld:
    """Thailand holds 1 to 100 000; Switzerland has accounts, and a reserve beside what is traded."""
    world = await new_world(regimes=REGIMES)
    for kind, said in STATED:
        await world.operator.state(kind, said)
    for name, registry in (("tha", "THA01"), ("che", "CHE01")):
        sender = await world.admit(name, registry)
        await take_part(world, registry, NAME)
        await open_kyoto(sender, registry, HELD)
        await open_kyoto(sender, registry, RETIRED, period=1)
    await issue(world, "tha", "THA01", range(1, 100_001))
    await issue(world, "che", "CHE01", ITS_RESERVE)
    return world


async def issue(
    world: ClearingWorld, name: str, registry: str, serials: range, *, number: int = 1
) -> None:
    """A registry issues AAUs into the account of a number."""
    account = make_account_id(RegistryId(registry), HELD, number)
    made = proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(),
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=account,
        to_account=account,
        from_registry=registry,
        to_registry=registry,
        blocks=[
            units_pb2.UnitBlock(
                registry=registry, first=serials[0], last=serials[-1], attributes=_UNITS
            )
        ],
        rulebook=NAME,
    )
    verdict = await world.senders[name].propose(made)
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)


def transfer(
    world: ClearingWorld,
    first: int,
    last: int,
    **changes: Any,  # noqa: ANN401  # arguments of `tests.kit.clearing.transfer`
) -> proposal_pb2.ProposedTransaction:
    """As in the kit, under Kyoto."""
    made = clearing.transfer(world, first, last, **changes)
    made.rulebook = NAME
    return made


def retirement(world: ClearingWorld, first: int, last: int) -> proposal_pb2.ProposedTransaction:
    """Switzerland retires units."""
    kind = proposal_pb2.TRANSACTION_TYPE_RETIREMENT
    return transfer(world, first, last, giver="CHE01", taker="CHE01", to_type=RETIRED, kind=kind)
