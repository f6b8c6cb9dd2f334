# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Authorizations taken in: the elements of the template, and what a later version may change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from itmo.authorization_letter import NUMBERS
from itmo.core.v1 import decision_pb2
from itmo.paris.v1 import authorization_pb2, terms_pb2
from tests.kit.clearing import APPROACH, ClearingWorld, authorize, failed, issuance, state_approach
from tests.kit.world_again import trading_again


def run(play: Callable[[], Awaitable[ClearingWorld]]) -> None:
    asyncio.run(_closed(play))


async def _closed(play: Callable[[], Awaitable[ClearingWorld]]) -> None:
    world = await play()
    await world.house.stop()


FIRST = "second"
"""An authorization of its own, so that nothing was issued under it."""


def stated(*versions: dict[str, Any]) -> decision_pb2.Receipt:
    """The receipt of the last of several versions; those before it must take effect."""
    receipts: list[decision_pb2.Receipt] = []

    async def play() -> ClearingWorld:
        world = await trading_again()
        for number, changes in enumerate(versions, 1):
            given = {"authorization_id": FIRST, "version": number, **changes}
            receipts.append(await authorize(world.senders["tha"], **given))
        return world

    run(play)
    assert all(receipt.effective for receipt in receipts[:-1]), receipts
    return receipts[-1]


def yearly(**years: int) -> list[authorization_pb2.YearQuantity]:
    return [
        authorization_pb2.YearQuantity(year=int(name[1:]), quantity=quantity)
        for name, quantity in years.items()
    ]


def spans(*periods: tuple[int, int]) -> list[terms_pb2.YearSpan]:
    return [terms_pb2.YearSpan(first=first, last=last) for first, last in periods]


def shares(**purposes: int) -> list[authorization_pb2.PurposeQuantity]:
    return [
        authorization_pb2.PurposeQuantity(
            purposes=[getattr(authorization_pb2, f"PURPOSE_{each}") for each in name.split("_")],
            quantity=quantity,
        )
        for name, quantity in purposes.items()
    ]


FULL: dict[str, Any] = {
    "kinds": [1, 2, 3],
    "sectors": ["Transportation"],
    "activity_types": ["Transport"],
    "underlying_schemes": ["T-VER"],
    "yearly_quantities": yearly(y2022=200_000, y2023=300_000),
    "ndc_periods": spans((2021, 2025), (2026, 2030)),
    "authorized_entities": [
        authorization_pb2.AuthorizedEntity(entity="KliK", name="KliK Foundation", country="CHE")
    ],
    "start_date": "2023-08-01",
    "end_date": "2031-12-31",
    "purpose_quantities": shares(NDC=500_000),
}


def test_a_full_template_takes_effect() -> None:
    assert stated(FULL).effective


@pytest.mark.parametrize(
    ("changes", "code", "found"),
    [
        ({"sectors": ["Transport"]}, "NOMENCLATURE_UNKNOWN", "'Transportation'"),
        ({"activity_types": ["CO2 usage"]}, "NOMENCLATURE_UNKNOWN", "'C02 usage'"),
        ({"underlying_schemes": ["TVER"]}, "NOMENCLATURE_UNKNOWN", "'T-VER'"),
        ({"yearly_quantities": yearly(y2022=500_001)}, "QUANTITY_INVALID", "500001"),
        ({"purpose_quantities": shares(NDC=500_001)}, "QUANTITY_INVALID", "above the total"),
        ({"purpose_quantities": shares(NDC=499_999)}, "QUANTITY_INVALID", "no purpose"),
        ({"purpose_quantities": shares(OP=500_000)}, "PAYLOAD_INVALID", "is authorized"),
        ({"purpose_quantities": shares(NDC=0)}, "QUANTITY_INVALID", "purpose_quantities"),
        ({"purpose_quantities": shares(NDC=500_000, NDC_OP=1)}, "PAYLOAD_INVALID", "once"),
        ({"purpose_quantities": shares(NDC_NDC=500_000)}, "PAYLOAD_INVALID", "each once"),
        ({"yearly_quantities": yearly(y2021=1)}, "PAYLOAD_INVALID", "2021 is no vintage"),
        ({"ndc_periods": spans((2021, 2025))}, "PAYLOAD_INVALID", "beyond the NDC"),
        ({"ndc_periods": spans((2021, 2024), (2026, 2030))}, "PAYLOAD_INVALID", "beyond the NDC"),
        ({"authorized_entities": []}, "PAYLOAD_INVALID", "entities"),
        ({"kinds": [1, 3]}, "PAYLOAD_INVALID", "purposes"),
        ({"kinds": [9]}, "PAYLOAD_INVALID", "kinds"),
        ({"purposes": []}, "PAYLOAD_INVALID", "purpose_quantities"),
        ({"end_date": "2023-07-31"}, "PAYLOAD_INVALID", "end_date"),
        ({"metric": 2}, "PAYLOAD_INVALID", "non_ghg_metric"),
        ({"revocation_reason": "none"}, "PAYLOAD_INVALID", "revocation_reason"),
        ({"revocation_ground": 1}, "PAYLOAD_INVALID", "revocation_ground"),
        ({"revocation_ground": 9}, "PAYLOAD_INVALID", "revocation_ground"),
        ({"document_hash": b"short"}, "PAYLOAD_INVALID", "document_hash"),
    ],
)
def test_what_does_not_fit_within_a_version(changes: dict[str, Any], code: str, found: str) -> None:
    receipt = stated({**FULL, **changes})
    assert (receipt.effective, receipt.refusal.code) == (False, code)
    assert found in receipt.refusal.found


