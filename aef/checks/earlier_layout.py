# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the layout of 6/CMA.4 annex VII says with its column "First transfer", as actions of today.

There a transfer, an authorization, a use or a cancellation says of itself whether it is the first
transfer; since 4/CMA.6 that is a type of action. Ids of records are the platform's and say nothing of units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from aef.model import ActionRow, ActionSubtype, ActionType, AuthorizationRow

COLUMN: Final = "First transfer"
"""Its title, under which the reading keeps what was written there."""
_YES: Final = frozenset({"yes", "y", "true", "1", "x", "oui", "sí", "si"})
_AT_ONCE: Final = frozenset({ActionSubtype.AUTHORIZATION, ActionSubtype.ISSUANCE})


def is_first(row: ActionRow) -> bool:
    """True for an action that says of itself that it is the first transfer of its units."""
    return row.written.get(COLUMN, "").strip().rstrip(".").casefold() in _YES


def as_today(row: ActionRow, authorizations: Iterable[AuthorizationRow]) -> ActionRow:
    """A transfer or an authorization that is the first transfer, as one; any other row as it is.

    A use or cancellation stays what it is: it takes the units away, and IP03 asks `is_first`.

    Args:
        row: The row.
        authorizations: Those of its submission: one that defines first transfer tells what an
            authorization is.
    """
    if not is_first(row):
        return row
    if row.type is ActionType.TRANSFER:
        subtype = row.subtype or ActionSubtype.FIRST_INTERNATIONAL
    elif row.type is ActionType.AUTHORIZATION:
        defined = {
            each.first_transfer_definition
            for each in authorizations
            if each.authorization_id == row.authorization_id
        }
        at_once = [each for each in ActionSubtype if each in _AT_ONCE and each.value in defined]
        subtype = at_once[0] if at_once else ActionSubtype.AUTHORIZATION
    else:
        return row
    return replace(row, type=ActionType.FIRST_TRANSFER, subtype=subtype)
