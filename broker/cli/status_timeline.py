# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far the timeline has come, as `broker status` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime

    from itmo.clearing.v1 import operator_service_pb2 as pb

_LONG_DAYS: Final = 1
"""It is read on in quiet moments, of which there is one in a day unless something is wrong."""
_FEW: Final = 2_000
"""Completed transactions that are taken in within two seconds, for which nobody need be told to wait."""


def timeline_facts(answer: pb.GetStatusResponse) -> dict[str, object] | None:
    """The timeline for programs to read; None where the rulebooks have none."""
    from itmo.timestamps import moment

    if not answer.HasField("timeline"):
        return None
    found = answer.timeline
    return {
        "decisions": found.decisions,
        "behind": found.behind,
        "transactions_behind": found.transactions_behind,
        "since": moment(found.since, "since") if found.HasField("since") else None,
        "reading": found.reading,
    }


def timeline_text(answer: pb.GetStatusResponse) -> str | None:
    """The timeline in a line; None where there is nothing to tell."""
    found = answer.timeline
    if not found.behind:
        return None
    doing = (
        "being read on now" if found.reading else "read on in a quiet moment, or when somebody asks"
    )
    return f"{_behind(found)} behind; {doing}"


def _behind(found: pb.TimelineStanding) -> str:
    return f"{found.behind} decisions with {found.transactions_behind} completed transactions"


def timeline_warnings(answer: pb.GetStatusResponse, now: datetime) -> list[str]:
    """That those who ask have to wait, while it is made, or because nobody has seen to it for long."""
    from datetime import timedelta

    from itmo.timestamps import moment

    found = answer.timeline
    if found.transactions_behind < _FEW:
        return []
    if found.reading:
        said = (
            f"The timeline is being made: {found.decisions} of {answer.log_size} decisions are in it."
            " Questions about balances, lists and histories wait until it is."
        )
        return [said]
    if now - moment(found.since, "since") < timedelta(days=_LONG_DAYS):
        return []
    said = (
        f"The timeline has been behind for more than {_LONG_DAYS * 24} hours, by {_behind(found)}:"
        " the next question about balances, lists or histories waits until they are taken in;"
        " `broker timeline` does it now."
    )
    return [said]


def timeline_metrics(answer: pb.GetStatusResponse) -> list[Any]:
    """The timeline as figures."""
    if not answer.HasField("timeline"):
        return []
    found = answer.timeline
    waited = answer.time.seconds - found.since.seconds if found.HasField("since") else 0
    return [
        ("timeline_decisions", "Decisions in the timeline.", [({}, found.decisions)]),
        ("timeline_behind", "Decisions that the timeline lacks.", [({}, found.behind)]),
        (
            "timeline_transactions_behind",
            "Transactions that these have completed, counted up to 100 000.",
            [({}, found.transactions_behind)],
        ),
        ("timeline_behind_seconds", "Since when it lacks one.", [({}, max(0, waited))]),
        ("timeline_reading", "1 while it is being made or read on.", [({}, int(found.reading))]),
    ]
