# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every change of the database has at hand, and the changes that several of them share."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.message import Message
from sqlalchemy import bindparam

from itmo import limits
from itmo.clock import to_ms
from itmo.ids import IdSource
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.texts import check_texts
from registry_node.blocks import block_of
from registry_node.damage import damaged
from registry_node.identity import Identity
from registry_node.ledger.holdings import Block, Holding, Ledger
from registry_node.rules import Rules
from registry_node.store.database import node_state
from registry_node.store.rows import (
    AccountRow,
    AccountState,
    Action,
    AlarmRow,
    InstructionRow,
    ItemRow,
    ItemStatus,
    TransactionRow,
)
from registry_node.store.tables import (
    ACCOUNTS,
    ALARMS,
    HOLDINGS,
    INSTRUCTIONS,
    ITEMS,
    TRANSACTIONS,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER_ROOM: Final = 1024
"""Bytes that a header may add to a body; it has about 300."""

_t, _a, _h = TRANSACTIONS.table.c, ACCOUNTS.table.c, HOLDINGS.table.c
_TRANSACTION: Final = TRANSACTIONS.select(_t.transaction_id == bindparam("transaction_id"))
_ACCOUNT: Final = ACCOUNTS.select(_a.account_id == bindparam("account_id"))
_ALL_ACCOUNTS: Final = ACCOUNTS.select(order=_a.account_id)
_TOUCHED: Final = HOLDINGS.select(*HOLDINGS.touching("since", "upto"))
_RESERVED: Final = HOLDINGS.select(_h.reserved_by == bindparam("transaction_id"))
_FORGET_HOLDING: Final = HOLDINGS.deletion(
    _h.registry == bindparam("registry"), _h.first == bindparam("first")
)
_INSTRUCTION: Final = INSTRUCTIONS.select(
    INSTRUCTIONS.table.c.instruction_id == bindparam("instruction_id")
)


def from_ms(value: int) -> datetime:
    """The time of a stored number of milliseconds.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED; it is no moment that a clock has shown.
    """
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except (OverflowError, TypeError) as error:
        raise damaged(f"a time cannot be read: {error}") from None


@dataclass(frozen=True, slots=True)
class Trip:
    """One database transaction of the node, with what it may use.

    Attributes:
        db: The connection, inside a transaction.
        now: The time at which it happens.
        ids: Source of message and transaction ids.
        identity: Who this node is.
        rules: What follows from its rulebooks.
    """

    db: sqlite3.Connection
    now: datetime
    ids: IdSource
    identity: Identity
    rules: Rules

    @property
    def now_ms(self) -> int:
        """The time as it is stored."""
        return to_ms(self.now)

    # -- looking up -----------------------------------------------------------------------------

    def transaction(self, transaction_id: str) -> TransactionRow | None:
        """Returns a transaction, or None when this node has no part in it."""
        return _TRANSACTION.first(self.db, transaction_id=transaction_id)

    def account(self, account_id: str) -> AccountRow | None:
        """Returns an own account, or None."""
        return _ACCOUNT.first(self.db, account_id=account_id)

    def accounts(self) -> list[AccountRow]:
        """Returns every own account."""
        return _ALL_ACCOUNTS.all(self.db)

    def open_account(self, account_id: str) -> bool:
        """Says whether an account is an open one of this node."""
        row = self.account(account_id)
        return row is not None and row.state is AccountState.OPEN

    def ledger(self, blocks: Iterable[Block], transaction_id: str) -> Ledger:
        """Loads the holdings that blocks touch and those that a transaction reserves.

        Their neighbours come along, so that ranges which have become alike can be joined again.
        """
        reserved = _RESERVED.all(self.db, transaction_id=transaction_id)
        found = {(row.registry, row.first): row for row in reserved}
        for block in [*blocks, *(Block(row.registry, row.serials) for row in reserved)]:
            touched = _TOUCHED.all(
                self.db,
                registry=block.registry,
                since=block.serials.first - 1,
                upto=block.serials.last + 1,
            )
            found.update({(row.registry, row.first): row for row in touched})
        return Ledger(found.values())

    # -- changing -------------------------------------------------------------------------------

    def save_ledger(self, ledger: Ledger) -> None:
        """Stores what changed in a ledger."""
        changes = ledger.changes()
        for row in changes.deleted:
            _FORGET_HOLDING.run(self.db, registry=row.registry, first=row.first)
        for row in changes.inserted:
            HOLDINGS.insert(self.db, row)

    def release(self, row: TransactionRow) -> None:
        """Frees what a transaction reserves, if anything, and tells the registry system."""
        ledger = self.ledger((), row.transaction_id)
        reserved = [piece for piece in ledger.holdings() if piece.reserved_by == row.transaction_id]
        if reserved:
            ledger.release(row.transaction_id)
            self.save_ledger(ledger)
            self.instruct(Action.RELEASE, row.transaction_id, row.from_account, reserved)

    def change(self, row: TransactionRow) -> TransactionRow:
        """Stores a changed transaction."""
        changed = replace(row, updated_at=self.now_ms)
        TRANSACTIONS.replace(self.db, changed)
        return changed

    def queue(self, kind: PayloadKind, body: Message, transaction_id: str | None) -> ItemRow:
        """Puts a message into the outbox; its id exists from here on.

        Raises:
            ProtocolError: MESSAGE_TOO_LARGE; PAYLOAD_INVALID for text that a reader cannot see.
        """
        check_texts(body)
        payload = body.SerializeToString()
        if len(payload) > limits.MAX_PAYLOAD_BYTES - _HEADER_ROOM:
            raise ProtocolError(
                Reason.MESSAGE_TOO_LARGE,
                f"the {kind} has {len(payload)} bytes, at most"
                f" {limits.MAX_PAYLOAD_BYTES - _HEADER_ROOM} are sent; split it.",
                found=len(payload),
                limit=limits.MAX_PAYLOAD_BYTES - _HEADER_ROOM,
            )
        item = ItemRow(
            message_id=self.ids.uuid7(self.now),
            kind=kind,
            body=payload,
            transaction_id=transaction_id,
            status=ItemStatus.QUEUED,
            created_at=self.now_ms,
            changed_at=self.now_ms,
            after_delivery=node_state(self.db).cursor,
        )
        return replace(item, item_id=ITEMS.insert(self.db, item))

    def instruct(
        self, action: Action, transaction_id: str, account_id: str, units: Iterable[Holding]
    ) -> None:
        """Notes what the registry system has to do; the same instruction is noted once."""
        instruction_id = f"{transaction_id}:{action}:{account_id}"
        if _INSTRUCTION.first(self.db, instruction_id=instruction_id) is not None:
            return
        INSTRUCTIONS.insert(
            self.db,
            InstructionRow(
                instruction_id=instruction_id,
                action=action,
                transaction_id=transaction_id,
                account_id=account_id,
                units=json.dumps([_told(each) for each in units]),
                created_at=self.now_ms,
            ),
        )

    def alarm(
        self, code: str, found: str, *, transaction_id: str = "", delivery: int | None = None
    ) -> None:
        """Notes something that a person must look at."""
        ALARMS.insert(
            self.db,
            AlarmRow(
                at=self.now_ms,
                code=code,
                found=found,
                transaction_id=transaction_id,
                delivery_sequence=delivery,
            ),
        )


def _told(units: Holding) -> dict[str, str]:
    block = block_of(units).SerializeToString(deterministic=True)
    return {"block": b64encode(block).decode("ascii"), "marks": units.marks}
