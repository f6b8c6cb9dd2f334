# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The signature verifies under a key valid for the sender."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Kept, Severity
from broker.rulebook.general.case import Case
from itmo.reasons import Reason

RULE: Final[Kept[Case]] = Kept(
    id="MSG_SIGNATURE",
    title="The signature verifies under a key valid for the sender",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy=(
        "Sign the exact bytes sent, with a key that is registered and valid for the sending node."
    ),
    where="the gate, before anything is judged",
    reasons=(
        Reason.SIGNATURE_MISSING,
        Reason.SIGNATURE_INVALID,
        Reason.KEY_UNKNOWN,
        Reason.KEY_NOT_VALID_NOW,
        Reason.KEY_REVOKED,
        Reason.KEY_WRONG_PURPOSE,
    ),
)
