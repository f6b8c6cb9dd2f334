# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A stated deadline lies in the near future."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from itmo.limits import MAX_TRANSACTION_LIFETIME


def _applies(case: Case) -> bool:
    return case.proposed.deadline is not None


def _run(case: Case) -> Failure | None:
    deadline, now = case.proposed.deadline, case.now
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


CHECK: Final[Check[Case]] = Check(
    id="STATE_TIMEOUT_24H",
    title="A stated deadline lies in the near future",
    category=Category.WORKFLOW,
    severity=Severity.ERROR,
    scope=("transactions that state a deadline; the others time out 24 hours after the proposal"),
    remedy="State a deadline after now and within 72 hours, or none.",
    applies=_applies,
    run=_run,
)
