# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""II01: a Party reports only on cooperative approaches in which it takes part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from aef.checks.filed import UNKNOWN_PARTY, Filed
from aef.checks.inquiry import Inquiry
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, cell, listed
from aef.model import AuthorizationRow, UnitRow

_NAME_THEM: Final = (
    "Correct the id, or name the Parties of the approach in a file for --approaches."
)


def _named(filed: Filed) -> Iterator[Reference]:
    """The first row that names each cooperative approach."""
    seen = {""}  # a row without one is noted as such
    said = filed.submission
    tables: dict[str, Sequence[AuthorizationRow | UnitRow]] = {
        "authorizations": said.authorizations,
        "actions": said.actions,
        "holdings": said.holdings,
    }
    for table, rows in tables.items():
        for row in rows:
            if row.cooperative_approach not in seen:
                seen.add(row.cooperative_approach)
                place = filed.cell(table, "cooperative_approach", row.place)
                yield Reference(filed, place, row.cooperative_approach)


def _run(inquiry: Inquiry) -> Iterator[Note]:
    known = inquiry.file.context.approaches
    for filed in inquiry.file.current:
        if filed.party == UNKNOWN_PARTY:
            continue
        for here in _named(filed):
            approach = known.get(here.text)
            if approach is None:
                missing = f"the participating Parties of {cell(here.text)}"
                yield undetermined(here, missing, remedy=_NAME_THEM)
            elif approach.open_to_all or filed.party in approach.parties:
                continue
            elif not approach.complete:
                missing = f"the other participating Parties of {approach.id}"
                yield undetermined(here, missing, remedy=_NAME_THEM)
            else:
                yield inconsistent(
                    here,
                    f"{filed.party} reports on {approach.id}",
                    f"reports of its participating Parties only: {listed(approach.parties)}",
                )


CHECK: Final = ConsistencyCheck(
    id="II01",
    title="Only approaches in which the Party takes part",
    group=Group.INTEGRITY,
    meaning="A Party reports only on cooperative approaches in which it participates.",
    citation=CITATION,
    remedy="Correct the cooperative approach, or have the Party's participation registered.",
    run=_run,
)
