# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a proposal states of units that exist is what is on record."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing, joined
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE

_FIELDS: Final = (
    ("unit_type", "unit type"),
    ("original_period", "original period"),
    ("applicable_period", "applicable period"),
    ("activity", "land-use activity"),
    ("project", "project"),
    ("track", "track"),
    ("expiry", "expiry date"),
)


def _applies(case: KyotoCase) -> bool:
    return not issuing(case) and any(block.proposed.attributes for block in case.blocks)


def _run(case: KyotoCase) -> Failure | None:
    found = [
        Failure(f"of {units(segment)} the proposal states {_differing(stated, segment.attributes)}")
        for block in case.blocks
        for segment in block.segments
        if (stated := block.proposed.attributes) is not None and stated != segment.attributes
    ]
    return joined(found, gap_of(case))


def _differing(stated: KyotoAttributes, known: KyotoAttributes) -> str:
    pairs = [(label, getattr(stated, field), getattr(known, field)) for field, label in _FIELDS]
    return ", ".join(
        f"{label} {said or 'none'}, on record {held or 'none'}"
        for label, said, held in pairs
        if said != held
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ATTRIBUTES_ON_RECORD",
    title="What a proposal states of units that exist is what is on record",
    category=Category.UNIT,
    citation="Data Exchange Standards, unit block attributes",
    code="4004",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions but issuances that state attributes",
    remedy="Leave the attributes out, or state them as the ledger has them.",
    applies=_applies,
    run=_run,
)
