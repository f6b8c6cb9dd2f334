# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What rules that are none of the 25 checks found in what was filed: on deadlines, on versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from aef.checks.inquiry import Inquiry


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinding:
    """A finding of a rule; whoever judged by it says so here in its words.

    Attributes:
        rule: Id of the rule.
        title: What it demands.
        remedy: What to do.
        outcome: FAILED, or INCONCLUSIVE where something is missing.
        owner: The Party that is to act.
        where: The submission it was found in, for people.
    """

    rule: str
    title: str
    remedy: str
    outcome: str
    owner: str
    where: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rulebook under which files are checked.

    Attributes:
        digest: Of its text, as hexadecimal digits.
        judge: Its own rules on what was filed, as of a day.
    """

    version: str
    digest: str
    judge: Callable[[Inquiry, date], Iterable[RuleFinding]]