def test_an_authorization_may_leave_its_purpose_open() -> None:
    assert stated({**FULL, "purposes": [], "purpose_quantities": []}).effective


def test_an_authorization_of_entities_alone_names_no_purpose() -> None:
    assert stated({**FULL, "kinds": [3], "purposes": [], "purpose_quantities": []}).effective


PERMITTING = {"permitted_changes": [NUMBERS["QUANTITY"]]}


@pytest.mark.parametrize(
    ("later", "code"),
    [
        ({**PERMITTING, "quantity": 600_000}, ""),
        ({**PERMITTING, "terms": "others"}, "AUTH_CHANGE_NOT_PERMITTED"),
        ({"permitted_changes": [NUMBERS["TERMS"]]}, "AUTH_CHANGE_NOT_PERMITTED"),
        ({**PERMITTING, "revoked": True}, ""),
        ({**PERMITTING, "document_hash": b"1" * 32}, ""),
        ({**PERMITTING, "date": "2024-01-01"}, ""),
        ({**PERMITTING, "revoked": True, "revocation_reason": ""}, "PAYLOAD_INVALID"),
        ({**PERMITTING, "revoked": True, "revocation_ground": 0}, "PAYLOAD_INVALID"),
        ({**PERMITTING, "revoked": True, "revocation_ground": 3}, ""),
        ({**PERMITTING, "revoked": True, "revocation_ground": 2}, "AUTH_CHANGE_NOT_PERMITTED"),
        (
            {
                **PERMITTING,
                "revocation_conditions": "fraud",
                "revoked": True,
                "revocation_ground": 2,
            },
            "AUTH_CHANGE_NOT_PERMITTED",
        ),
        ({**PERMITTING, "binds_first_transferred": True}, "AUTH_CHANGE_AFTER_FT"),
        ({**PERMITTING, "date": "2020-01-01"}, "PAYLOAD_INVALID"),
        (
            {**PERMITTING, "quantity": 600_000, "changed_elements": [NUMBERS["TERMS"]]},
            "AUTH_DIFFERENCE_WRONG",
        ),
    ],
)
def test_a_later_version_changes_what_the_earlier_one_permits(
    later: dict[str, Any], code: str
) -> None:
    receipt = stated(PERMITTING, later)
    assert (receipt.effective, receipt.refusal.code) == (not code, code)


def test_where_nothing_is_listed_any_element_may_change_but_a_fixed_one() -> None:
    assert stated({}, {"terms": "others", "other_purposes": "CORSIA"}).effective
    refused = stated({}, {"cooperative_approach": "CA0004"})
    assert refused.refusal.code in {"NOT_FOUND", "AUTH_CA_MATCH"}


def test_a_later_version_says_what_differs() -> None:
    async def play() -> ClearingWorld:
        world = await trading_again()
        tha = world.senders["tha"]
        tha.letters.clear()  # so that the kit states no difference
        receipt = await authorize(tha, version=2, quantity=600_000)
        assert receipt.refusal.code == "AUTH_DIFFERENCE_WRONG"
        return world

    run(play)


def test_a_quantity_is_not_lowered_below_what_was_issued() -> None:
    async def play() -> ClearingWorld:
        world = await trading_again()
        tha = world.senders["tha"]
        receipt = await authorize(tha, version=2, quantity=99_999)
        assert receipt.refusal.code == "AUTH_QUANTITY_CAP"
        assert (await authorize(tha, version=2, quantity=100_000)).effective
        return world

    run(play)


@pytest.mark.parametrize(("timing", "refused"), [(0, False), (1, False), (3, False), (2, True)])
def test_an_approach_sets_by_when_units_are_authorized(timing: int, refused: bool) -> None:
    async def play() -> ClearingWorld:
        world = await trading_again()
        await state_approach(world, APPROACH, ("THA", "CHE"), timing)
        tha = world.senders["tha"]
        today = world.clock.now().date().isoformat()
        assert (await authorize(tha, version=2, date=today)).effective
        more = issuance(world, "THA01", 100_001, 100_010)
        more.blocks[0].attributes.paris.authorization.version = 2
        assert ("AUTH_TIMING" in failed(await tha.propose(more))) == refused
        return world

    run(play)


def test_a_condition_of_revocation_is_met_only_where_the_letter_states_one() -> None:
    foreseen = {"revocation_conditions": "a grave breach of the terms"}
    later = {**foreseen, "revoked": True, "revocation_ground": 2}
    assert stated(foreseen, later).effective
