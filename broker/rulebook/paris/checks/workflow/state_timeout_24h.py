# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A stated deadline lies in the near future."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.judging import IN_FORCE
from itmo.limits import MAX_TRANSACTION_LIFETIME


def _applies(case: Case) -> bool:
    return case.facts.proposed.deadline is not None


def _run(case: Case) -> Failure | None:
    deadline, now = case.facts.proposed.deadline, case.facts.now
    if deadline is None:
        return None
    if deadline.utcoffset() is None:
        return Failure(f"the deadline {deadline.isoformat()} has no time zone; expected UTC")
    if now < deadline <= now + MAX_TRANSACTION_LIFETIME:
        return None
    return Failure(
        f"the deadline is {deadline.isoformat()}; expected a time after {now.isoformat()} and not"
        f" more than {MAX_TRANSACTION_LIFETIME} later"
    )


CHECK: Final = Check(
    id="STATE_TIMEOUT_24H",
    title="A stated deadline lies in the near future",
    category=Category.WORKFLOW,
    citation="UNFCCC ITMO hub, timeout diagram",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=("transactions that state a deadline; the others time out 24 hours after the proposal"),
    remedy="State a deadline after now and within 72 hours, or none.",
    applies=_applies,
    run=_run,
)
