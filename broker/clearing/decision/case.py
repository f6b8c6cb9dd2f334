# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From the world of a group to what is known of one transaction, whatever its regime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.strangers import (
    account_to_enter,
    issued_before,
    own_account,
    own_rows,
    speaks_for,
)
from broker.clearing.decision.world import World
from broker.clearing.transactions.reversing import reversed_facts
from broker.regime.postings import Beginning, Postings
from broker.regime.regime import Regime
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.disputes import DisputedUnits
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.notices import BoundUnits, MaintenanceWindow
from broker.rulebook.general.proposal import Proposed, ProposedBlock, TransactionType, UnitRole
from itmo import limits
from itmo.clock import from_ms
from itmo.identifiers import NodeId, RegistryId, TransactionId
from itmo.serials import SerialRange


def case_of(
    world: World,
    regime: Regime,
    sender: NodeId,
    creation_time: datetime,
    proposed: Proposed,
    now: datetime,
) -> Case:
    """What the engine knows of a transaction, as the world stands now.

    Nothing that is no business of the sender's is among it: see `broker.clearing.decision.strangers`.

    Args:
        world: The facts of the group.
        regime: By which it is judged.
        sender: Who proposes it.
        creation_time: When its message was made.
        proposed: The transaction.
        now: When it is judged.
    """
    source = own_account(world, sender, proposed.from_account)
    issues = regime.transaction_types[proposed.type].issues
    # Lists within, not generators: with one or two things in them they cost a third.
    blocks = tuple(
        [
            _issued(world, regime, sender, proposed, block)
            if issues
            else _moved(world, source, proposed, block)
            for block in proposed.blocks
        ]
    )
    if world.reconciled.quarantined:
        blocks = tuple([_with_disputed(world, sender, proposed, each) for each in blocks])
    offered = _offered(blocks, proposed.from_account)
    return Case(
        now=now,
        message=message_facts(world, sender, creation_time, proposed),
        proposed=proposed,
        transaction_known=proposed.transaction_id in world.transactions,
        from_registry=world.registries.get(proposed.from_registry),
        to_registry=world.registries.get(proposed.to_registry),
        from_account=source,
        to_account=account_to_enter(world, sender, proposed.to_account, offered=offered),
        blocks=blocks,
        reversed=reversed_facts(world, sender, proposed),
        named_accounts={
            name: account
            for name in proposed.named_accounts
            if (account := own_account(world, sender, name)) is not None
        },
        maintenance=_windows(world),
    )


def _windows(world: World) -> tuple[MaintenanceWindow, ...]:
    return tuple(
        [
            MaintenanceWindow(row.registry, from_ms(row.start_at), from_ms(row.end_at))
            for row in world.notices.maintenance
        ]
    )


def beginning_case(
    world: World,
    regime: Regime,
    sender: NodeId,
    creation_time: datetime,
    begins: Proposed,
    now: datetime,
) -> Case:
    """What the engine knows of the beginning of a transition, as it is to the registry that takes it.

    That registry issues, so it is judged as if its node spoke, which has the last word. Its proposer
    is told what comes of it only where the units that it offers are its to end.

    Args:
        world: The facts of the group.
        regime: By which what begins is judged.
        sender: Who proposes the transition.
        creation_time: When its message was made.
        begins: What begins.
        now: When it is judged.
    """
    issuer = world.registries.get(begins.to_registry)
    speaker = sender if issuer is None else NodeId(issuer.node)
    return case_of(world, regime, speaker, creation_time, begins, now)


def case_again(
    world: World,
    regime: Regime,
    row: TransactionRow,
    postings: Postings,
    creation_time: datetime,
    now: datetime,
) -> Case:
    """What the engine knows of a transaction that waits: whoever speaks, it is its proposer's."""
    proposed = _again(row, postings)
    begins = postings.begins
    if begins is not None:
        proposed = replace(
            proposed,
            type=TransactionType.CANCELLATION,
            to_account=begins.ending_account,
            to_registry=row.from_registry,
            begins=_begins_again(row, begins),
        )
    sender = NodeId(row.proposer_node)
    return case_of(world, regime, sender, creation_time, proposed, now)


def _begins_again(row: TransactionRow, begins: Beginning) -> Proposed:
    return replace(
        _again(row, begins.postings),
        type=TransactionType.ISSUANCE,
        from_account=row.to_account,
        from_registry=row.to_registry,
        rulebook=begins.rulebook,
    )


