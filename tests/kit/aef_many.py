# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A consistent world of many actions, to measure with: one host, one buyer, two years."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from aef.checks.casefile import Context
from aef.model import ActionRow, ActionSubtype, ActionType, HoldingRow, Submission
from tests.kit.aef_submissions import GHG, REDUCTIONS, authorization, ids, submission

BLOCK: Final = 100
_PER_BLOCK: Final = 5
"""Actions of a block: first transfer and acquisition; use of a part; a part back and acquired."""


def _units(first: int, last: int) -> dict[str, Any]:
    return {
        "cooperative_approach": "CA000003",
        "authorization_id": "THA-1",
        "first_transferring_party": "THA",
        "registry": "THA01",
        "metric": GHG,
        "mitigation_type": REDUCTIONS,
        "quantity": last - first + 1,
        "vintage": 2022,
        **ids("CA0003-THA01-THA-", first, last, "-2022"),
    }


def many(actions: int) -> tuple[list[Submission], Context]:
    """Submissions of Thailand and Switzerland for 2023 and 2024 with about so many actions.

    Blocks go over in 2023. In 2024 a part is used and a part goes back; the rest is held.
    """
    sold, bought, used, back, returned = [], [], [], [], []
    held_2023, held_2024, held_home = [], [], []
    for place in range(actions // _PER_BLOCK):
        # A gap after each block, so that no two of them are one range.
        first = place * (BLOCK + 1) + 1
        last, on = first + BLOCK - 1, date(2023, 1, 2) + timedelta(days=place % 360)
        later = on.replace(year=2024)
        whole, spent = _units(first, last), _units(first, first + 9)
        home, kept = _units(first + 10, first + 29), _units(first + 30, last)
        sold.append(
            ActionRow(
                type=ActionType.FIRST_TRANSFER,
                date=on,
                acquiring_party="CHE",
                subtype=ActionSubtype.FIRST_INTERNATIONAL,
                **whole,
            )
        )
        bought.append(
            ActionRow(type=ActionType.ACQUISITION, date=on, transferring_party="THA", **whole)
        )
        used.append(ActionRow(type=ActionType.USE, date=later, year_of_use=2024, **spent))
        back.append(ActionRow(type=ActionType.TRANSFER, date=later, acquiring_party="THA", **home))
        returned.append(
            ActionRow(type=ActionType.ACQUISITION, date=later, transferring_party="CHE", **home)
        )
        held_2023.append(HoldingRow(**whole))
        held_2024.append(HoldingRow(**kept))
        held_home.append(HoldingRow(**home))
    letter = authorization("THA-1", date=date(2023, 1, 1), quantity=None, parties=("CHE",))
    context = Context(first_reports=frozenset({("THA", 2023), ("CHE", 2023)}))
    return [
        submission("THA", 2023, authorizations=[letter], actions=sold),
        submission("THA", 2024, authorizations=[letter], actions=returned, holdings=held_home),
        submission("CHE", 2023, actions=bought, holdings=held_2023),
        submission("CHE", 2024, actions=[*used, *back], holdings=held_2024),
    ], context  # fmt: skip
