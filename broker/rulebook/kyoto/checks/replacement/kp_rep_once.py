# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A unit is replaced once, where it was used."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, named_of, pieces_of, replacing
from broker.rulebook.kyoto.replacing import ranges
from broker.rulebook.kyoto.tables import REPLACEMENT_ROWS

_RETIRED: Final = 300
_USED: Final = frozenset({_RETIRED, *REPLACEMENT_ROWS})
"""Account types of units that count for compliance, by themselves or in the place of others."""


def _run(case: KyotoCase) -> Failure | None:
    acting = ranges(pieces_of(case))
    found = []
    for held, piece in named_of(case):
        by = piece.attributes.replaced_by
        if by:
            found.append(
                Failure(
                    f"{units(piece)}, which {acting} would replace, were replaced by transaction {by}",
                    by,
                )
            )
        elif held.account_type not in _USED:
            found.append(
                Failure(
                    f"{units(piece)}, which {acting} would replace, lie in an account of type"
                    f" {held.account_type}; expected {' or '.join(map(str, sorted(_USED)))}"
                )
            )
    return joined(found, gap_of(case))


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_ONCE",
    title="A unit is replaced once, and lies in a retirement or replacement account of the registry",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-ONCE",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements",
    remedy="Name units in retirement or replacement accounts that nothing has replaced yet; cancel those in holding accounts.",
    applies=replacing,
    run=_run,
)
