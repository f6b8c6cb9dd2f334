# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rulebook's one entrance: the case of a proposed transaction in, judgement out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from broker.rulebook.check import Finding, Rules, Shared, accepts
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.catalogue import CHECKS
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.effects.of_transaction import effects_of

RULES: Final = Rules(CHECKS)


@dataclass(frozen=True, slots=True)
class KyotoJudgement:
    """What the rulebook says of a proposed transaction.

    Attributes:
        findings: One per check, in catalogue order, passed ones included.
        valid: Whether it may be carried out.
        effects: What it would do; to be used only when it is valid.
    """

    findings: tuple[Finding, ...]
    valid: bool
    effects: Effects


def judge_proposal(case: KyotoCase, shared: Shared | None = None) -> KyotoJudgement:
    """Judges a proposed transaction on the day of `case.now` (UTC); never raises.

    Args:
        case: What is judged.
        shared: What checks come to for whatever is like it.
    """
    findings = RULES.judge(case, case.now.date(), shared)
    return KyotoJudgement(findings, accepts(findings), effects_of(case))
