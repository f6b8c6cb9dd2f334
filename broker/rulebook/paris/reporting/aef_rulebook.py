# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rulebook as the checks of AEFs are told of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.result.rules import Rulebook, RuleFinding
from broker.rulebook.paris.catalogue import DIGEST, VERSION
from broker.rulebook.paris.reporting.report_check import ReportFacts
from broker.rulebook.paris.reporting.report_rules import as_told, judge_reports


def _judge(inquiry: Inquiry, today: date) -> Iterator[RuleFinding]:
    return map(as_told, judge_reports(ReportFacts(inquiry=inquiry, today=today)))


RULEBOOK: Final = Rulebook(version=VERSION, digest=DIGEST.hex(), judge=_judge)
