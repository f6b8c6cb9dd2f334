# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What nobody does unasked names the notice of the log that asks for it."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import listed
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, external
from broker.rulebook.kyoto.tables import NOTICE_TYPES, NoticeTypeRow


def _asked_by(case: KyotoCase) -> list[NoticeTypeRow]:
    """Types of notice without which nobody makes such a transaction."""
    kind, target = case.proposed.type, case.to_account
    if target is None or (kind is TransactionType.TRANSFER and not external(case)):
        return []
    answer = kind, target.account_type
    return [row for row in NOTICE_TYPES.values() if answer in row.needed_for]


def _applies(case: KyotoCase) -> bool:
    return bool(_asked_by(case))


def _run(case: KyotoCase) -> Failure | None:
    rows = _asked_by(case)
    notice = case.notice
    if notice is not None and any(row.code == notice.type for row in rows):
        return None
    types = listed(f"{row.code} ({row.title})" for row in rows)
    said = notice.title if notice else "no notice that is known"
    return Failure(f"the transaction names {said}; expected one of type {types}")


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_NOTICE_NAMED",
    title="What nobody does unasked names the notice of the log that asks for it",
    category=KyotoCategory.NOTICE,
    citation="Data Exchange Standards, notices of the log",
    code="KP-NOTICE-NAMED",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements for a reversal of storage or for no certification report, and transfers to another registry into accounts of excess issuance and of captured carbon",
    remedy="Name the number of the notice; without one nothing is to be done.",
    applies=_applies,
    run=_run,
)
