# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A message id is never used again with other content."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Kept, Severity
from broker.rulebook.general.case import Case
from itmo.reasons import Reason

RULE: Final[Kept[Case]] = Kept(
    id="MSG_REPLAY",
    title="A message id is never used again with other content",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Give every new message a new id, and repeat an old message byte for byte.",
    where="the record of messages, in which the same bytes find their first answer",
    reasons=(Reason.MESSAGE_ID_REUSED,),
)
