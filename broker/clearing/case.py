# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From the world of a group to the facts of one proposed transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from broker.clearing.received import Received
from broker.clearing.reversing import reversed_facts
from broker.clearing.strangers import (
    account_to_enter,
    authorizes,
    issued_before,
    own_account,
    own_rows,
    speaks_for,
)
from broker.clearing.world import World
from broker.ledger.units import UnitRow
from broker.regime.paris import keys, known
from broker.regime.paris.lookups import behind_units, lookup_of
from broker.regime.paris.reading import stated_attributes
from broker.regime.paris.state import UnitState, read_state
from broker.regime.regime import Found
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.notices import BoundUnits, MaintenanceWindow
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES
from broker.rulebook.paris.attributes import Attributes, AuthorizationRef, Underlying
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.mechanism import current_type
from broker.rulebook.paris.proposal import ParisProposed, ParisProposedBlock
from broker.rulebook.paris.underlying import UnderlyingRange, standing_behind, unit_id
from itmo import limits
from itmo.clock import from_ms
from itmo.identifiers import AccountId, RegistryId, TransactionId
from itmo.serials import SerialRange


def facts_of(
    world: World,
    received: Received,
    proposed: ParisProposed,
    now: datetime,
    *,
    waiting: bool = True,
) -> ParisCase:
    """Everything the rulebook may know of a proposed transaction, as the world stands now.

    Nothing that is no business of the sender's is among it: see `broker.clearing.strangers`.

    Args:
        world: The facts of the group.
        received: The message that proposes it.
        proposed: The transaction.
        now: When it is judged.
        waiting: Whether what waits counts against what is authorized.
    """
    from_registry = world.registries.get(proposed.from_registry)
    to_registry = world.registries.get(proposed.to_registry)
    sender = received.header.sender_node
    blocks = tuple(_block(world, sender, proposed, block) for block in proposed.blocks)
    offered = bool(blocks) and all(
        (wanted := block.proposed.range) is not None
        and _held(block, proposed.from_account) == wanted.quantity
        for block in blocks
    )
    return ParisCase(
        now=now,
        message=_message(world, received, (proposed.from_registry, proposed.to_registry)),
        proposed=proposed,
        transaction_known=proposed.transaction_id in world.transactions,
        from_registry=from_registry,
        to_registry=to_registry,
        from_account=own_account(world, sender, proposed.from_account),
        to_account=account_to_enter(world, sender, proposed.to_account, offered=offered),
        blocks=blocks,
        parties=known.parties(world.stated),
        approaches=known.approaches(world.stated),
        authorizations=known.authorizations(
            world.stated,
            world.tallies,
            waiting=waiting,
            of=authorizes(world, sender, proposed),
        ),
        approach_totals=known.totals(world.stated, world.tallies),
        reversed=reversed_facts(world, sender, proposed),
        allotment_accounts={
            each.account: account
            for each in proposed.allotments
            if (account := own_account(world, sender, each.account)) is not None
        },
        maintenance=tuple(
            MaintenanceWindow(row.registry, from_ms(row.start_at), from_ms(row.end_at))
            for row in world.notices.maintenance
        ),
        registrations=known.registrations(world.stated),
    )


def _message(world: World, received: Received, registries: tuple[str, str]) -> MessageFacts:
    sender = received.header.sender_node
    return MessageFacts(
        sender_node=sender,
        sender_registries=frozenset(
            world.registries[name].registry
            for name in registries
            if speaks_for(world, sender, name)
        ),
        creation_time=received.header.creation_time,
        clock_tolerance=limits.CLOCK_TOLERANCE,
    )


def _held(block: ParisBlock, account_id: str) -> int:
    """How many units of a block an account holds."""
    return sum(each.range.quantity for each in block.segments if each.account_id == account_id)


def _block(
    world: World, sender: str, proposed: ParisProposed, block: ParisProposedBlock
) -> ParisBlock:
    wanted = block.range
    issuing = proposed.type is TransactionType.ISSUANCE
    rows = []
    if wanted is not None:
        rows = own_rows(world, sender, proposed, block.registry, wanted)
    behind = standing_behind(block.attributes) if block.attributes else None
    return ParisBlock(
        proposed=block,
        segments=tuple(_segment(world, row, wanted) for row in rows if wanted is not None),
        issued_before=issued_before(world, sender, block.registry, wanted)
        if issuing and wanted is not None
        else (),
        underlying_taken=tuple(_taken(world, proposed.to_registry, behind))
        if behind is not None
        else (),
        underlying_ended=tuple(_ended(world, behind)) if behind is not None else (),
        waiting=tuple(_waiting(world, block.registry, wanted)) if wanted is not None else (),
        bound=tuple(_bound(world, rows, wanted)) if wanted is not None else (),
    )


