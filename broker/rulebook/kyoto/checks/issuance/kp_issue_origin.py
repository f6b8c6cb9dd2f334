# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are issued by their originating Party; CERs by the registry of the mechanism, for their host."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.forms import is_party
from broker.rulebook.general.judging import issuing, unknown
from broker.rulebook.general.wording import name, units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.cdm import of_cdm
from broker.rulebook.kyoto.codes import CERS
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over


def _run(case: KyotoCase) -> Failure | None:
    if case.to_registry is None:
        return unknown("the registry that issues is not known, so nor is its Party")
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    issuer = case.to_registry
    if issuer is None:
        return None
    kind = piece.attributes.unit_type
    cers = kind in CERS
    if cers != of_cdm(issuer):
        expected = (
            "the registry of the clean development mechanism" if cers else "a Party's registry"
        )
        named = kind.title if kind else "units of no type"
        return Failure(
            f"{units(piece)} ({named}) issued in registry {issuer.registry}; expected {expected}"
        )
    if is_party(piece.registry[:3]) if cers else piece.registry == issuer.registry:
        return None
    expected = (
        "a registry of the host Party, such as IND01" if cers else f"{issuer.registry} itself"
    )
    return Failure(
        f"units of originating registry {name(piece.registry)} issued in registry"
        f" {issuer.registry}; expected {expected}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISSUE_ORIGIN",
    title=(
        "A Party issues under its own registry, the clean development mechanism under the host's"
    ),
    category=KyotoCategory.ISSUANCE,
    citation="13/CMP.1 annex paras 23-28; 3/CMP.1 annex appendix D",
    code="KP-ISS-ORIGIN",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances",
    remedy=(
        "Issue AAUs and RMUs in the registry that they are numbered under; CERs, tCERs and lCERs in the"
        " registry of the clean development mechanism, numbered under the host country."
    ),
    applies=issuing,
    run=_run,
)
