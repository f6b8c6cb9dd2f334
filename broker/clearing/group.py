# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A group of messages judged one after another in memory: pure, given its world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from broker.clearing.decide import Decision, decide
from broker.clearing.desk import Bench, Desk, nobody_goes
from broker.clearing.expire import due, expire
from broker.clearing.received import Received
from broker.clearing.world import Effects, World
from itmo.ids import IdSource


@dataclass(frozen=True, slots=True)
class Judged:
    """What a group came to. `world` is as the last decision left it."""

    decisions: tuple[Decision, ...]
    effects: Effects
    world: World


def judge_group(
    bench: Bench,
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
    """
    desk = Desk(bench, world, ids, now, gone)
    for transaction_id in due(desk):
        expire(desk, transaction_id)
    decisions = tuple(decide(desk, received) for received in group)
    desk.effects.units = world.units.changes()
    return Judged(decisions, desk.effects, world)
