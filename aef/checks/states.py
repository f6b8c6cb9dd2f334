# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The shape of a consistency check and of what it notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aef.checks.filed import Filed
from aef.model import NOWHERE, Place

if TYPE_CHECKING:
    from aef.checks.inquiry import Inquiry


class State(StrEnum):
    """What a check comes to for a submission (6/CMA.4 annex I paras 37-39).

    UNDETERMINED: the other side, an earlier year or a list has not been given, or a cell cannot be
    read; it never counts as consistent. SUPERSEDED: a newer version took the submission's place.
    """

    CONSISTENT = "CONSISTENT"
    INCONSISTENT = "INCONSISTENT"
    UNDETERMINED = "UNDETERMINED"
    SUPERSEDED = "SUPERSEDED"


class Group(StrEnum):
    """Groups of the official list, in its order."""

    INTEGRITY = "ITMO integrity"
    SINGLE_TABLE = "single table"
    INTRA_SUBMISSION = "intra-submission"
    INTER_REPORT = "inter-report"
    INTER_PARTY = "inter-Party"
    PROGRESSION = "progression"
    RECONCILIATION = "reconciliation"


@dataclass(frozen=True, slots=True)
class Reference:
    """A row or cell of a submission, and what it says."""

    filed: Filed
    place: Place = NOWHERE
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a check found to be wrong, or could not find out.

    Attributes:
        state: INCONSISTENT or UNDETERMINED.
        about: Submissions whose result it decides; the first is the one it was found in.
        owner: The Party that is to act.
        here: Where it was found.
        there: The other sides.
        missing: Whose what is missing, where undetermined.
        rows: How many rows of this submission it stands for.
        remedy: In place of the check's, or of the usual one for what is missing.
    """

    state: State
    about: tuple[Filed, ...]
    owner: str
    found: str
    expected: str
    here: Reference
    there: tuple[Reference, ...] = ()
    missing: str = ""
    rows: int = 1
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyCheck:
    """A check of the official list; `run` yields nothing where all is consistent."""

    id: str
    title: str
    group: Group
    meaning: str
    citation: str
    remedy: str
    run: Callable[[Inquiry], Iterator[Note]]
    if_not_given: str = ""
    """What to do where something else than an AEF or a cell of one is missing."""


def inconsistent(
    here: Reference,
    found: str,
    expected: str,
    *there: Reference,
    owner: str = "",
    remedy: str = "",
    alone: bool = False,
) -> Note:
    """A contradiction; it concerns the submissions of both sides unless `alone`."""
    about = [here.filed]
    if not alone:
        for each in there:
            if each.filed not in about:
                about.append(each.filed)
    return Note(
        state=State.INCONSISTENT,
        about=tuple(about),
        owner=owner or here.filed.party,
        found=found,
        expected=expected,
        here=here,
        there=there,
        remedy=remedy,
    )


def undetermined(
    here: Reference,
    missing: str,
    *there: Reference,
    owner: str = "",
    found: str = "",
    expected: str = "",
    remedy: str = "",
) -> Note:
    """What cannot be found out, because of what is missing."""
    return Note(
        state=State.UNDETERMINED,
        about=(here.filed,),
        owner=owner or here.filed.party,
        found=found or here.text,
        expected=expected,
        here=here,
        there=there,
        missing=missing,
        remedy=remedy,
    )
