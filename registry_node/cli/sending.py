# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A command on its way: given to the node, what came of it shown, left with its exit status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from itmo.core.v1 import proposal_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.timestamps import timestamp
from registry_node.cli import showing
from registry_node.cli.session import Session, seconds_for


def tell(session: Session, answer: Message, wait: float, done: str, *, named: bool = False) -> None:
    """Shows what came of a command, leave with its exit status; named: with the id others name it by."""
    found: api.Outcome = answer.outcome  # type: ignore[attr-defined]  # every command's answer has it

    def text(screen: Screen) -> None:
        showing.outcome(screen, found, done)
        if named:
            screen.line(f"  message {found.message_id}", "dim")

    session.show(answer, text)
    showing.leave(found, wait)


def propose_one(
    session: Session,
    done: str,
    *,
    wait: float,
    unchecked: bool = False,
    by_proposer: bool | None = None,
    deadline: datetime | None = None,
    **fields: Any,  # noqa: ANN401 - fields of a ProposedTransaction
) -> None:
    """Proposes one transaction, show what came of it, leave with its exit status."""
    if by_proposer is not None:
        fields["completion"] = (
            proposal_pb2.COMPLETION_MODE_BY_PROPOSER
            if by_proposer
            else proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE
        )
    if deadline is not None:
        fields["deadline"] = timestamp(deadline)
    wish = proposal_pb2.ProposedTransaction(**fields)
    if session.collect is not None:
        session.collect(wish)
        return
    request = api.ProposeRequest(
        transactions=[wish],
        unchecked=unchecked,
        wait_ms=milliseconds(wait),
    )
    answer = session.call(lambda stub: stub.Propose(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, done)


def milliseconds(wait: float) -> int:
    """Seconds as the operator's service takes them."""
    return int(wait * 1000)
