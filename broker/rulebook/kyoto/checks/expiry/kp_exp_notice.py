# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The date of expiry changes of temporary units alone, by a notice of the log."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import WITH_EXPIRY
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, pieces_of
from broker.rulebook.kyoto.log_notice import NoticeType


def _applies(case: KyotoCase) -> bool:
    return case.proposed.type is TransactionType.EXPIRY_DATE_CHANGE


def _run(case: KyotoCase) -> Failure | None:
    found = [
        Failure(f"{units(piece)} are {kind.title if kind else 'unit'}s, which do not expire")
        for piece in pieces_of(case)
        if (kind := piece.attributes.unit_type) not in WITH_EXPIRY
    ]
    notice, day = case.notice, case.proposed.expiry
    if notice is None or notice.type != NoticeType.EXPIRY_DATE_CHANGE:
        said = notice.title if notice else "no notice that is known"
        found.append(
            Failure(
                f"the transaction names {said}; expected one of type"
                f" {NoticeType.EXPIRY_DATE_CHANGE}"
            )
        )
    elif day != notice.expires:
        found.append(
            Failure(
                f"the units would expire on {day or 'no day'}; {notice.title} states"
                f" {notice.expires}"
            )
        )
    return joined(found, gap_of(case))


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_EXP_NOTICE",
    title="The date of expiry of tCERs and lCERs changes by a notice of the log, and to its date",
    category=KyotoCategory.EXPIRY,
    citation="Data Exchange Standards, notices of the log",
    code="KP-EXP-NOTICE",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="changes of the date of expiry",
    remedy="Name the notice of type 9, and state its date.",
    applies=_applies,
    run=_run,
)
