# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The message parses against the published schema."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always


def _run(case: Case) -> Failure | None:
    if case.message.schema_valid:
        return None
    return Failure(
        "the message does not parse against the published schema; expected its fields and"
        " enumeration values only"
    )


CHECK: Final[Check[Case]] = Check(
    id="MSG_SCHEMA",
    title="The message parses against the published schema",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Send the fields and values of the stated schema version only.",
    applies=always,
    run=_run,
)
