# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every SQL statement of the command path, built with SQLAlchemy Core and compiled once.

The command path runs the compiled text through the driver, a whole group in one trip; Core's own
execution layer would cost a third of the throughput (measured, see the decision records).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    LargeBinary,
    ScalarSelect,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement

from broker.store import schema as s
from broker.store.crossing import (
    blocks_issued,
    held_crossed,
    last_lived,
    lookups_crossed,
    neighbours,
    reserved_crossed,
    units_crossed,
    units_of_registry,
    wanted_rows,
)
from broker.store.event_schema import refused_message
from broker.store.lookup_schema import lookup
from broker.store.triggers import SIGNED_WELL
from itmo import limits
from itmo.lifecycle import HOLDS_LOCK
from itmo.runtime.db.json_text import keys_of
from itmo.runtime.db.rows import Write, add, change, drop, put
from itmo.runtime.db.statement import Statement

NO_BYTES: Final[ColumnElement[bytes]] = cast(literal_column("''"), LargeBinary)
_OPEN: Final[list[ColumnElement[str]]] = [
    literal_column(f"'{state}'") for state in sorted(HOLDS_LOCK)
]


def _keeper(account: str) -> ScalarSelect[str]:
    """The registry that keeps an account."""
    return (
        select(s.account.c.registry)
        .where(s.account.c.account_id == bindparam(account))
        .scalar_subquery()
    )


def _add_unit() -> Write:
    new: dict[str, object] = {
        column.name: bindparam(f"new_{column.name}") for column in s.unit_block.c
    }
    return Write(insert(s.unit_block).values({**new, "account_registry": _keeper("of_account_id")}))


# -- loading --------------------------------------------------------------------------------------

LAST_ENTRY: Final = Statement(select(func.max(s.adjustment_entry.c.entry_id)))
RECORDED: Final = Statement(
    select(s.message.c.message_id, s.message.c.payload_hash).where(
        s.message.c.message_id.in_(keys_of())
    )
)
SENDERS: Final = Statement(select(s.sender).where(s.sender.c.node.in_(keys_of())))
KEYS: Final = Statement(select(s.key).where(s.key.c.keyid.in_(keys_of())))
OWN_KEYS: Final = Statement(
    select(s.key).where(
        s.key.c.node.in_(keys_of()), s.key.c.purpose != literal_column("'SIGN_MESSAGE'")
    )
)
"""Keys of the broker and its operator; a node's may be many, and nothing needs all of them."""
KEY_COUNTS: Final = Statement(
    select(s.key.c.node, func.count())
    .where(s.key.c.node.in_(keys_of()), s.key.c.purpose == literal_column("'SIGN_MESSAGE'"))
    .group_by(s.key.c.node)
)
"""How many keys nodes have had registered, past and revoked ones included."""
NODES: Final = Statement(select(s.node).where(s.node.c.node.in_(keys_of())))
REGISTRIES: Final = Statement(select(s.registry).where(s.registry.c.registry.in_(keys_of())))
REGISTRIES_OF: Final = Statement(select(s.registry).where(s.registry.c.node.in_(keys_of())))
DESIGNATIONS: Final = Statement(select(s.designation).where(s.designation.c.party.in_(keys_of())))
ACCOUNTS: Final = Statement(select(s.account).where(s.account.c.account_id.in_(keys_of())))
TRANSACTIONS: Final = Statement(
    select(s.transaction).where(s.transaction.c.transaction_id.in_(keys_of()))
)
DUE: Final = Statement(
    select(s.transaction)
    .where(s.transaction.c.state.in_(_OPEN), s.transaction.c.deadline <= bindparam("now"))
    .order_by(s.transaction.c.deadline, s.transaction.c.transaction_id)
    .limit(bindparam("most"))
)
MAILBOXES: Final = Statement(
    select(
        s.mailbox.c.node,
        s.mailbox.c.last_sequence,
        func.coalesce(s.mailbox_entry.c.digest, NO_BYTES),
    )
    .outerjoin(
        s.mailbox_entry,
        and_(
            s.mailbox_entry.c.node == s.mailbox.c.node,
            s.mailbox_entry.c.sequence == s.mailbox.c.last_sequence,
        ),
    )
    .where(s.mailbox.c.node.in_(keys_of()))
)
REVERSALS: Final = Statement(select(s.reversal).where(s.reversal.c.transaction_id.in_(keys_of())))


