# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two per cent of every issuance of CERs go to the Adaptation Fund, unless the activity is exempt."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing, joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import name, number
from broker.rulebook.kyoto.account_types import AccountRole, KyotoAccount
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import (
    adaptation_share,
    giving_share,
    issuing_cers,
    units_by_activity,
)
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, pieces_of
from broker.rulebook.kyoto.proposal import Share


def _applies(case: KyotoCase) -> bool:
    return issuing_cers(case) or (issuing(case) and case.proposed.share is not None)


def _run(case: KyotoCase) -> Failure | None:
    share = case.proposed.share
    if not issuing_cers(case):
        return Failure("an issuance of other units than CERs states a share for adaptation")
    found = [_quantity(case, share)]
    if share is not None:
        found.append(_place(case, share))
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _quantity(case: KyotoCase, share: Share | None) -> Failure | None:
    charged, exempt = 0, 0
    for activity, units in units_by_activity(pieces_of(case)).items():
        project = case.projects.get(activity)
        if project is None:
            host, which = activity
            return unknown(f"whether activity {name(host)} {number(which)} is exempt is not known")
        charged, exempt = charged + units * (not project.exempt), exempt + units * project.exempt
    expected = adaptation_share(charged, case.now.date())
    found = share.range.quantity if share and share.range else 0
    if found == expected:
        return None
    besides = f"; {exempt} are of an exempt activity" if exempt else ""
    return Failure(
        f"{found} of {charged + exempt} units go to the Adaptation Fund; expected {expected}{besides}"
    )


def _place(case: KyotoCase, share: Share) -> Failure | None:
    if share.range is None:
        return Failure("the share has no valid serial range")
    if giving_share(case) is None:
        return Failure(
            f"the share {share.range} lies in no block of the issuance; expected a part of one whose"
            " activity is not exempt"
        )
    account = case.named_accounts.get(share.account)
    if (
        not isinstance(account, KyotoAccount)
        or account.role is not AccountRole.ADAPTATION_FUND
        or account.registry != case.proposed.to_registry
        or account.closed
    ):
        return Failure(
            f"the share goes to account {name(share.account)}; expected the account of the Adaptation"
            f" Fund in registry {name(case.proposed.to_registry)}"
        )
    return None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CDM_SHARE",
    title="Two per cent of every issuance of CERs go to the Adaptation Fund, exempt activities apart",
    category=KyotoCategory.CDM,
    citation="17/CP.7 para 15; 3/CMP.1 annex para 66; CDM Executive Board, annual report of 2017, table 3",
    code="KP-SOP-CDM",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of CERs, tCERs and lCERs",
    remedy=(
        "State a part of one block as the share, and the account of the Adaptation Fund; none for an"
        " exempt activity."
    ),
    applies=_applies,
    run=_run,
)
