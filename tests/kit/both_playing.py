# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Paris and Kyoto in one house: Thailand's units are of either by turns of ten, in accounts of their own."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any, Final

from broker.bench.field import Ground, paris_ground
from broker.known_regimes import ALL_REGIMES
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import RegistryId, make_account_id
from tests.kit import clearing, kyoto_playing, kyoto_work
from tests.kit.clearing import ClearingWorld, authorized_world, failed, issuance
from tests.kit.kyoto import open_kyoto, take_part

PARIS, KYOTO = ALL_REGIMES.names
_NUMBER: Final = {PARIS: 1, KYOTO: 2}
"""Accounts of a rulebook have one number in both registries."""
_TYPE: Final = slice(9, 12)
"""Where the type of an account stands in its id."""
_TURN: Final = 10
_TURNS: Final = 12
"""Units past the last turn are of Paris."""
GROUNDS: Final[tuple[Ground, ...]] = tuple(
    replace(each, regimes=ALL_REGIMES, rulebook=name)
    for name, each in ((PARIS, paris_ground()), (KYOTO, kyoto_work.GROUND))
)
"""For a broker in a process of its own: pairs of registries take turns."""


def rulebook_of(serial: int) -> str:
    """The rulebook of a unit of Thailand."""
    turn = (serial - 1) // _TURN
    return KYOTO if turn < _TURNS and turn % 2 else PARIS


async def trading_world() -> ClearingWorld:
    """Thailand holds 1 to 100 000; Switzerland has accounts of both, and a reserve of AAUs."""
    world = await authorized_world(ALL_REGIMES)
    for kind, said in kyoto_playing.STATED:
        await world.operator.state(kind, said)
    for name, registry in (("tha", "THA01"), ("che", "CHE01")):
        await take_part(world, registry, PARIS, KYOTO)
        sender, number = world.senders[name], _NUMBER[KYOTO]
        await open_kyoto(sender, registry, kyoto_playing.HELD, number=number)
        await open_kyoto(sender, registry, kyoto_playing.RETIRED, number=number, period=1)
    for first in range(1, _TURN * _TURNS, _TURN):
        await _issue(world, first, first + _TURN - 1)
    await _issue(world, _TURN * _TURNS + 1, 100_000)
    await kyoto_playing.issue(
        world, "che", "CHE01", kyoto_playing.ITS_RESERVE, number=_NUMBER[KYOTO]
    )
    return world


async def _issue(world: ClearingWorld, first: int, last: int) -> None:
    if rulebook_of(first) == KYOTO:
        units = range(first, last + 1)
        await kyoto_playing.issue(world, "tha", "THA01", units, number=_NUMBER[KYOTO])
        return
    verdict = await world.senders["tha"].propose(issuance(world, "THA01", first, last))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)


def transfer(
    world: ClearingWorld,
    first: int,
    last: int,
    **changes: Any,  # noqa: ANN401  # arguments of `tests.kit.clearing.transfer`
) -> proposal_pb2.ProposedTransaction:
    """As in the kit, under the rulebook of the first unit."""
    return _under(rulebook_of(first), clearing.transfer(world, first, last, **changes))


def ended(world: ClearingWorld, first: int, last: int) -> proposal_pb2.ProposedTransaction:
    """Switzerland uses units of Paris, and retires those of Kyoto."""
    if rulebook_of(first) == KYOTO:
        return _under(KYOTO, kyoto_playing.retirement(world, first, last))
    return _under(PARIS, clearing.use(world, first, last, 2022))


def mixed(
    world: ClearingWorld, first: int, last: int, chance: Random
) -> proposal_pb2.ProposedTransaction:
    """A transfer by Thailand of which one part is of the other rulebook."""
    made = transfer(world, first, last)
    other = PARIS if made.rulebook == KYOTO else KYOTO
    match chance.choice(("rulebook", "from_account", "to_account")):
        case "from_account":
            made.from_account = _account("THA01", made.from_account, other)
        case "to_account":
            made.to_account = _account("CHE01", made.to_account, other)
        case _:
            made.rulebook = other
    return made


def _under(
    rulebook: str, made: proposal_pb2.ProposedTransaction
) -> proposal_pb2.ProposedTransaction:
    made.rulebook = rulebook
    made.from_account = _account(made.from_registry, made.from_account, rulebook)
    made.to_account = _account(made.to_registry, made.to_account, rulebook)
    return made


def _account(registry: str, account: str, rulebook: str) -> str:
    kind = account[_TYPE]
    return make_account_id(RegistryId(registry), int(kind), _NUMBER[rulebook])
