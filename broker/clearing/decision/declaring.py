# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What regimes have to know to judge the messages of a group, from what the engine knows of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from broker.clearing.decision.books import asked_by
from broker.clearing.decision.case import beginning_case, case_again, case_of
from broker.clearing.decision.proposed_alike import proposed_key
from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.waiting_alike import waiting_key
from broker.clearing.decision.world import Declared, World
from broker.clearing.path.received import Received
from broker.regime.postings import Beginning, Postings
from broker.regime.regime import Needs
from broker.regime.regimes import Regimes
from itmo.identifiers import TransactionId
from itmo.payloads import PayloadKind
from itmo.serials import SerialRange

_COMPLETING: Final = frozenset(
    {PayloadKind.ACCEPTANCE, PayloadKind.ACCEPTANCE_BATCH, PayloadKind.COMPLETION}
)
"""Messages that may complete a transaction which waits."""


def declared(world: World, regimes: Regimes, group: Sequence[Received], now: datetime) -> Needs:
    """What judging proposals, and answers that may complete one, and statements may ask for.

    Args:
        world: All that does not depend on what a regime asks for.
        regimes: By which they are judged.
        group: The messages that are to be decided on.
        now: When.
    """
    every: dict[int, Needs] = {}
    several = sum(len(each.proposed) + len(each.answered) for each in group) > 1
    for received in group:
        for each in _declared(world, regimes, received, now, several=several):
            every[id(each)] = each  # many transactions share theirs
    needs = Needs()
    for each in every.values():
        needs.update(each)
    return needs


def _declared(
    world: World, regimes: Regimes, received: Received, now: datetime, *, several: bool
) -> Iterator[Needs]:
    if received.faulted or received.refusal is not None:
        return
    statement = regimes.statement(received.kind)
    if statement is not None:
        yield asked_by(world, regimes.rulebook_of(statement), statement, received)
    yield from _proposed(world, regimes, received, now, several=several)
    if received.kind in _COMPLETING:
        yield from _answered(world, regimes, received, now, several=several)


def _proposed(
    world: World, regimes: Regimes, received: Received, now: datetime, *, several: bool
) -> Iterator[Needs]:
    for ordinal, proposed in enumerate(received.proposed):
        key = proposed_key(world, regimes, received, proposed) if several else None
        if key is not None and key in world.proposed_alike:
            continue  # the first of them has declared the same
        yield proposed_case(world, regimes, received, ordinal, now).needs
        if key is not None:
            world.proposed_alike[key] = None
        if proposed.begins is not None:
            yield beginning(world, regimes, received, ordinal, now).needs


def _answered(
    world: World, regimes: Regimes, received: Received, now: datetime, *, several: bool
) -> Iterator[Needs]:
    for answered in received.answered:
        name = answered.transaction_id
        row, postings = world.transactions.get(name), world.postings.get(name)
        if row is not None and postings is not None:
            key = waiting_key(world, row, postings) if several else None
            if key is not None and key in world.alike:
                continue  # the first of them has declared the same
            waits = waiting_case(world, regimes, received, row, postings, now)
            yield waits.needs
            if key is not None:
                world.alike[key] = None
            if postings.begins is not None:
                yield beginning_again(world, regimes, waits, postings.begins).needs


def proposed_case(
    world: World, regimes: Regimes, received: Received, ordinal: int, now: datetime
) -> Declared:
    """What is known of a proposed transaction, and what its regime may ask for besides.

    It is put together once, unless something has changed since of which it is made.
    """
    proposed = received.proposed[ordinal]
    place = received.payload_hash, ordinal
    named = [(block.registry, block.range) for block in proposed.blocks]
    seen = _seen(world, proposed.transaction_id, proposed.reverses, named)
    kept = world.declared.get(place)
    if kept is not None and kept.seen == seen and kept.case.now == now:
        return kept
    regime, header = regimes[proposed.rulebook], received.header
    case = case_of(world, regime, header.sender_node, header.creation_time, proposed, now)
    made = world.declared[place] = Declared(case, regime.needs(case), seen)
    return made


def beginning(
    world: World, regimes: Regimes, received: Received, ordinal: int, now: datetime
) -> Declared:
    """As `proposed_case`, of what begins in a proposed transition."""
    begins = received.proposed[ordinal].begins
    if begins is None:
        message = "nothing begins in it"
        raise ValueError(message)
    regime, header = regimes[begins.rulebook], received.header
    case = beginning_case(world, regime, header.sender_node, header.creation_time, begins, now)
    return Declared(case, regime.needs(case), ())


def beginning_again(
    world: World, regimes: Regimes, ending: Declared, begins: Beginning
) -> Declared:
    """As `beginning`, of a transition that waits and that a message may complete."""
    case, regime = ending.case, regimes[begins.rulebook]
    half = case.proposed.begins
    if half is None:
        message = "nothing begins in it"
        raise ValueError(message)
    case = beginning_case(
        world,
        regime,
        case.message.sender_node,
        case.message.creation_time,
        half,
        case.now,
    )
    return Declared(case, regime.needs_again(case, begins.postings), ())


def waiting_case(
    world: World,
    regimes: Regimes,
    received: Received,
    row: TransactionRow,
    postings: Postings,
    now: datetime,
) -> Declared:
    """As `proposed_case`, of a transaction that waits and that a message may complete."""
    place = received.payload_hash, row.transaction_id
    reverses = TransactionId(postings.reverses) if postings.reverses else None
    named = [(units.registry, units.range) for units in postings.blocks]
    seen = _seen(world, row.transaction_id, reverses, named)
    kept = world.declared.get(place)
    if kept is not None and kept.seen == seen and kept.case.now == now:
        return kept
    regime = regimes[row.rulebook]
    created = received.header.creation_time
    case = case_again(world, regime, row, postings, created, now)
    made = world.declared[place] = Declared(case, regime.needs_again(case, postings), seen)
    return made


def _seen(
    world: World,
    transaction_id: str,
    reverses: TransactionId | None,
    named: Iterable[tuple[str, SerialRange | None]],
) -> tuple[object, ...]:
    """All that a case is made of and that decisions may change, or how often it was changed.

    Of registries, accounts and notices nothing is changed but by statements. Of units it is what they
    are within the ranges named: in a batch those before it lie beside them, in the same rows.
    """
    return (
        world.stated_so_far,
        world.transactions.get(transaction_id),
        None if reverses is None else world.transactions.get(reverses),
        None if reverses is None else world.reversals.get(reverses),
        world.reservations.changed,
        *[
            (
                max(row.first, serials.first),
                min(row.last, serials.last),
                row.issued_first,
                row.account_id,
                row.state,
                row.locked_by,
                row.moved_by,
            )
            for registry, serials in named
            if serials is not None
            for row in world.units.overlapping(registry, serials)
        ],
    )
