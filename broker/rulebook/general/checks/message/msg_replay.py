# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A message id is never used again with other content."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    message = case.message
    if not message.id_reused_with_other_content:
        return None
    return Failure(
        f"node {name(message.sender_node)} used this message's id before, for other content"
    )


CHECK: Final[Check[Case]] = Check(
    id="MSG_REPLAY",
    title="A message id is never used again with other content",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Give every new message a new id, and repeat an old message byte for byte.",
    applies=always,
    run=_run,
)
