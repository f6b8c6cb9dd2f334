# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is judged again before a transaction that waits is completed: what others may have changed.

Units stay, since they are locked, and others that wait take nothing from what is reserved; what Parties
may issue, convert, carry over or acquire can still be lowered, and notices can be updated. Units that
expire set the deadline of what needs them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from broker.rulebook.check import Finding, Rules, Shared, invalidates
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.catalogue import CHECKS
from broker.rulebook.kyoto.checks.external import kp_trf_expired
from broker.rulebook.kyoto.judging import pieces_of, replacing

AGAIN: Final = frozenset(
    {
        "ACC_EXISTS",
        "ID_RECONCILED",
        "KP_CDM_FEE",
        "KP_CDM_LETTER",
        "KP_CDM_MOVED",
        "KP_CDM_PROJECT",
        "KP_CONV_PROJECT",
        "KP_CONV_STATUS",
        "KP_CONV_TRACK2",
        "KP_CO_COMPLIANCE",
        "KP_CO_LIMIT",
        "KP_CO_WINDOW",
        "KP_EXPIRY_PRESENT",
        "KP_EXP_NOTICE",
        "KP_ISSUE_ALLOWANCE",
        "KP_ISSUE_AMOUNT",
        "KP_ISSUE_CAP",
        "KP_NOTICE_FITS",
        "KP_OPENING_FITS",
        "KP_PERIOD_OPEN",
        "KP_REGISTRY_CLOSED",
        "KP_RET_CER",
        "KP_RET_WINDOW",
        "KP_TRF_ELIGIBLE",
        "KP_TRF_LULUCF_CER",
        "KP_TRF_PERIOD_OVER",
        "KP_TRF_RESERVE",
        "KP_TRANSITION_PROJECT",
        "REG_SHARING_LEVEL",
        "TX_ONE_RULEBOOK",
    }
)
"""Accounts close, books and record come to differ, periods and windows end, compliance is settled, Parties lose their eligibility or
have their inventories reviewed, amounts, allowances and verifications are stated anew, projects are suspended, notices and
openings are updated, registries change how they take part, and close."""
RULES: Final = Rules(tuple(check for check in CHECKS if check.id in AGAIN))


def too_late(case: KyotoCase) -> date | None:
    """The day from which the units that act have expired, where only units that count may act."""
    if not (kp_trf_expired.CHECK.applies(case) or replacing(case)):
        return None
    days = [piece.attributes.expiry for piece in pieces_of(case)]
    last = min((day for day in days if day is not None), default=date.max)
    return last + timedelta(days=1) if last < date.max else None


def judge_completion(case: KyotoCase, shared: Shared | None = None) -> Finding | None:
    """The first check that stands against completing a transaction, as things stand now.

    Args:
        case: As things stand.
        shared: What checks come to for whatever is like it.
    """
    findings = RULES.judge(case, case.now.date(), shared)
    if shared is not None and findings is shared.usual and shared.valid:
        return None
    return next(filter(invalidates, findings), None)
