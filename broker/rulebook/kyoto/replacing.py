# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What may stand in the place of temporary units, as the table of replacements has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from broker.rulebook.check import Failure
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import listed, units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.judging import Piece, named_of, pieces_of, replacing
from broker.rulebook.kyoto.tables import REPLACEMENT_ROWS, ReplacementRow
from itmo.identifiers import RegistryId, registry_party


def replaces_into(case: KyotoCase, *account_types: int) -> bool:
    """Replacements into accounts of some types."""
    target = case.to_account
    return replacing(case) and target is not None and target.account_type in account_types


def replaced_of(case: KyotoCase) -> tuple[Piece, ...]:
    """The units that are replaced."""
    return tuple(piece for _, piece in named_of(case))


def ranges(pieces: Iterable[Piece]) -> str:
    """Units, with commas; those past the fifth range are counted."""
    return listed(map(units, pieces))


def wrong_units(case: KyotoCase) -> Failure | None:
    """Says which units replace what they may not replace, and names both."""
    row = REPLACEMENT_ROWS[case.to_account.account_type] if case.to_account else None
    if row is None:
        return unknown("the replacement account is not known, so nor is what it is for")
    return joined(list(_wrong(case, row)), gap_of(case))


def _wrong(case: KyotoCase, row: ReplacementRow) -> Iterator[Failure]:
    replaced = replaced_of(case)
    told = ranges(replaced)
    title = UnitType[row.replaced].title
    for piece in replaced:
        if piece.attributes.unit_type is not UnitType[row.replaced]:
            acting = ranges(pieces_of(case))
            yield Failure(
                f"{units(piece)} are {_kind(piece)}s, which {acting} would replace; in the place of"
                f" {title}s alone do units enter account type {row.account_type}"
            )
    for piece in pieces_of(case):
        kind = piece.attributes.unit_type
        if kind is None or kind.name not in row.by:
            may = listed(UnitType[each].title for each in row.by)
            yield Failure(
                f"{units(piece)} are {_kind(piece)}s and would replace {title}s {told}; expected"
                f" {may}"
            )
        elif row.same_project and kind is UnitType.LONG_TERM_CER:
            yield from _other_projects(piece, replaced)


def _other_projects(piece: Piece, replaced: Iterable[Piece]) -> Iterator[Failure]:
    for other in replaced:
        if _project(other) != _project(piece):
            yield Failure(
                f"{units(piece)} are lCERs of project {_project(piece)} and would replace"
                f" {units(other)} of project {_project(other)}; expected one and the same project"
            )


def _project(piece: Piece) -> str:
    return f"{registry_party(RegistryId(piece.registry))}{piece.attributes.project}"


def _kind(piece: Piece) -> str:
    kind = piece.attributes.unit_type
    return kind.title if kind else "unit"
