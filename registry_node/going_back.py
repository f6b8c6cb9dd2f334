# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The way out after the broker lost decisions: the store goes back to the last place that both have.

The books are made again from the own messages and the deliveries up to that place, by the functions
that made them first. The old store is kept beside the new one: its signed statements prove what the
broker had decided. What the broker hands out from that place on is applied as always.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Table

from itmo.clock import to_text
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.back_up import back_up
from itmo.runtime.db.head import HeadFile, sync_directory
from registry_node.broker_link import BrokerLink
from registry_node.commands.trip import Trip
from registry_node.inbox.opening import Opener, claimed_header
from registry_node.inbox.own_messages import ANSWERS
from registry_node.inbox.record_watch import cursor_at
from registry_node.outbox.items import envelope_of, transactions_of
from registry_node.store import schema
from registry_node.store.commit_head import mark_commit
from registry_node.store.database import node_state
from registry_node.store.rows import ItemRow, ItemStatus
from registry_node.store.tables import DELIVERIES, ITEMS, PROOFS
from registry_node.verifying.proofs import verify_proofs
from registry_node.verifying.replay import Replay

_ITEMS: Final = ITEMS.select(order=ITEMS.table.c.item_id)
_PROOFS: Final = PROOFS.select()
_DELIVERIES: Final = DELIVERIES.select(order=DELIVERIES.table.c.sequence.desc())
_PRUNED: Final = (
    "PRAGMA foreign_keys = OFF",
    "DROP TRIGGER proof_no_delete",
    "DELETE FROM delivery WHERE sequence > :cursor",
    "DELETE FROM proof WHERE delivery_sequence > :cursor",
    "UPDATE outbox_item SET after_delivery = min(after_delivery, :cursor)",
    "UPDATE node_state SET cursor = :cursor",
)
"""What the deliveries behind the common ground have brought goes."""
_UNRECORDED: Final = (
    "DELETE FROM proof WHERE message_id = :message_id",
    "DELETE FROM signed_version WHERE item_id = :item_id",
    (
        "UPDATE outbox_item SET status = 'QUEUED', effective = NULL, code = '', found = ''"
        " WHERE item_id = :item_id"
    ),
)
_FORGOTTEN: Final = (*_UNRECORDED, "DELETE FROM outbox_item WHERE item_id = :item_id")


def _copy(table: Table, verb: str = "INSERT") -> str:
    """Copies the rows of a table; a later version may have given the old store columns more."""
    listed = ", ".join(table.c.keys())
    # Names of our own schema.
    return f"{verb} INTO {table.name} ({listed}) SELECT {listed} FROM old.{table.name}"  # noqa: S608


