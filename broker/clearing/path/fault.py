# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A fault of ours in judging one message: only that message suffers, and the record says so.

The message is recorded in its sender's chain, so that nothing of the sender waits behind it, and is
answered with a verdict or a receipt that has no effect and names `BROKER_FAULT`. The answer says
the same whatever went wrong, so a replay of the record makes it again without making the fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from broker.regime.refusals import NoEffect
from broker.regime.regime import Judgement
from broker.rulebook.check import Category, Finding, Outcome, Rule, Severity
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


RULE: Final = Rule(
    id=CODE.value,
    title="The message could be judged",
    category=Category.WORKFLOW,
    citation="protocol, chapter 8",
    severity=Severity.ERROR,
    remedy=CATALOGUE[CODE].remedy,
)
"""Stands in for the catalogue where nothing of it could be judged; it is no part of the rulebook."""

JUDGEMENT: Final = Judgement(
    findings=(Finding(RULE, Outcome.INCONCLUSIVE, Severity.ERROR, FOUND),), valid=False
)


def no_effect() -> NoEffect:
    """What a message that is no proposal comes to."""
    return NoEffect(CODE, FOUND)


def tells_fault(kind: PayloadKind, payload: bytes) -> bool:
    """Whether a statement of the broker says that judging its message had failed."""
    if kind is PayloadKind.VERDICT:
        verdict = decision_pb2.Verdict.FromString(payload)
        return any(found.check_id == CODE for each in verdict.results for found in each.findings)
    if kind is PayloadKind.RECEIPT_BATCH:
        return False  # of a message that was not judged nothing is said one by one
    return decision_pb2.Receipt.FromString(payload).refusal.code == CODE
