# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Cancellation for non-compliance follows a notice of the log, and needs no temporary units."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import WITH_EXPIRY
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, cancelling, pieces_of
from broker.rulebook.kyoto.log_notice import NoticeType

_ACCOUNT: Final = 220
"""Type of the account."""


def _applies(case: KyotoCase) -> bool:
    target = case.to_account
    return cancelling(case) and target is not None and target.account_type == _ACCOUNT


def _run(case: KyotoCase) -> Failure | None:
    found = [
        Failure(f"{units(piece)} are {kind.title}s; expected units that do not expire")
        for piece in pieces_of(case)
        if (kind := piece.attributes.unit_type) in WITH_EXPIRY and kind is not None
    ]
    notice = case.notice
    if notice is None or notice.type != NoticeType.NON_COMPLIANCE:
        said = notice.title if notice else "no notice that is known"
        found.append(
            Failure(
                f"the cancellation names {said}; expected one of type {NoticeType.NON_COMPLIANCE}"
            )
        )
    return joined(found, gap_of(case))


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CAN_NONCOMPLIANCE",
    title="Cancellation for non-compliance follows a notice of the log, and needs no temporary units",
    category=KyotoCategory.CANCELLATION,
    citation="13/CMP.1 annex para 37",
    code="KP-CAN-NONCOMPLIANCE",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="non-compliance cancellations",
    remedy="Name the notice, and cancel AAUs, RMUs, ERUs or CERs.",
    applies=_applies,
    run=_run,
)
