# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What regimes have to know to judge the messages of a group, from what the engine knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from broker.clearing.decision.books import asked_by
from broker.clearing.decision.case import case_again, case_of
from broker.clearing.decision.world import World
from broker.clearing.path.received import Received
from broker.clearing.transactions.answer import EVENT_OF
from broker.regime.regime import Needs
from broker.regime.regimes import Regimes
from itmo.lifecycle import Event


def declared(world: World, regimes: Regimes, group: Sequence[Received], now: datetime) -> Needs:
    """What judging proposals, and answers that may complete one, and statements may ask for.

    Args:
        world: All that does not depend on what a regime asks for.
        regimes: By which they are judged.
        group: The messages that are to be decided on.
        now: When.
    """
    needs = Needs()
    for received in group:
        if received.faulted or received.refusal is not None:
            continue
        header = received.header
        statement = regimes.statement(received.kind)
        if statement is not None:
            rulebook = regimes.rulebook_of(statement)
            needs.update(asked_by(world, rulebook, statement, received))
        for proposed in received.proposed:
            regime = regimes[proposed.rulebook]
            case = case_of(world, regime, header.sender_node, header.creation_time, proposed, now)
            needs.update(regime.needs(case))
        if EVENT_OF.get(received.kind) in {Event.ACCEPT, Event.COMPLETE}:
            name = cast("Any", received.payload).transaction_id
            row, postings = world.transactions.get(name), world.postings.get(name)
            if row is not None and postings is not None:
                regime = regimes[row.rulebook]
                case = case_again(world, regime, row, postings, header.creation_time, now)
                needs.update(regime.needs_again(case, postings))
    return needs