def _waiting(
    world: World, registry: str, wanted: SerialRange
) -> Iterator[tuple[SerialRange, TransactionId]]:
    for row in world.reservations.overlapping(registry, wanted):
        shared = SerialRange(max(row.first, wanted.first), min(row.last, wanted.last))
        yield shared, TransactionId(row.transaction_id)


def _bound(world: World, rows: list[UnitRow], wanted: SerialRange) -> Iterator[BoundUnits]:
    """A notice is open as long as its units lie where they can still leave."""
    for row in rows:
        if world.accounts[row.account_id].account_type in FINAL_ACCOUNT_TYPES:
            continue
        start, end = max(row.first, wanted.first), min(row.last, wanted.last)
        for notice in world.notices.bound.overlapping(row.registry, start, end):
            serials = SerialRange(max(start, notice.first), min(end, notice.last))
            yield BoundUnits(serials, notice.message_id)


def _ended(world: World, behind: UnderlyingRange) -> Iterator[tuple[Underlying, str]]:
    for event in world.notices.events.overlapping(behind.series, behind.first, behind.last):
        told = event.units
        yield _shared(told, behind), event.message_id


def _segment(world: World, row: UnitRow, wanted: SerialRange) -> ParisSegment:
    account = world.accounts[row.account_id]
    attributes = stated_attributes(world.issued[(row.registry, row.issued_first)].attributes)
    state = read_state(row.state)
    return ParisSegment(
        registry=RegistryId(row.registry),
        range=SerialRange(max(row.first, wanted.first), min(row.last, wanted.last)),
        account_id=AccountId(row.account_id),
        account_type=account.account_type,
        attributes=_current(attributes, state),
        first_transferred=state.first_transferred,
        locked_by=TransactionId(row.locked_by) if row.locked_by else None,
        authorized_at_issuance=_for_a_purpose(world, attributes),
        first_transfers_reversed=state.first_transfers_reversed,
        moved_by=row.moved_by,
    )


def _for_a_purpose(world: World, issued: Attributes) -> bool:
    """True for units issued under a letter that named a purpose."""
    named = issued.authorization
    if named is None:
        return False
    versions = world.stated.history(keys.authorization(issued.first_transferring_party, named.id))
    return any(each.version == named.version and each.purposes for each in versions)


def _current(issued: Attributes, state: UnitState) -> Attributes:
    """Attributes today: a notice may have changed vintage or authorization since the issuance."""
    authorization = (
        AuthorizationRef(state.authorization_id, state.authorization_version)
        if state.authorization_id
        else None
    )
    if issued.vintage == state.vintage and issued.authorization == authorization:
        return issued
    return replace(
        issued,
        unit_type=current_type(issued.unit_type, authorized=authorization is not None),
        vintage=state.vintage,
        authorization=authorization,
    )


def _taken(world: World, issuer: str, behind: UnderlyingRange) -> list[tuple[Underlying, str]]:
    """What back units already; which ones is told of the issuing registry's own."""
    taken = []
    for found in standing_for(world, behind):
        stored = behind_units(found)
        if stored is not None:
            own = found.units.registry == issuer
            backed = f"{found.units.registry}:{found.units.range}" if own else "other units"
            taken.append((_shared(stored, behind), backed))
    return taken


def standing_for(world: World, behind: UnderlyingRange) -> list[Found]:
    """Issued blocks behind which underlying units of a range stand."""
    named = lookup_of(behind.place)
    return world.found.overlapping((named.space, named.name), named.low, named.high)


def _shared(stored: UnderlyingRange, behind: UnderlyingRange) -> Underlying:
    """Of stored underlying units those that are named here; others are no business of the sender's.

    Ranges over batches may cross without a unit in both: then what is named is told.
    """
    both = stored.shared(behind) or behind
    return Underlying(both.registry, unit_id(both, both.first), unit_id(both, both.last))