def _add_conflict() -> Write:
    """Keeps other content under a used id: the first of an id, and of a node so many ids."""
    table = s.conflicting_message
    held = (
        select(func.count())
        .select_from(table)
        .where(table.c.sender_node == bindparam("of_sender_node"))
        .scalar_subquery()
    )
    new = select(*(bindparam(c.name, type_=c.type) for c in table.c)).where(
        held < literal_column(str(limits.MAX_CONFLICTS_KEPT))
    )
    kept = upsert(table).from_select([c.name for c in table.c], new).on_conflict_do_nothing()
    return Write(kept, one_by_one=True)


def _occupied() -> str:
    """Of wanted accounts those that hold units or are waited for; one row of each is looked at."""
    wanted, u, t = wanted_rows("account"), s.unit_block, s.transaction
    one: ColumnElement[int] = literal_column("1")
    holds = select(one).where(u.c.account_id == wanted.c.account).exists()
    waiting = text(f"state IN ({s.OPEN_STATES})")  # as the index has it
    waited_for = select(one).where(t.c.to_account == wanted.c.account, waiting).exists()
    return Statement(select(wanted.c.account).where(holds | waited_for))


_crossed = units_crossed().distinct().order_by(s.unit_block.c.registry, s.unit_block.c.first)
UNITS: Final = Statement(_crossed)
SOME_UNITS: Final = Statement(_crossed.limit(bindparam("most")))
HELD: Final = Statement(held_crossed().distinct())
BOOKED: Final = Statement(units_of_registry().limit(bindparam("most")))
NEIGHBOURS: Final = Statement(neighbours())
LIVED: Final = Statement(last_lived())
RESERVED: Final = Statement(reserved_crossed().distinct())
ISSUED: Final = Statement(blocks_issued())
LOOKUPS: Final = Statement(lookups_crossed().distinct())
OCCUPIED: Final = _occupied()
STATEMENTS_ABOUT: Final = Statement(
    select(s.statement, s.statement_signature.c.keyid, s.statement_signature.c.signature)
    .outerjoin(
        s.statement_signature, s.statement_signature.c.statement_id == s.statement.c.statement_id
    )
    .where(s.statement.c.causation_id == bindparam("message_id"))
    .order_by(s.statement.c.sequence)
)

# -- writing --------------------------------------------------------------------------------------

