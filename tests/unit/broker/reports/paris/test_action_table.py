# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table of meanings of AEF table 3: one vector for each row."""

from __future__ import annotations

import pytest

from aef.model import ActionSubtype, ActionType
from broker.reports.paris.aef.action_table import (
    FINAL,
    MEANINGS,
    First,
    Happening,
    Reporter,
)
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES

H, F, R, T, S = Happening, First, Reporter, ActionType, ActionSubtype
ROWS = [
    (H.ISSUED, F.NO, R.HOST, T.AUTHORIZATION, None, False),
    (H.AUTHORIZED_LATER, F.NO, R.HOST, T.AUTHORIZATION, None, False),
    (H.ISSUED, F.AUTHORIZATION, R.HOST, T.FIRST_TRANSFER, S.AUTHORIZATION, False),
    (H.ISSUED, F.ISSUANCE, R.HOST, T.FIRST_TRANSFER, S.ISSUANCE, False),
    (H.TRANSFERRED, F.YES, R.GIVER, T.FIRST_TRANSFER, S.FIRST_INTERNATIONAL, False),
    (H.TRANSFERRED, F.YES, R.TAKER, T.ACQUISITION, None, False),
    (H.TRANSFERRED, F.NO, R.GIVER, T.TRANSFER, None, False),
    (H.TRANSFERRED, F.NO, R.TAKER, T.ACQUISITION, None, False),
    (H.USED_NDC, F.NO, R.SPENDER, T.USE, None, False),
    (H.USED_IMP, F.YES, R.HOST, T.FIRST_TRANSFER, S.USE_OR_CANCELLATION, True),
    (H.USED_IMP, F.YES, R.OTHER_SPENDER, T.USE, None, True),
    (H.USED_IMP, F.NO, R.SPENDER, T.USE, None, True),
    (H.CANCELLED_OP, F.YES, R.HOST, T.FIRST_TRANSFER, S.USE_OR_CANCELLATION, True),
    (H.CANCELLED_OP, F.YES, R.OTHER_SPENDER, T.CANCELLATION, None, True),
    (H.CANCELLED_OP, F.NO, R.SPENDER, T.CANCELLATION, None, True),
    (H.SPENT_BY_FUND, F.YES, R.HOST, T.FIRST_TRANSFER, S.USE_OR_CANCELLATION, True),
    (H.CANCELLED_OMGE, F.NO, R.SPENDER, T.CANCELLATION, S.VOLUNTARY_OMGE, True),
    (
        H.CANCELLED_VOLUNTARILY, F.NO, R.SPENDER, T.VOLUNTARY_CANCELLATION, S.OTHER_CANCELLATION,
        True,
    ),
    (H.CANCELLED_OTHERWISE, F.NO, R.SPENDER, T.CANCELLATION, S.OTHER_CANCELLATION, True),
    (H.ALLOTTED_TO_FUND, F.YES, R.HOST, T.FIRST_TRANSFER, S.MANDATORY_ADAPTATION_FUND, False),
    (H.ALLOTTED_TO_FUND, F.NO, R.HOST, T.TRANSFER, S.MANDATORY_ADAPTATION_FUND, False),
    (H.ALLOTTED_TO_OMGE, F.YES, R.HOST, T.FIRST_TRANSFER, S.MANDATORY_OMGE, False),
    (H.ALLOTTED_TO_OMGE, F.NO, R.HOST, T.CANCELLATION, S.MANDATORY_OMGE, False),
    (H.GIVEN_TO_FUND, F.YES, R.GIVER, T.FIRST_TRANSFER, S.VOLUNTARY_ADAPTATION_FUND, False),
    (H.GIVEN_TO_FUND, F.NO, R.GIVER, T.TRANSFER, S.VOLUNTARY_ADAPTATION_FUND, False),
    (H.ACQUIRED_FROM_FUND, F.YES, R.HOST, T.FIRST_TRANSFER, S.FIRST_INTERNATIONAL, False),
    (H.ACQUIRED_FROM_FUND, F.YES, R.TAKER, T.ACQUISITION, None, False),
    (H.ACQUIRED_FROM_FUND, F.NO, R.TAKER, T.ACQUISITION, None, False),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0].name}-{row[1].name}-{row[2].name}")
def test_a_row(
    row: tuple[Happening, First, Reporter, ActionType, ActionSubtype | None, bool],
) -> None:
    happening, first, reporter, kind, subtype, other_purpose = row
    found = [each for each in MEANINGS[happening, first] if each.reporter is reporter]
    assert [(each.type, each.subtype, each.other_purpose) for each in found] == [
        (kind, subtype, other_purpose)
    ]


def test_there_are_no_other_rows() -> None:
    assert sum(len(meanings) for meanings in MEANINGS.values()) == len(ROWS)


def test_every_final_account_type_has_a_meaning() -> None:
    assert FINAL == {
        200: H.USED_NDC,
        210: H.USED_IMP,
        300: H.CANCELLED_OP,
        310: H.CANCELLED_OMGE,
        320: H.CANCELLED_VOLUNTARILY,
        330: H.CANCELLED_OTHERWISE,
    }
    assert set(FINAL) == FINAL_ACCOUNT_TYPES
    assert all((happening, First.NO) in MEANINGS for happening in FINAL.values())


def test_subtypes_stand_with_the_types_of_the_nomenclature() -> None:
    """Item 26: the first four belong to first transfers. What is taken for the Adaptation Fund and
    overall mitigation is a first transfer of its own where it is the first (3/CMA.3 annex 58-60)."""
    firsts = {S.FIRST_INTERNATIONAL, S.AUTHORIZATION, S.ISSUANCE, S.USE_OR_CANCELLATION}
    shares = {S.MANDATORY_ADAPTATION_FUND, S.VOLUNTARY_ADAPTATION_FUND, S.MANDATORY_OMGE}
    for (_, first), meanings in MEANINGS.items():
        for meaning in meanings:
            if meaning.subtype in firsts:
                assert meaning.type is T.FIRST_TRANSFER
            if meaning.type is T.FIRST_TRANSFER:
                assert meaning.subtype in firsts | shares
                assert first is not F.NO
