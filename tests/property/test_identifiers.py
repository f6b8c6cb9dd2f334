# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Identifiers: what is made is admitted, what is damaged is refused, whatever is thrown in."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from itmo import identifiers as ids
from itmo.identifiers import CooperativeApproachId, RegistryId, UnitId
from itmo.parties import ALPHA2
from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL

PARSERS: list[Callable[[str, str], object]] = [
    ids.parse_party_code,
    ids.parse_registry_id,
    ids.parse_node_id,
    ids.parse_network_id,
    ids.parse_cooperative_approach_id,
    ids.parse_authorization_id,
    ids.parse_entity_id,
    ids.parse_transaction_id,
    ids.parse_message_id,
    ids.parse_account_id,
    UnitId.parse,
]
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PARTIES = st.sampled_from(sorted(ALPHA2))
REGISTRIES = st.builds("{}{:02}".format, PARTIES, st.integers(0, 99)).map(RegistryId)
ACCOUNTS = st.builds(
    ids.make_account_id, REGISTRIES, st.integers(0, 999), st.integers(0, 99_999_999)
)
UNITS = st.builds(
    UnitId,
    st.builds("CA{:06}".format, st.integers(0, 999_999)).map(CooperativeApproachId),
    REGISTRIES,
    PARTIES,
    st.integers(1, MAX_SERIAL),
    st.integers(2021, 9999),
)


def refusal(call: Callable[[], object]) -> ProtocolError | None:
    try:
        call()
    except ProtocolError as error:
        return error
    return None


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text())
def test_any_text_is_admitted_as_ascii_or_refused_with_the_reason(
    parse: Callable[[str, str], object], text: str
) -> None:
    refused = refusal(lambda: parse(text, "field"))
    if refused is not None:
        assert refused.reason is Reason.IDENTIFIER_INVALID
        assert refused.message.isascii()
    else:
        assert text.isascii()
        assert text.isprintable()
        assert text == text.strip()


@given(account=ACCOUNTS)
def test_made_accounts_are_admitted(account: str) -> None:
    assert ids.parse_account_id(account, "account") == account


@given(account=ACCOUNTS, data=st.data())
def test_one_wrong_character_is_always_found(account: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(account) - 1))
    pool = "0123456789" if account[place].isdigit() else CAPITALS
    wrong = account[:place] + data.draw(st.sampled_from(pool)) + account[place + 1 :]
    assume(wrong != account)
    with pytest.raises(ProtocolError):
        ids.parse_account_id(wrong, "account")


@given(account=ACCOUNTS, data=st.data())
def test_two_exchanged_digits_are_always_found(account: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(9, len(account) - 2))
    wrong = account[:place] + account[place + 1] + account[place] + account[place + 2 :]
    assume(wrong != account)
    with pytest.raises(ProtocolError):
        ids.parse_account_id(wrong, "account")


@given(unit=UNITS)
def test_unit_ids_return(unit: UnitId) -> None:
    assert UnitId.parse(unit.format(), "unit") == unit


@given(text=st.text(max_size=60))
def test_admitted_free_text_is_normal_and_visible(text: str) -> None:
    refused = refusal(lambda: ids.parse_free_text(text, "note", 50))
    if refused is not None:
        assert refused.reason is Reason.PAYLOAD_INVALID
    else:
        assert unicodedata.normalize("NFC", text) == text
        assert len(text) <= 50
        assert not any(unicodedata.category(character)[0] == "C" for character in text)
