# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What deciding on a message costs, in microseconds of processor time.

Measured with SQLite in memory on one core of 2023 (see decision record 0014): not exact, but no kind
of message costs more than twice what is counted here. The numbers bound what one message, one group
and one node may take; nothing of a decision depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from broker.clearing.path.received import Received
from itmo.envelope import Envelope
from itmo.payloads import PayloadKind

MESSAGE: Final = 500
"""Every message: its signature, its place in the record, its answer."""
KIB: Final = 25
"""A kibibyte of payload: decoding, hashing, storing."""
READ: Final = 15
"""Reading one proposed transaction, whatever becomes of it: a repetition is read, too, and one of which
the last proposal is malformed."""
READ_BLOCK: Final = 10
"""Reading a block of it, with its attributes."""
PROPOSAL: Final = 180
"""All checks of one proposed transaction, its findings and its row: of one that is like no other; of one
that is like others half of it (see decision record 0038)."""
ANSWER: Final = 120
"""What a side says of one transaction among many, and what comes of it, but for its units."""
BLOCK: Final = 25
"""A block or an allotment: reading it, and a part of its postings."""
PIECE: Final = 60
"""A stored row that a block crosses: loading, judging, locking or moving, and writing it."""
COUNTED: Final = 5
"""A stored row that was only counted."""
REPORT_ROW: Final = 35
"""A row of a registry's report."""
HELD_ROW: Final = 10
"""A row of reported holdings that a report is compared with."""
BOOKS: Final = 30_000
"""Reading a portion of the record that books are compared with, and the next one."""
DELIVERY: Final = 20
"""A recipient of a message that others hear of."""
HANDED_OUT: Final = 20
"""A delivery, or a transaction, that is handed out: finding it, and the answer's part."""
STATEMENT: Final = 15
"""A statement or message in it: loading it; its signature was paid by whom it answers."""
SENT_KIB: Final = 3
"""A kibibyte of what is handed out."""
HEARD: Final = 250
"""Credit or an acknowledgement that comes on a stream."""
CHANGE: Final = 50
"""A change that a watcher is told of."""

GROUP: Final = 60_000
"""Of one group, unless its first message alone costs more: that one is decided by itself then.

It bounds what the message of another node waits for: the group that is being decided, and its own. What
is dearer (bulk: up to 265 ms at the limits of the protocol) lets what waits beside it go first, so that
another one waits for it only while it is being decided.
"""
DUE: Final = 20_000
"""Of the time-outs that are decided with one group; the rest follows with the next."""
STOPPING: Final = 2_000_000
"""Of what is still decided when the broker stops; the rest is told to come again."""
QUESTION: Final = 2_000_000
"""Of one report that a node asks for (see broker.store.questions): about 100 000 rows of units."""
READING: Final = 10 * QUESTION
"""Of a turn in which the timeline is read on for all who ask. It takes in a decision whole, which at the limits of
the protocol is a second: stopped in it, it would not get any further ever."""
TOKEN: Final = 5_000
"""Cost for which a caller pays one token of its rate.

At the standard rate of 50 tokens a second a node has a quarter of one core. A batch of one thousand
proposals costs 53 tokens, so that node may propose 900 transfers a second for ever; a proposal of
its own never costs more than the one token of its call.
"""

_PROPOSE: Final = frozenset({PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH})

Charge = Callable[[str, int], None]
"""Takes what a node's calls have cost, besides the tokens of the calls, from its rate."""


def known(received: Received) -> int:
    """What a message will cost at least, from what it says itself."""
    cost = size(len(received.payload_bytes))
    for proposed in received.proposed:
        for half in (proposed, proposed.begins):
            if half is not None:
                cost += PROPOSAL + BLOCK * half.parts
    # The first is in the cost of the message.
    cost += ANSWER * max(0, len(received.answered) - 1)
    payload: Any = received.payload
    match received.kind:
        case PayloadKind.REGISTRY_REPORT:
            cost += REPORT_ROW * (len(payload.holdings) + len(payload.actions))
        case PayloadKind.RECONCILIATION_STATEMENT:
            blocks = sum(len(each.blocks) for each in payload.blocks)
            cost += REPORT_ROW * (len(payload.totals) + len(payload.trail) + blocks)
        case PayloadKind.UNIT_NOTICE:
            cost += BLOCK * len(payload.units)
        case PayloadKind.ADMINISTRATOR_MESSAGE:
            cost += DELIVERY * len(payload.recipients)
        case _:
            pass
    return cost


def size(payload_bytes: int) -> int:
    """What a message costs that is refused as soon as it was read; it is paid before."""
    return MESSAGE + KIB * payload_bytes // 1024


def reading(received: Received) -> int:
    """What a message costs that was read whole, and that nothing came of: a repetition, or a refusal."""
    cost = size(len(received.payload_bytes))
    if received.kind in _PROPOSE:
        for each in received.written:
            cost += READ + READ_BLOCK * (len(each.blocks) + len(each.transition.blocks))
    return cost


def handed_out(envelopes: Sequence[Envelope]) -> int:
    """What it costs to hand out a delivery or a transaction."""
    sent = sum(len(each.payload) for each in envelopes)
    return HANDED_OUT + STATEMENT * len(envelopes) + SENT_KIB * sent // 1024


def beyond_reading(cost: int, payload_bytes: int) -> int:
    """What of a message's cost is paid neither by the token of its call nor before it was read."""
    return beyond_the_call(cost) - beyond_the_call(size(payload_bytes))


def beyond_the_call(cost: int) -> int:
    """What of a cost is not paid for by the token that the call itself has taken."""
    return max(0, cost - TOKEN)
