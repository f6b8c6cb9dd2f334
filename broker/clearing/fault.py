# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A fault of ours in judging one message: only that message suffers, and the record says so.

The message is recorded in its sender's chain, so that nothing of the sender waits behind it, and is
answered with a verdict or a receipt that has no effect and names `BROKER_FAULT`. The answer says
the same whatever went wrong, so a replay of the record makes it again without making the fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from broker.clearing.desk import NoEffect
from broker.clearing.received import Received
from broker.clearing.world import World
from broker.rulebook.check import Category, Check, Failure, Finding, Outcome, Severity
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import Facts
from broker.rulebook.paris.judging import IN_FORCE, always, unknown
from broker.rulebook.paris.proposal import ParisProposed
from broker.rulebook.paris.rulebook import Judgement
from itmo import limits
from itmo.core.v1 import decision_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import CATALOGUE, Reason

CODE: Final = Reason.BROKER_FAULT
FOUND: Final = (
    "the clearing-house made an error of its own in judging this message, which is recorded and has"
    " no effect; its operator was told"
)


@dataclass
class MessageFault(Exception):  # noqa: N818  # a fault, told apart from errors of a sender
    """Judging or writing a group raised what is neither a refusal nor a broken invariant.

    Attributes:
        place: Of the message whose judgement raised; None: it showed only in the whole group.
        cause: What was raised.
    """

    place: int | None
    cause: Exception


def _not_judged(_: object) -> Failure:
    return unknown(FOUND)


CHECK: Final = Check(
    id=CODE.value,
    title="The message could be judged",
    category=Category.WORKFLOW,
    citation="protocol, chapter 8",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    remedy=CATALOGUE[CODE].remedy,
    applies=always,
    run=_not_judged,
)
"""Stands in for the catalogue where nothing of it could be judged; it is no part of the rulebook."""

JUDGEMENT: Final = Judgement(
    (Finding(CHECK, Outcome.INCONCLUSIVE, Severity.ERROR, FOUND),), Accounting(), valid=False
)


def no_effect() -> NoEffect:
    """What a message that is no proposal comes to."""
    return NoEffect(CODE, FOUND)


def facts_without_looking(
    world: World, received: Received, proposed: ParisProposed, now: datetime
) -> Facts:
    """All that a recorded proposal needs: looking at more may raise what was raised before."""
    return Facts(
        now=now,
        message=MessageFacts(
            schema_valid=True,
            signature_valid=True,
            sender_node=received.header.sender_node,
            sender_registries=frozenset(),
            id_reused_with_other_content=False,
            creation_time=received.header.creation_time,
            clock_tolerance=limits.CLOCK_TOLERANCE,
        ),
        proposed=proposed,
        transaction_known=proposed.transaction_id in world.transactions,
        from_registry=None,
        to_registry=None,
        from_account=None,
        to_account=None,
        blocks=(),
        parties={},
        approaches={},
        authorizations={},
        approach_totals={},
    )


def tells_fault(kind: PayloadKind, payload: bytes) -> bool:
    """Whether a statement of the broker says that judging its message had failed."""
    if kind is PayloadKind.VERDICT:
        verdict = decision_pb2.Verdict.FromString(payload)
        return any(found.check_id == CODE for each in verdict.results for found in each.findings)
    return decision_pb2.Receipt.FromString(payload).refusal.code == CODE
