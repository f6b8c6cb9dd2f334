# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from registry_node.proposals.policy import AcceptancePolicy, Mode, Offer, Ruling, decide

AUTOMATIC = AcceptancePolicy(
    mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}), maximum_quantity=100
)
OFFER = {
    "from_registry": "THA01",
    "quantity": 100,
    "to_account": "CH72CHE0110000000001",
    "to_account_open": True,
    "warnings": (),
}


@pytest.mark.parametrize(
    ("changed", "ruling", "because"),
    [
        ({}, Ruling.ACCEPT, "trusted"),
        ({"quantity": 101}, Ruling.ASK, "101 units are more than 100"),
        ({"from_registry": "GHA01"}, Ruling.ASK, "GHA01 is no trusted registry"),
        ({"warnings": ("AUTH_QUANTITY",)}, Ruling.ASK, "AUTH_QUANTITY"),
        ({"to_account_open": False}, Ruling.REJECT, "is not open here"),
    ],
)
def test_automatic(changed: dict[str, object], ruling: Ruling, because: str) -> None:
    decision = decide(AUTOMATIC, Offer(**{**OFFER, **changed}))  # type: ignore[arg-type]
    assert decision.ruling is ruling
    assert because in decision.because


@pytest.mark.parametrize("changed", [{}, {"quantity": 1}, {"to_account_open": False}])
def test_manual_asks_about_everything(changed: dict[str, object]) -> None:
    offer = Offer(**{**OFFER, **changed})  # type: ignore[arg-type]
    assert decide(AcceptancePolicy(), offer).ruling is Ruling.ASK


def test_without_a_limit_any_quantity_is_accepted() -> None:
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}))
    assert decide(policy, Offer(**{**OFFER, "quantity": 2**62})).ruling is Ruling.ACCEPT  # type: ignore[arg-type]


def test_without_trusted_registries_a_person_is_asked() -> None:
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC)
    assert decide(policy, Offer(**OFFER)).ruling is Ruling.ASK  # type: ignore[arg-type]
