# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""STC04: a first transfer is what the authorization defines it to be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from aef.checks.authorizing import Authorized, events_allowed
from aef.checks.casefile import Entry
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking, missing_value
from aef.checks.scopes import not_stated, without_authorization
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION
from aef.list_values import purposes_text
from aef.model import ActionRow, ActionSubtype, ActionType

_OF_THE_MECHANISM: Final = frozenset(
    {
        ActionSubtype.MANDATORY_ADAPTATION_FUND,
        ActionSubtype.VOLUNTARY_ADAPTATION_FUND,
        ActionSubtype.MANDATORY_OMGE,
        ActionSubtype.VOLUNTARY_OMGE,
    }
)
"""Share of proceeds and overall mitigation are first transfers of their own (3/CMA.3 annex paras
58-60), whatever the definition."""


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if row.type is not ActionType.FIRST_TRANSFER or row.subtype in _OF_THE_MECHANISM:
            continue
        authorized = inquiry.authorizations.behind(entry)
        unreadable = row.subtype is None and "subtype" in row.written
        if row.subtype is ActionSubtype.NOT_YET_DEFINED or unreadable:
            yield undetermined(
                entry.reference(field="subtype"),
                missing_value("actions", "subtype", empty=not unreadable),
            )
            continue
        if row.subtype is ActionSubtype.FIRST_INTERNATIONAL:
            if not row.acquiring_party:
                yield from lacking(entry, "acquiring_party")
            elif row.acquiring_party == entry.filed.party:
                yield inconsistent(
                    entry.reference(f"acquiring Party {row.acquiring_party}", "acquiring_party"),
                    "a first international transfer to the transferring Party itself",
                    "an acquiring Party that is another Party",
                )
        if authorized is None:
            yield from without_authorization(inquiry, entry, wrong=False)
        else:
            yield from inquiry.authorizations.judged(
                entry, authorized, partial(_as_defined, entry, row)
            )


def _as_defined(entry: Entry, row: ActionRow, authorized: Authorized) -> Iterator[Note]:
    terms, subtype = authorized.row, row.subtype.value if row.subtype else ""
    if not terms.purposes:
        yield not_stated(entry, authorized, "purposes")
        return
    allowed = events_allowed(terms)
    if not allowed:
        yield not_stated(entry, authorized, "first_transfer_definition")
        return
    if subtype not in allowed:
        yield inconsistent(
            entry.reference(f"subtype {subtype}" if subtype else "no subtype", "subtype"),
            f"first transfer {f'of subtype {subtype!r}' if subtype else 'without subtype'} under an authorization for"
            f" {terms.written.get('purposes') or purposes_text(terms.purposes)}",
            f"subtype {' or '.join(repr(each) for each in sorted(allowed))}",
            authorized.reference(),
        )


CHECK: Final = ConsistencyCheck(
    id="STC04",
    title="First transfer fits its definition",
    group=Group.SINGLE_TABLE,
    meaning="A first transfer is the event that the purposes and the first transfer definition of the"
    " authorization make it.",
    citation=f"{CITATION}; 2/CMA.3 annex para 2",
    remedy="Correct the subtype, or report the definition that the authorization really has.",
    run=_run,
)
