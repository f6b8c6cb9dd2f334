# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The message parses against the published schema."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.judging import IN_FORCE, always


def _run(case: Case) -> Failure | None:
    if case.facts.message.schema_valid:
        return None
    return Failure(
        "the message does not parse against the published schema; expected its fields and"
        " enumeration values only"
    )


CHECK: Final = Check(
    id="MSG_SCHEMA",
    title="The message parses against the published schema",
    category=Category.MESSAGE,
    citation="UNFCCC ITMO API v0.0.5",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Send the fields and values of the stated schema version only.",
    applies=always,
    run=_run,
)
