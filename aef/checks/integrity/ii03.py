# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""II03: sector and activity type stay the same through a unit's life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.authorizing import classification
from aef.checks.casefile import Entry
from aef.checks.history import changes
from aef.checks.inquiry import Inquiry
from aef.checks.scopes import not_stated, without_authorization
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
)
from aef.checks.wording import CITATION, ids, listed
from itmo.nomenclature import ACTIVITY_TYPES, SECTORS

_LISTED: Final = frozenset((*SECTORS, *ACTIVITY_TYPES))
_Class = tuple[frozenset[str], frozenset[str]]


def _run(inquiry: Inquiry) -> Iterator[Note]:
    known: dict[Entry, _Class] = {
        each: classification(inquiry.authorizations, each) for each in inquiry.file.entries
    }
    for entry, (sectors, _) in known.items():
        if sectors:
            continue
        authorized = inquiry.authorizations.own(entry) or inquiry.authorizations.of_host(entry)
        if authorized is not None:
            yield not_stated(entry, authorized, "sectors")
        else:
            yield from without_authorization(inquiry, entry, wrong=False)

    def differ(one: Entry, other: Entry) -> bool:
        # An authorization may list several; what a unit is must be in both lists. Words that are not
        # in the nomenclatures' list may mean the same as others.
        return any(
            ours and theirs and ours | theirs <= _LISTED and not ours & theirs
            for ours, theirs in zip(known[one], known[other], strict=True)
        )

    def value_of(entry: Entry) -> _Class | None:
        return known[entry] if any(known[entry]) else None

    for entry, before in changes(inquiry.file, value_of, differ):
        yield inconsistent(
            entry.reference(ids(entry.row)),
            f"units of {_said(known[entry])}",
            f"as in the earlier row: {_said(known[before])}",
            before.reference(ids(before.row)),
        )


def _said(known: _Class) -> str:
    return " / ".join(listed(each) for each in known)


CHECK: Final = ConsistencyCheck(
    id="II03",
    title="Sector and activity type stay the same",
    group=Group.INTEGRITY,
    meaning="The sector and the activity type of a unit stay the same through its life.",
    citation=CITATION,
    remedy="Agree on the sector and activity type that the first transferring Party authorized.",
    run=_run,
)
