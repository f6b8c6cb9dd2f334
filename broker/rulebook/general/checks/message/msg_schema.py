# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The message parses against the published schema."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Kept, Severity
from broker.rulebook.general.case import Case
from itmo.reasons import Reason

RULE: Final[Kept[Case]] = Kept(
    id="MSG_SCHEMA",
    title="The message parses against the published schema",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Send the fields and values of the stated schema version only.",
    where="the gate, before anything is judged",
    reasons=(
        Reason.MESSAGE_UNDECODABLE,
        Reason.MESSAGE_UNKNOWN_FIELDS,
        Reason.PAYLOAD_INVALID,
        Reason.SCHEMA_VERSION_UNSUPPORTED,
    ),
)