ADD_MESSAGE: Final = add(s.message)
ADD_CONFLICT: Final = _add_conflict()
COUNT_CONFLICT: Final = Write(
    upsert(s.conflict_count)
    .values(
        sender_node=bindparam("sender_node"),
        seen=literal_column("1"),
        last_at=bindparam("received_at"),
    )
    .on_conflict_do_update(
        index_elements=["sender_node"],
        set_={
            "seen": s.conflict_count.c.seen + literal_column("1"),
            "last_at": upsert(s.conflict_count).excluded.last_at,
        },
    ),
    one_by_one=True,
)
ADD_STATEMENT: Final = add(s.statement)
_signature = upsert(s.statement_signature)
ADD_SIGNATURE: Final = Write(
    _signature.on_conflict_do_update(
        index_elements=["statement_id"],
        set_={
            "keyid": _signature.excluded.keyid,
            "signature": _signature.excluded.signature,
        },
        where=text(f"NOT EXISTS ({SIGNED_WELL.format(row='statement_signature')})"),
    )
)
"""A signature made with a key that was not good for it gives way; every other one stays."""
ADD_LEAF: Final = add(s.log_leaf)
ADD_EVENT: Final = add(s.transaction_event, words=["event", "from_state", "to_state"])
ADD_TRANSACTION: Final = add(
    s.transaction, given=2, words=["type", "state", "completion"]
)  # marks and postings are last
ADD_ISSUED: Final = add(s.issued_block)
ADD_LOOKUP: Final = add(lookup)
ADD_RESTATED: Final = add(s.restated)
ADD_RESERVED: Final = add(s.reserved_serials)
ADD_UNIT: Final = _add_unit()
ADD_ENTRY: Final = add(s.adjustment_entry)
ADD_DELIVERY: Final = add(s.mailbox_entry)
ADD_STATED: Final = add(s.stated)
PUT_SENDER: Final = put(s.sender)
PUT_NODE: Final = put(s.node)
PUT_REGISTRY: Final = put(s.registry)
PUT_DESIGNATION: Final = put(s.designation)
PUT_KEY: Final = put(s.key)
PUT_ACCOUNT: Final = put(s.account)
PUT_REVERSAL: Final = put(s.reversal)
PUT_TALLY: Final = put(s.tally)
CHANGE_TRANSACTION: Final = change(
    s.transaction,
    ["transaction_id", "state"],
    [
        "state", "termination_cause", "updated_at", "verdict_hash", "answer_hash", "closing_hash",
        "moves", "reason",
    ],
    given=1,
    words=["state"],
)  # fmt: skip
"""The state before is told with the row."""
DROP_UNIT: Final = drop(s.unit_block, ["registry", "first", "last"], one_by_one=True)
"""Of rows that become one the last goes first: a guard looks for what stands before each."""
DROP_RESERVED: Final = drop(s.reserved_serials, ["registry", "first"])
_MARKS: Final = ["state", "locked_by", "moved_by"]
_ENDS: Final = ["last", "quantity"]
_AT: Final = ["registry", "first"]
_KEEPER: Final = {"account_registry": _keeper("of_account_id")}
# What is not written touches no index, and wakes no guard.
UPDATE_UNIT: Final = change(s.unit_block, _AT, [*_ENDS, "account_id", *_MARKS], _KEEPER)
RESIZE_UNIT: Final = change(s.unit_block, _AT, [*_ENDS, *_MARKS])
MOVE_UNIT: Final = change(s.unit_block, [*_AT, "last"], ["account_id", *_MARKS], _KEEPER)
MARK_UNIT: Final = change(s.unit_block, [*_AT, "last"], _MARKS)
SET_MAILBOX: Final = Write(
    upsert(s.mailbox)
    .values(
        node=bindparam("node"),
        last_sequence=bindparam("last_sequence"),
        acknowledged_sequence=literal_column("0"),
    )
    .on_conflict_do_update(
        index_elements=["node"],
        set_={"last_sequence": upsert(s.mailbox).excluded.last_sequence},
    )
)
ADD_REFUSED: Final = Write(
    insert(refused_message).values(
        {
            name: bindparam(name)
            for name in ("refused_at", "caller", "reason", "found", "payload_hash")
        }
    )
)


def _drop_refused(*, of_caller: bool) -> str:
    """All but the newest, of one caller or of all; the search for the oldest that stays ends there."""
    r = refused_message.c
    whose = [r.caller == bindparam("of_caller")] if of_caller else []
    newest = select(r.refusal_id).where(*whose).order_by(r.refusal_id.desc())
    oldest_dropped = newest.limit(literal_column("1")).offset(bindparam("kept")).scalar_subquery()
    return Statement(refused_message.delete().where(*whose, r.refusal_id <= oldest_dropped))


DROP_REFUSED: Final = _drop_refused(of_caller=False)
DROP_REFUSED_OF: Final = _drop_refused(of_caller=True)
