# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions that one sender proposes in a group and that differ only in ids, serials, quantities and times."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, Final

from broker.clearing.decision.world import World
from broker.clearing.path.received import Received
from broker.regime.regimes import Regimes
from broker.rulebook.general.proposal import Proposed

_OWN: Final = frozenset({"transaction_id", "blocks"})
"""Fields of a proposed transaction that are its own."""
_SERIALS: Final = frozenset({"first", "last", "range"})
"""Fields of a block that tell its serials."""


def proposed_key(
    world: World, regimes: Regimes, received: Received, proposed: Proposed
) -> Hashable | None:
    """By what a proposed transaction is like others of the group, as the world stands now.

    It has all that `declaring.proposed_case` makes a case of, but for the transaction's id, its serials,
    when its message was made, and which transaction brought the units where they are.

    Args:
        world: The facts of the group.
        regimes: By which it is judged.
        received: The message that proposes it.
        proposed: The transaction.

    Returns:
        The key; None: it is more than the move of units that lie in one live range and are free, its id
        is known, or something about its serials may matter.
    """
    if len(proposed.blocks) != 1 or proposed.begins is not None or proposed.reverses is not None:
        return None
    if world.notices.bound or world.reconciled.quarantined:
        return None
    if proposed.transaction_id in world.transactions:
        return None
    block = proposed.blocks[0]
    serials = block.range
    if serials is None or regimes[proposed.rulebook].transaction_types[proposed.type].issues:
        return None
    rows = world.units.overlapping(block.registry, serials)
    if not rows:
        return None
    held = rows[0]
    if held.first > serials.first or held.last < serials.last or held.locked_by is not None:
        return None
    return (
        world.stated_so_far,
        received.header.sender_node,
        _all_but(_OWN, proposed),
        _all_but(_SERIALS, block),
        held.issued_first,
        held.account_id,
        held.state,
    )


def _all_but(without: frozenset[str], row: object) -> Hashable:
    """What a row has, but for some fields."""
    kind: Any = row.__class__
    return _reader(without, kind)(row)


@cache
def _reader(without: frozenset[str], kind: type[Any]) -> Callable[[object], Hashable]:
    return attrgetter(*(each.name for each in fields(kind) if each.name not in without))