def _again(row: TransactionRow, postings: Postings) -> Proposed:
    return Proposed(
        transaction_id=TransactionId(row.transaction_id),
        type=row.type,
        from_account=row.from_account,
        to_account=row.to_account,
        from_registry=row.from_registry,
        to_registry=row.to_registry,
        blocks=tuple(
            ProposedBlock(
                registry=each.registry,
                first=each.range.first,
                last=each.range.last,
            )
            for each in postings.blocks
        ),
        completion=row.completion,
        reverses=TransactionId(postings.reverses) if postings.reverses else None,
        notice_id=postings.notice_id,
        rulebook=row.rulebook,
    )


def message_facts(
    world: World, sender: NodeId, creation_time: datetime, proposed: Proposed
) -> MessageFacts:
    """What is known of a message: once for all transactions between two registries that it proposes."""
    sides = proposed.from_registry, proposed.to_registry
    place = (world.stated_so_far, sender, creation_time, sides)
    kept = world.messages.get(place)
    if kept is None:
        speaks = [name for name in set(sides) if speaks_for(world, sender, name)]
        kept = world.messages[place] = MessageFacts(
            sender_node=sender,
            sender_registries=frozenset([world.registries[name].registry for name in speaks]),
            creation_time=creation_time,
            clock_tolerance=limits.CLOCK_TOLERANCE,
        )
    return kept


def _offered(blocks: tuple[BlockFacts, ...], account_id: str) -> bool:
    """True when an account holds every unit that acts."""
    for block in blocks:
        if block.proposed.role is UnitRole.NAMED:
            continue
        wanted, held = block.proposed.range, 0
        for each in block.segments:
            held += each.range.quantity if each.account_id == account_id else 0
        if wanted is None or held != wanted.quantity:
            return False
    return bool(blocks)


def _issued(
    world: World, regime: Regime, sender: str, proposed: Proposed, block: ProposedBlock
) -> BlockFacts:
    wanted = block.range
    if wanted is None or not speaks_for(
        world, sender, regime.numbered_by(proposed, block.registry)
    ):
        return BlockFacts(proposed=block)
    return BlockFacts(
        proposed=block,
        issued_before=issued_before(world, block.registry, wanted),
        waiting=tuple(_waiting(world, block.registry, wanted)),
    )


def _moved(
    world: World, source: AccountFacts | None, proposed: Proposed, block: ProposedBlock
) -> BlockFacts:
    wanted = block.range
    if wanted is None:
        return BlockFacts(proposed=block)
    segments: list[Segment] = []
    bound: list[BoundUnits] = []
    for row in own_rows(world, source, block.registry, wanted):
        issued = world.issued[(row.registry, row.issued_first)]
        # What units of another rulebook are, only that one can read; here they are not known.
        if issued.rulebook == proposed.rulebook:
            account = world.accounts[row.account_id]
            held = SerialRange(max(row.first, wanted.first), min(row.last, wanted.last))
            segments.append(
                Segment(
                    registry=RegistryId(row.registry),
                    range=held,
                    account_id=account.account_id,
                    account_type=account.account_type,
                    locked_by=TransactionId(row.locked_by) if row.locked_by else None,
                    moved_by=row.moved_by,
                    issued_as=issued.attributes,
                    state=row.state,
                )
            )
            # A notice is open as long as its units lie where they can still leave.
            if not account.final:
                bound.extend(_bound(world, row.registry, held))
    return BlockFacts(proposed=block, segments=tuple(segments), bound=tuple(bound))


def _with_disputed(world: World, sender: str, proposed: Proposed, block: BlockFacts) -> BlockFacts:
    """With units in quarantine of a side; of the other side's only those that the sender holds."""
    wanted = block.proposed.range
    if wanted is None:
        return block
    held, found = world.reconciled.quarantined, []
    for side in sorted({proposed.from_registry, proposed.to_registry}):
        own = speaks_for(world, sender, side)
        for part in [wanted] if own else [each.range for each in block.segments]:
            for row in held.overlapping((side, block.proposed.registry), part.first, part.last):
                if not row.lifted:
                    serials = SerialRange(max(part.first, row.first), min(part.last, row.last))
                    units = DisputedUnits(block.proposed.registry, serials, side, row.case_id)
                    found.append(units)
    return replace(block, disputed=tuple(found))


def _waiting(
    world: World, registry: str, wanted: SerialRange
) -> Iterator[tuple[SerialRange, TransactionId]]:
    for row in world.reservations.overlapping(registry, wanted):
        shared = SerialRange(max(row.first, wanted.first), min(row.last, wanted.last))
        yield shared, TransactionId(row.transaction_id)


def _bound(world: World, registry: str, held: SerialRange) -> list[BoundUnits]:
    return [
        BoundUnits(
            SerialRange(max(held.first, notice.first), min(held.last, notice.last)),
            notice.message_id,
        )
        for notice in world.notices.bound.overlapping(registry, held.first, held.last)
    ]
