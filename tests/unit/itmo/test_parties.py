# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import pytest

import generate_parties
from itmo.parties import ALPHA2, PARTY_OF_ALPHA2, PartyCode


def test_the_table_is_what_the_generator_writes() -> None:
    assert generate_parties.TABLE.read_text(encoding="ascii") == generate_parties.render()


@pytest.mark.parametrize(
    ("party", "alpha2"), [("CHE", "CH"), ("COK", "CK"), ("VAT", "VA"), ("XEU", "EU"), ("XMR", "XM")]
)
def test_codes(party: str, alpha2: str) -> None:
    assert ALPHA2[PartyCode(party)] == alpha2


def test_the_way_back_loses_nothing() -> None:
    assert {PARTY_OF_ALPHA2[alpha2] for alpha2 in ALPHA2.values()} == set(ALPHA2)