_CARRIED_OVER: Final = (
    "DELETE FROM alarm",
    _copy(schema.alarm),
    _copy(schema.known_key, "INSERT OR REPLACE"),
    _copy(schema.mirrored),
    _copy(schema.draft),
    "UPDATE node_state SET clock_offset_ms = (SELECT clock_offset_ms FROM old.node_state)",
    (
        "UPDATE instruction SET (done_at, attempts, last_error) = (SELECT done_at, attempts, last_error"
        " FROM old.instruction AS was WHERE was.instruction_id = instruction.instruction_id) WHERE"
        " instruction_id IN (SELECT instruction_id FROM old.instruction)"
    ),
    _copy(schema.commit_mark),
)
"""What nothing signed determines stays as it was."""
_CARRIED_OUT: Final = (
    "SELECT action, transaction_id, account_id FROM old.instruction WHERE done_at IS NOT NULL"
    " AND instruction_id NOT IN (SELECT instruction_id FROM instruction) ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What the broker has of an own message."""

    payload_hash: bytes
    sequence: int


@dataclass(frozen=True, slots=True)
class CommonGround:
    """Up to where a node and the broker know the same.

    Attributes:
        deliveries: The last delivery that both have.
        messages: The last own message that both have as recorded.
    """

    deliveries: int
    messages: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What this store was told of the broker's record, and how much of it the record holds."""

    known: CommonGround
    common: CommonGround

    @property
    def differs(self) -> bool:
        """Whether the record lacks anything of it."""
        return self.known != self.common


@dataclass(frozen=True, slots=True)
class WentBack:
    """What came of going back.

    Attributes:
        ground: Where the store stands now.
        dropped: How many deliveries are no part of the record any more.
        lost: Own messages that the broker had acknowledged and lost, oldest first.
        queued: Ids of those that are sent again.
        carried_out: What the registry system had done for decisions that were lost.
        kept: Where the old store lies.
    """

    ground: CommonGround
    dropped: int
    lost: tuple[ItemRow, ...]
    queued: frozenset[str]
    carried_out: tuple[str, ...]
    kept: Path


async def compare(trip: Trip, link: BrokerLink) -> Comparison:
    """Finds out up to where the broker's record is the one that this store was told of.

    Raises:
        ProtocolError: Why the broker cannot be asked.
    """
    state = node_state(trip.db)
    own = {each.sequence: each.payload_hash for each in _recorded(trip).values()}

    async def delivered(sequence: int) -> bool:
        try:
            await link.fetch(cursor_at(trip, sequence), 1, 0)
        except ProtocolError as error:
            if error.reason is not Reason.RECORD_DIFFERS:
                raise
            return False
        return True

    async def said(sequence: int) -> bool:
        standing = await link.sender_standing()
        if standing.next_sequence - 1 <= sequence:
            place, digest = standing.next_sequence - 1, standing.previous_payload_hash
        else:
            after = next(iter(await link.own_messages(sequence)), None)
            if after is None:
                return False
            place, digest = sequence, claimed_header(after).previous_payload_hash
        return place == sequence and own.get(sequence) == digest

    deliveries = await _last(delivered, state.cursor)
    if deliveries < state.cursor:
        deliveries = _before_what_came_late(trip, deliveries)
    return Comparison(
        CommonGround(state.cursor, state.recorded_sequence),
        CommonGround(deliveries, await _last(said, state.recorded_sequence)),
    )


async def _last(holds: Callable[[int], Awaitable[bool]], most: int) -> int:
    """The last place at which both have the same: of those before it, they have the same too."""
    if most == 0 or await holds(most):
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if await holds(middle) else (low, middle)
    return low


def _before_what_came_late(trip: Trip, place: int) -> int:
    """Before any delivery that was taken out of quarantine after that place: it comes again whole."""
    for row in _DELIVERIES.all(trip.db):
        late = row.applied_after is not None and row.applied_after > place
        if row.sequence <= place and late:
            place = row.sequence - 1
    return place


def _recorded(trip: Trip) -> dict[str, _Recorded]:
    """Every own message that the broker has acknowledged, by its id."""
    return {
        proof.message_id: _Recorded(
            proof.payload_hash, claimed_header(envelope_of(proof.envelope)).sender_sequence
        )
        for proof in _PROOFS.all(trip.db)
        if proof.node == trip.identity.node
    }


def go_back(
    old: Trip, path: Path, opener: Opener, ground: CommonGround, *, send_again: bool
) -> WentBack:
    """Puts a store in place that ends at the common ground; nobody may serve the old one.

    Args:
        old: The old store, opened for writing, outside a transaction.
        path: Its file.
        opener: What verifies.
        ground: Where to go back to.
        send_again: Queue again what the broker acknowledged and lost, as far as it still can be said.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, when the books cannot be made again; CONFIGURATION_INVALID,
            when somebody reads the old store. Nothing was changed.
        OSError: The disk did not take it.
    """
    recorded = _recorded(old)
    lost = [
        item
        for item in _ITEMS.all(old.db)
        if (
            known.sequence > ground.messages
            if (known := recorded.get(item.message_id))
            else item.status in (ItemStatus.ANSWERED, ItemStatus.DECIDED)
        )
    ]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as pruned:
        old.db.backup(pruned)
        for statement in _PRUNED:
            pruned.execute(statement, {"cursor": ground.deliveries})
        for item in lost:
            _strike(pruned, item, _UNRECORDED if send_again else _FORGOTTEN)
        fresh = _made_again(replace(old, db=pruned), opener)
    with closing(fresh):
        names = {row[0] for row in fresh.execute("SELECT message_id FROM outbox_item")}
        queued = frozenset(item.message_id for item in lost if item.message_id in names)
        result = WentBack(
            ground=ground,
            dropped=node_state(old.db).cursor - ground.deliveries,
            lost=tuple(lost),
            queued=queued,
            carried_out=_carry_over(fresh, path),
            kept=path.with_name(f"{path.name}.before-{to_text(old.now).replace(':', '')}"),
        )
        _tell(replace(old, db=fresh), result)
        head = mark_commit(fresh)
        _put_in_place(old.db, fresh, path, result.kept)
    HeadFile.make(path, head).close()
    return result


def _strike(pruned: sqlite3.Connection, item: ItemRow, statements: Sequence[str]) -> None:
    for statement in statements:
        pruned.execute(statement, {"message_id": item.message_id, "item_id": item.item_id})


def _made_again(pruned: Trip, opener: Opener) -> sqlite3.Connection:
    """Makes the books of what is left; what cannot be said any more is left out."""
    while True:
        proofs = verify_proofs(pruned, opener)
        replay = Replay(pruned, proofs.opened)
        found = list(replay.run())
        known = {row[0] for row in replay.db.execute("SELECT transaction_id FROM traded")}
        unsaid = [
            item
            for item in _ITEMS.all(pruned.db)
            if item.status in (ItemStatus.QUEUED, ItemStatus.SIGNED, ItemStatus.REFUSED)
            and (
                item.message_id in replay.unsaid
                or (item.kind in ANSWERS and not known.issuperset(transactions_of(item)))
            )
        ]
        if unsaid:
            replay.db.close()
            for item in unsaid:
                _strike(pruned.db, item, _FORGOTTEN)
            continue
        if found:
            replay.db.close()
            raise ProtocolError(
                Reason.LEDGER_AUDIT_FAILED,
                f"The books cannot be made again up to the common ground: {found[0]}. Run"
                " `registry-node verify`, and put back a copy that holds.",
                found=found[0],
            )
        return replay.db


def _carry_over(fresh: sqlite3.Connection, path: Path) -> tuple[str, ...]:
    """Brings over what nothing signed determines; says what was carried out and is lost."""
    fresh.execute("ATTACH DATABASE ? AS old", (str(path),))
    try:
        for statement in _CARRIED_OVER:
            fresh.execute(statement)
        return tuple(
            f"{action} units in {account_id} for transaction {transaction_id}"
            for action, transaction_id, account_id in fresh.execute(_CARRIED_OUT)
        )
    finally:
        fresh.execute("DETACH DATABASE old")


def _tell(trip: Trip, result: WentBack) -> None:
    """Leaves word for people of what is gone."""
    trip.alarm(
        Reason.RECORD_DIFFERS,
        f"the broker's loss was accepted: the store went back to delivery {result.ground.deliveries}"
        f" and own message {result.ground.messages}; {result.dropped} deliveries and"
        f" {len(result.lost)} acknowledged own messages are no part of the record any more."
        f" The old store, which proves them, is {result.kept}.",
    )
    for item in result.lost:
        sent = item.message_id in result.queued
        trip.alarm(
            Reason.RECORD_DIFFERS,
            f"the broker acknowledged the {item.kind} {item.message_id} and lost it;"
            f" {'it is sent again' if sent else 'say it again where it is still wanted'}.",
            transaction_id=item.transaction_id or "",
        )
    for each in result.carried_out:
        trip.alarm(
            Reason.RECORD_DIFFERS,
            f"the registry system was told to {each}, which the record does not hold any more: take it"
            " back there.",
        )


def _put_in_place(
    old: sqlite3.Connection, fresh: sqlite3.Connection, path: Path, kept: Path
) -> None:
    """The new file takes the name of the old one in one step; the old one has another name by then."""
    busy = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The database {path} is being read by another program; end that one first.",
            found=str(path),
        )
    made = path.with_name(f"{path.name}.new")
    made.unlink(missing_ok=True)
    back_up(fresh, made, lambda _: None)
    os.link(path, kept)
    made.replace(path)
    sync_directory(path.parent)
