# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units carry what their type has, and nothing else."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import WITH_ACTIVITY, WITH_EXPIRY, WITH_PROJECT, WITH_TRACK
from broker.rulebook.kyoto.judging import IN_FORCE, Piece, over

_PARTS: Final = (
    ("activity", "land-use activity", WITH_ACTIVITY),
    ("project", "project", WITH_PROJECT),
    ("track", "track", WITH_TRACK),
    ("expiry", "expiry date", WITH_EXPIRY),
)


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    kind = piece.attributes.unit_type
    if kind is None:
        return Failure(f"{units(piece)} are of no unit type; expected 1 (AAU) to 7 (lCER)")
    wrong = []
    for field, label, types in _PARTS:
        given = bool(getattr(piece.attributes, field))
        if given != (kind in types):
            wrong.append(f"{'a' if given else 'no'} {label}")
    if not wrong:
        return None
    return Failure(f"{units(piece)} are {kind.title}s with {' and '.join(wrong)}")


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ATTRIBUTES_OF_TYPE",
    title="Units carry activity, project, track and expiry as their type has them",
    category=Category.UNIT,
    citation="Data Exchange Standards, unit block; UNFCCC secretariat, ITL transaction checks, Bonn 2004",
    code="2015 2016 2017 2018 2019 2020 2022",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances",
    remedy="State project, track, land-use activity and expiry date exactly where the type has them.",
    applies=issuing,
    run=_run,
)
