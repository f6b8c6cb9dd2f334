# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What may stand in the place of temporary units, as the table of replacements has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

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
    # Said of each piece once, and not of each pair: there may be a quarter of a million pairs.
    acting, replaced = tuple(pieces_of(case)), replaced_of(case)
    by, told = ranges(acting), ranges(replaced)
    title = UnitType[row.replaced].title
    for piece in replaced:
        if piece.attributes.unit_type is not UnitType[row.replaced]:
            yield Failure(
                f"{units(piece)} are {_kind(piece)}s, which {by} would replace; in the place of"
                f" {title}s alone do units enter account type {row.account_type}"
            )
    projects = _by_project(replaced)
    for piece in acting:
        kind = piece.attributes.unit_type
        if kind is None or kind.name not in row.by:
            may = listed(UnitType[each].title for each in row.by)
            yield Failure(
                f"{units(piece)} are {_kind(piece)}s and would replace {title}s {told}; expected"
                f" {may}"
            )
        elif row.same_project and kind is UnitType.LONG_TERM_CER:
            yield from _another_project(piece, projects)


def _by_project(pieces: Iterable[Piece]) -> dict[str, str]:
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(_project(piece), []).append(piece)
    return {project: ranges(theirs) for project, theirs in found.items()}


def _another_project(piece: Piece, projects: Mapping[str, str]) -> Iterator[Failure]:
    own = _project(piece)
    other = next((each for each in projects if each != own), None)
    if other is not None:
        yield Failure(
            f"{units(piece)} are lCERs of project {own} and would replace {projects[other]} of"
            f" project {other}; expected one and the same project"
        )


def _project(piece: Piece) -> str:
    return f"{registry_party(RegistryId(piece.registry))}{piece.attributes.project}"


def _kind(piece: Piece) -> str:
    kind = piece.attributes.unit_type
    return kind.title if kind else "unit"
