# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The signature verifies under a key valid for the sender."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    message = case.message
    if message.signature_valid:
        return None
    return Failure(
        f"the signature does not verify under a valid key of node {name(message.sender_node)}"
    )


CHECK: Final[Check[Case]] = Check(
    id="MSG_SIGNATURE",
    title="The signature verifies under a key valid for the sender",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy=(
        "Sign the exact bytes sent, with a key that is registered and valid for the sending node."
    ),
    applies=always,
    run=_run,
)
