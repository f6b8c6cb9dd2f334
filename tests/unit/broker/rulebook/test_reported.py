# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reported books: holdings follow from actions, a unit is in one place, nothing leaves for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.rulebook.general.reported import (
    Claim,
    ReportedActionType,
    ReportedUnits,
    Step,
    compare,
    double_claims,
    overlap,
    roll,
)
from broker.rulebook.general.sharing import CheckRole, switched_off

PROPOSER, RECEIVER, BOTH = CheckRole.PROPOSER, CheckRole.RECEIVER, CheckRole.BOTH


def units(first: int, last: int, account_type: int = 100, registry: str = "VUT01") -> ReportedUnits:
    return ReportedUnits(
        reporter="VUT01",
        registry=registry,
        first=first,
        last=last,
        rulebook="paris",
        account_type=account_type,
    )


def step(kind: str, first: int, last: int, account_type: int = 100) -> Step:
    return Step(
        action_id=f"{kind} {first}",
        type=ReportedActionType(kind),
        units=units(first, last, account_type),
    )


def final(row: ReportedUnits) -> bool:
    return row.account_type != 100


def ranges(rows: tuple[ReportedUnits, ...]) -> list[tuple[int, int, int]]:
    return [(row.first, row.last, row.account_type) for row in rows]


def test_actions_carry_holdings_on() -> None:
    held, found = roll(
        [units(1, 10)],
        [
            step("ISSUANCE", 11, 20),
            step("USE", 5, 12, 200),
            step("TRANSFER", 1, 2, 0),
            step("CANCELLATION", 20, 20, 320),
        ],
        final,
    )
    assert ranges(held) == [(3, 4, 100), (5, 12, 200), (13, 19, 100), (20, 20, 320)]
    assert found == ()


@pytest.mark.parametrize(
    ("steps", "code", "about"),
    [
        ([step("ISSUANCE", 10, 11)], "REC_HOLDINGS_ROLL", (10, 10)),
        ([step("TRANSFER", 10, 11, 0)], "ID_KNOWN_AND_HELD", (11, 11)),
        ([step("USE", 0, 1, 200)], "ID_KNOWN_AND_HELD", (0, 0)),
        ([step("USE", 1, 1, 200), step("TRANSFER", 1, 1, 0)], "ACC_FINAL_NO_EXIT", (1, 1)),
        ([step("USE", 1, 1, 200), step("USE", 1, 1, 200)], "ACC_FINAL_NO_EXIT", (1, 1)),
    ],
)
def test_an_action_that_cannot_be_is_found(
    steps: list[Step], code: str, about: tuple[int, int]
) -> None:
    _, found = roll([units(1, 10)], steps, final)
    assert [(each.code, (each.first, each.last)) for each in found] == [(code, about)]


def test_a_complete_report_is_compared_both_ways() -> None:
    found = compare([units(1, 10), units(20, 30)], [units(1, 4), units(5, 10, 200), units(25, 35)])
    assert [(each.first, each.last) for each in found] == [(5, 10), (31, 35), (20, 24)]
    assert compare([units(1, 10)], [units(1, 5), units(6, 10)]) == ()


def test_double_claims_are_cut_to_what_is_claimed_twice() -> None:
    rows = [units(1, 10), units(20, 30), units(1, 5, registry="THA01")]
    claims = [
        Claim("VUT01", 8, 22, "CHE01", "the ledger"),
        Claim("VUT01", 11, 19, "CHE01", "the ledger"),
        Claim("GHA01", 1, 100, "GHA01", "a report"),
    ]
    found = double_claims(rows, claims)
    assert [(each.registry, each.first, each.last, each.other) for each in found] == [
        ("VUT01", 8, 10, "CHE01"),
        ("VUT01", 20, 22, "CHE01"),
    ]
    assert all("CHE01" not in each.found for each in found), "a claim does not find units out"


def test_units_reported_twice() -> None:
    assert overlap([units(1, 5), units(6, 9), units(5, 5, registry="THA01")]) is None
    assert overlap([units(6, 9), units(1, 6)]) == units(6, 9)


RANGES = st.tuples(st.integers(1, 30), st.integers(0, 8)).map(lambda r: (r[0], r[0] + r[1]))
STEPS = st.lists(
    st.tuples(
        st.sampled_from([("ISSUANCE", 100), ("TRANSFER", 0), ("USE", 200), ("CANCELLATION", 320)]),
        RANGES,
    )
)


@given(STEPS)
def test_rolling_is_what_a_unit_by_unit_account_comes_to(
    listed: list[tuple[tuple[str, int], tuple[int, int]]],
) -> None:
    model: dict[int, int] = {}
    complaints = 0
    for (kind, account_type), (first, last) in listed:
        for serial in range(first, last + 1):
            before = model.pop(serial, None)
            if kind == "ISSUANCE":
                complaints += before is not None
                model[serial] = account_type
            else:
                complaints += before is None or before != 100
                if before is not None and kind != "TRANSFER":
                    model[serial] = account_type
    steps = [step(kind, *where, account_type) for (kind, account_type), where in listed]
    held, found = roll((), steps, final)
    assert {s: row.account_type for row in held for s in range(row.first, row.last + 1)} == model
    assert sum(each.last - each.first + 1 for each in found) == complaints
    assert overlap(held) is None
    assert compare(held, [replace(row) for row in held]) == ()


# -- switches -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protects", "proposer", "receiver", "off"),
    [
        ({RECEIVER}, None, RECEIVER, "switched off by CHE01 for its role as receiver"),
        ({RECEIVER}, None, BOTH, "switched off by CHE01 for its role as receiver"),
        ({RECEIVER}, BOTH, PROPOSER, ""),
        ({PROPOSER, RECEIVER}, None, RECEIVER, ""),
        ({PROPOSER, RECEIVER}, PROPOSER, None, ""),
        (
            {PROPOSER, RECEIVER},
            PROPOSER,
            RECEIVER,
            "switched off by THA01 for its role as proposer and by CHE01 for its role as receiver",
        ),
        (set(), BOTH, BOTH, ""),
    ],
)
def test_every_registry_that_a_check_protects_must_switch_it_off(
    protects: set[CheckRole], proposer: CheckRole | None, receiver: CheckRole | None, off: str
) -> None:
    def switches(role: CheckRole | None) -> frozenset[tuple[str, CheckRole]]:
        return frozenset() if role is None else frozenset({("X", role)})

    sides = [(PROPOSER, "THA01", switches(proposer)), (RECEIVER, "CHE01", switches(receiver))]
    assert switched_off("X", frozenset(protects), sides) == off
    assert switched_off("Y", frozenset(protects), sides) == ""


def test_within_one_registry_the_proposer_stands_for_every_role() -> None:
    alone = [(PROPOSER, "THA01", frozenset({("X", PROPOSER)}))]
    off = "switched off by THA01 for its role as proposer"
    assert switched_off("X", frozenset({RECEIVER}), alone) == off
    other = [(PROPOSER, "THA01", frozenset({("X", RECEIVER)}))]
    assert switched_off("X", frozenset({RECEIVER}), other) == ""
