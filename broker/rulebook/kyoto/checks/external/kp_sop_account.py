# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Shares of proceeds go to the Adaptation Fund, and nothing else to holding accounts of the CDM registry."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import moving, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto import share
from broker.rulebook.kyoto.account_types import AccountRole
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    cancelling,
    over,
)
from itmo.parties import CDM_REGISTRY


def _applies(case: KyotoCase) -> bool:
    return moving(case) and not cancelling(case) and case.giver != CDM_REGISTRY


def _run(case: KyotoCase) -> Failure | None:
    stated, target = case.proposed, case.to_account
    if target is None or case.to_registry is None:
        return unknown("the target account or its registry is not known")
    holding = case.taker == share.FUND_REGISTRY and target.account_type == share.FUND_ACCOUNT
    gives = stated.type is TransactionType.TRANSFER and stated.supplementary_type in share.SHARES
    gap = gap_of(case) if holding else ""
    if gap:  # what the account is for is known to whoever really offers something
        return unknown(f"cannot be judged: {gap}")
    fund = holding and target.role is AccountRole.ADAPTATION_FUND
    if gives and not fund:
        return Failure(
            f"a share of proceeds goes to account {target.account_id}; expected the Adaptation Fund's"
            f" account in the CDM registry, of type {share.FUND_ACCOUNT} and with its role"
        )
    if holding and not gives:
        return Failure(
            f"account {target.account_id} takes shares of proceeds alone; expected a transfer of"
            f" supplementary type {share.TRANSFER_SHARE} or {share.CONVERSION_SHARE}"
            if fund
            else f"account {target.account_id} of the CDM registry takes nothing from Parties"
        )
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    kind = case.proposed.supplementary_type
    if piece.attributes.for_share and kind != share.CONVERSION_SHARE:
        return Failure(
            f"{units(piece)} were converted to be given as share of proceeds; expected a transfer of"
            f" supplementary type {share.CONVERSION_SHARE}"
        )
    if kind == share.CONVERSION_SHARE and not piece.attributes.for_share:
        return Failure(f"{units(piece)} were not converted to be given as share of proceeds")
    if kind == share.TRANSFER_SHARE and not share.share_due(piece, case.giver):
        return Failure(f"{units(piece)} are no AAUs of {case.giver} on which a share is due")
    return None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_SOP_ACCOUNT",
    title="Shares of proceeds, and nothing else, go to the Adaptation Fund's account in the CDM registry",
    category=KyotoCategory.EXTERNAL,
    citation="registry checks of the United Kingdom; supplementary transaction types 47 and 49",
    code="REG-2009 REG-3015",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers from a Party; and wherever ERUs are that were converted to be given",
    remedy="Give shares by supplementary type 47 or 49 to the account that the directory shows with the role of the Adaptation Fund; use it for nothing else.",
    applies=_applies,
    run=_run,
)
