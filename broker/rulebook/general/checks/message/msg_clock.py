# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The message is dated in UTC and near the time of the clearing-house."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always


def _run(case: Case) -> Failure | None:
    message = case.message
    created = message.creation_time
    if created.utcoffset() != timedelta(0):
        return Failure(f"the message is dated {created.isoformat()}; expected a time in UTC")
    skew = abs(created - case.now)
    if skew <= message.clock_tolerance:
        return None
    return Failure(
        f"the message is dated {created.isoformat()}, {skew} from the clearing-house's clock;"
        f" {message.clock_tolerance} are tolerated"
    )


CHECK: Final[Check[Case]] = Check(
    id="MSG_CLOCK",
    title="The message is dated in UTC and near the time of the clearing-house",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Set the clock of the sending node, and sign the message again.",
    applies=always,
    run=_run,
)
