# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rules of the rulebook for reading: those on proposals, and those on reports and holdings."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Kept, Rule
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.reporting.catalogue import REPORT_RULES

RULES: Final[tuple[Rule, ...]] = (*CHECKS, *REPORT_RULES)
"""In the order in which they are judged."""


def kept_by(rule: Rule) -> str:
    """What carries the rule out beside all judgement; empty where it is judged."""
    return rule.where if isinstance(rule, Kept) else ""
