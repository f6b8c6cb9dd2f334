# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transition: what ends and what begins are judged in turn, and happen in one decision or not at all.

What would begin is judged only where the units may end. Before that its proposer is a stranger in the
registry that would issue, and learns nothing of it.
"""

from __future__ import annotations

from collections import deque
from datetime import date

from broker.clearing.decision.books import GroupKnown
from broker.clearing.decision.declaring import beginning as declared_beginning
from broker.clearing.decision.desk import Desk
from broker.clearing.path.received import Received
from broker.clearing.transactions.in_stead import in_stead
from broker.regime.postings import Beginning, Postings
from broker.regime.regime import Judgement
from itmo.frozen import replace
from itmo.transitions import beginning


def with_beginning(
    desk: Desk, received: Received, ordinal: int, ending: Judgement
) -> tuple[Judgement, Judgement | None]:
    """The judgement of a transaction as a whole, and that of what begins in it.

    Args:
        desk: Where the group is decided.
        received: The message that proposes it.
        ordinal: Its place there.
        ending: What its own regime says.

    Returns:
        For what is no transition, and where units may not end, the ending's own and None.
    """
    begins = received.proposed[ordinal].begins
    if begins is None or not ending.valid or ending.postings is None:
        return ending, None
    regimes = desk.charter.regimes
    declared = declared_beginning(desk.world, regimes, received, ordinal, desk.now)
    case = replace(declared.case, ended=ending.ends)
    known = GroupKnown(desk.world, declared.needs)
    written = beginning(received.written[ordinal])
    begun = regimes[begins.rulebook].judge(case, known, written)
    if not begun.valid or begun.postings is None:
        return replace(ending, valid=False, postings=None, units=()), begun
    _check(begun.postings)
    ending_account = received.proposed[ordinal].to_account
    whole = replace(
        ending.postings, begins=Beginning(begins.rulebook, ending_account, begun.postings)
    )
    deque(in_stead(whole), maxlen=0)  # raises where not as many begin as end
    not_after = min(ending.not_after or date.max, begun.not_after or date.max)
    return replace(
        ending,
        postings=whole,
        marks=(*ending.marks, *begun.marks),
        not_after=None if not_after == date.max else not_after,
    ), begun


def _check(postings: Postings) -> None:
    """What a regime lets pass that is no transition is a bug of ours: the message is answered as a fault."""
    if postings.moves or postings.restates or postings.bookings or postings.reverses:
        message = "what begins in a transition is issued, and nothing else"
        raise ValueError(message)
