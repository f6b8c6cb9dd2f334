# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A group of messages judged one after another in memory: pure, given its world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from broker.clearing.decision.books import NotLoaded
from broker.clearing.decision.desk import Abandoned, Charter, Desk, nobody_goes
from broker.clearing.decision.world import Effects, World
from broker.clearing.path.aside import TimeoutFault
from broker.clearing.path.decide import Decision, decide
from broker.clearing.path.fault import MessageFault
from broker.clearing.path.received import Received
from broker.clearing.transactions.expire import due, expire
from broker.ledger.units import LedgerInvariantBroken
from itmo.ids import IdSource


@dataclass(frozen=True, slots=True)
class Judged:
    """What a group came to. `world` is as the last decision left it."""

    decisions: tuple[Decision, ...]
    effects: Effects
    world: World


def judge_group(
    charter: Charter,
    world: World,
    ids: IdSource,
    group: Sequence[Received],
    now: datetime,
    gone: Callable[[], bool] = nobody_goes,
) -> Judged:
    """Ends what is due, then decides on every message in order.

    Time-outs come first: at exactly the deadline a transaction has expired, whatever arrives.

    Raises:
        Abandoned: everybody who waited has gone; nothing of the group is written.
        LedgerInvariantBroken: a bug of ours; nothing of the group may be written.
        TimeoutFault: ending a transaction raised something else; the group is judged without it.
        NotLoaded: decisions before a message made it need what was not loaded.
        MessageFault: judging one message raised something else; the group is judged without it.
    """
    desk = Desk(charter, world, ids, now, gone)
    for transaction_id in due(desk):
        _ended(desk, transaction_id)
    decisions = tuple(_decided(desk, at, received) for at, received in enumerate(group))
    desk.effects.units = world.units.changes()
    return Judged(decisions, desk.effects, world)


def _ended(desk: Desk, transaction_id: str) -> None:
    try:
        expire(desk, transaction_id)
    except LedgerInvariantBroken:
        raise
    except Exception as error:
        raise TimeoutFault(transaction_id, error) from error


def _decided(desk: Desk, at: int, received: Received) -> Decision:
    try:
        return decide(desk, received)
    except (LedgerInvariantBroken, Abandoned):
        raise
    except NotLoaded as missing:
        missing.place = at
        raise
    # Whatever else a message makes of our own code, it is that message's matter and nobody else's.
    except Exception as error:
        raise MessageFault(at, error) from error
