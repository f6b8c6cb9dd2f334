# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""II06: who uses or cancels is allowed to by the authorization."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from aef.checks.authorizing import Authorized
from aef.checks.casefile import Entry
from aef.checks.inquiry import Inquiry
from aef.checks.rolling import SPENDING
from aef.checks.scopes import not_stated, without_authorization
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    inconsistent,
)
from aef.checks.wording import CITATION, cell, listed
from aef.model import ActionRow
from aef.party_lists import excludes_no_entity
from aef.texts import folded


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if row.type not in SPENDING:
            continue
        authorized = inquiry.authorizations.of_host(entry)
        if authorized is None:
            yield from without_authorization(inquiry, entry)
            continue
        yield from inquiry.authorizations.judged(entry, authorized, partial(_allowed, entry, row))


def _allowed(entry: Entry, row: ActionRow, authorized: Authorized) -> Iterator[Note]:
    user, entity = row.using_party or entry.filed.party, row.using_entity
    parties, entities = authorized.row.parties, authorized.row.entities
    if entity and entities and not _is_one_of(entity, entities, authorized):
        yield inconsistent(
            entry.reference(f"using or cancelling entity {cell(entity)}", "using_entity"),
            f"{row.type} by {cell(entity)}",
            f"one of the authorized entities: {listed(map(cell, entities))}",
            authorized.reference("entities"),
        )
    elif entity and not entities and "entities" in authorized.row.written:
        yield not_stated(entry, authorized, "entities")
    elif not entity and "parties" in authorized.row.written and not parties:
        yield not_stated(entry, authorized, "parties")
    elif {"using_party", "using_entity"} & row.written.keys():
        return  # who it was could not be read, which is noted of the row
    elif not entity and parties and user not in parties:
        yield inconsistent(
            entry.reference(f"using Party {cell(user)}", "using_party"),
            f"{row.type} by {cell(user)}",
            f"one of the authorized Parties: {listed(map(cell, parties))}",
            authorized.reference("parties"),
        )


def _is_one_of(entity: str, entities: tuple[str, ...], authorized: Authorized) -> bool:
    """Whether an entity is authorized, be it by its name or by its number in table 5.

    A name may hold a comma, so that a cell with commas may hold one entity or several.
    """
    if any(map(excludes_no_entity, entities)):
        return True
    ways = {folded(entity)}
    for row in authorized.filed.submission.entities:
        both = {folded(row.name), folded(row.identification)} - {""}
        ways |= both if both & ways else set()
    named = {folded(part) for each in entities for part in (each, *each.split(","))}
    return bool(ways & named)


CHECK: Final = ConsistencyCheck(
    id="II06",
    title="User allowed by the authorization",
    group=Group.INTEGRITY,
    meaning="The Party or entity that uses or cancels a unit is one that the authorization allows.",
    citation=CITATION,
    remedy="Correct the user, or have the first transferring Party amend the authorization.",
    run=_run,
)
